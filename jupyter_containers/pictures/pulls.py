"""An image on its way from a registry or to one: a row and a bar for each layer."""

from __future__ import annotations

from jupyter_containers.commands.image_result import ImageResult
from jupyter_containers.commands.pull_result import DONE, PullResult
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.pictures.html import Html, block, coloured, element, joined, table


def draw(result: PullResult) -> Html:
    rows = [(element("code", id_), layer.status, _bar(layer.status, layer.current, layer.total))
            for id_, layer in result.layers.items()]  # fmt: skip
    parts = [table(("Layer", "Status", "Progress"), rows)] if rows else []
    return block(*parts, outcome(result))


def outcome(result: ImageResult) -> Html:
    """Return in one line what became of an image."""
    colour, sign = ("bad", "✗") if result.error else (("good", "✓") if result.is_complete else ("busy", "●"))
    return block(coloured(colour, f"{sign} {result.verdict()}"))


def _bar(status: str, current: int | None, total: int | None) -> str:
    if status in DONE or not total or current is None:
        return ""
    return joined([element("progress", value=current, max=total), f" {size_text(current)} of {size_text(total)}"])
