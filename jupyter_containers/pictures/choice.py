"""Which picture a result has: by its kind, loaded when it is first drawn."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from jupyter_containers.commands.results import Result, sendable
from jupyter_containers.pictures.html import Html, pre

# A result's kind, and the module of this room whose `draw` makes its picture. A kind that is not here is asked of
# the result's base classes; what has no picture at all is shown as its text.
PICTURES: Mapping[str, str] = {
    "bootstrap": "bootstraps",
    "build": "builds",
    "compose": "projects",
    "dashboard": "dashboards",
    "diagram": "diagrams",
    "doctor": "checkups",
    "freeze": "freezes",
    "inspect": "inspections",
    "log-view": "logs",
    "logs": "logs",
    "page": "pages",
    "pull": "pulls",
    "run": "runs",
    "sandbox": "sandboxes",
    "sandbox-files": "sandboxes",
    "stats-stream": "usages",
    "table": "tables",
    "work": "works",
    "trace": "traces",
    "image-diff": "image_diffs",
    "layers": "layers",
    "terminal": "terminals",
}

# Of a text that still grows.
LIVE_LINES, LIVE_CHARACTERS = 40, 8000


def picture(result: Result, *, is_settled: bool = True) -> Html:
    """Return a result as HTML that stays in a notebook that nobody trusts.

    Before it is settled it is drawn again and again, so a picture that can be large has a `draw_live`, too.
    """
    for base in type(result).__mro__:
        name = PICTURES.get(getattr(base, "kind", ""))
        if name is not None:
            module = import_module(f"{__package__}.{name}")
            drawn: Html = module.draw(result) if is_settled else getattr(module, "draw_live", module.draw)(result)
            return drawn
    return pre(result.text())


def bundle(result: Result, *, is_settled: bool = True) -> dict[str, Any]:
    """Return a result in all its forms. Until it is settled: without our JSON, and only the end of the text."""
    text = sendable(result.text())
    if not is_settled:
        lines = text[-LIVE_CHARACTERS:].split("\n")[-LIVE_LINES:]
        return {"text/plain": "\n".join(lines), "text/html": str(picture(result, is_settled=False))}
    kind = f"application/vnd.jupyter-containers.{result.kind}+json"
    return {"text/plain": text, "text/html": str(picture(result)), kind: sendable(result.data())}
