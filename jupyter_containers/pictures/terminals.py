"""A terminal that is closed: what it has shown, with its colours, and how it ended."""

from __future__ import annotations

from jupyter_containers.client.streams import STDOUT
from jupyter_containers.commands.terminal_session import TerminalSession
from jupyter_containers.pictures.html import Html, block, coloured, pre
from jupyter_containers.pictures.output import draw_output


def draw(result: TerminalSession) -> Html:
    lines = result.shown.lines()
    parts = [pre(result.preface)] if result.preface else []
    parts += [draw_output([(STDOUT, "\n".join(lines))])] if lines else []
    if result.started is not None or not result.preface:
        colour, sign = _sign(result)
        footer = (coloured(colour, f"{sign} {result.state()}"), coloured("quiet", f" · {result.way.title}"))
        parts.append(block(*footer, style="font-size:smaller;margin-top:2px"))
    return block(*parts)


def _sign(result: TerminalSession) -> tuple[str, str]:
    if result.finished is None:
        return "busy", "●"
    if result.is_closed:
        return "quiet", "■"
    return ("good", "✓") if result else ("bad", "✗")
