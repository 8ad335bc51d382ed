"""Which picture a result has: by its kind, loaded when it is first drawn."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from jupyter_containers.commands.results import Result
from jupyter_containers.pictures.html import Html, pre

# A result's kind, and the module of this room whose `draw` makes its picture. A kind that is not here is asked of
# the result's base classes; what has no picture at all is shown as its text.
PICTURES: Mapping[str, str] = {
    "bootstrap": "bootstraps",
    "build": "builds",
    "doctor": "checkups",
    "inspect": "inspections",
    "logs": "logs",
    "pull": "pulls",
    "run": "runs",
    "sandbox": "sandboxes",
    "sandbox-files": "sandboxes",
    "table": "tables",
}


def picture(result: Result) -> Html:
    """Return a result as HTML that stays in a notebook that nobody trusts."""
    for base in type(result).__mro__:
        module = PICTURES.get(getattr(base, "kind", ""))
        if module is not None:
            drawn: Html = import_module(f"{__package__}.{module}").draw(result)
            return drawn
    return pre(result.text())


def bundle(result: Result, *, is_settled: bool = True) -> dict[str, Any]:
    """Return a result in all its forms; our JSON, which is large, only when it is settled."""
    forms: dict[str, Any] = {"text/plain": result.text(), "text/html": str(picture(result))}
    if is_settled:
        forms[f"application/vnd.jupyter-containers.{result.kind}+json"] = result.data()
    return forms
