"""An inspection: the few facts that are looked for most, and all of it a click away."""

from __future__ import annotations

from jupyter_containers.commands.inspecting import Inspection
from jupyter_containers.pictures.facts import facts
from jupyter_containers.pictures.html import Html, block, details, element, pre, table


def draw(result: Inspection) -> Html:
    parts = []
    for name, kind, body in zip(result.names, result.kinds, result.objects, strict=True):
        rows = [(element("b", title), value) for title, value in facts(kind, body)]
        parts.append(table((kind.capitalize(), name), rows))
    return block(*parts, details("all of it", pre(result.text())))
