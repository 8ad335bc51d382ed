"""Logs of a container."""

from __future__ import annotations

from jupyter_containers.commands.containers import LogPanel, Logs
from jupyter_containers.pictures.html import Html, block
from jupyter_containers.pictures.output import LIVE_CHARACTERS, draw_output


def draw(result: Logs | LogPanel) -> Html:
    return block(draw_output(result.output.last(), result.output.open_lines))


def draw_live(result: Logs | LogPanel) -> Html:
    """Draw logs that still come: their end."""
    return block(draw_output(result.output.last(result.output.open_lines, LIVE_CHARACTERS)))
