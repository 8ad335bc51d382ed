"""Rows under titles."""

from __future__ import annotations

from jupyter_containers.commands.results import Table
from jupyter_containers.pictures.html import Html, block, coloured, table


def draw(result: Table) -> Html:
    if not result.rows:
        return block(coloured("quiet", f"no {result.what}"))
    return block(table([title.capitalize() for title in result.titles], result.rows))
