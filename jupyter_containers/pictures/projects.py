"""A project of Compose: its services as a graph and a table, what they wrote, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_containers.commands.compose_result import TITLES, ProjectResult
from jupyter_containers.commands.output import OPEN_LINES
from jupyter_containers.pictures import service_graphs
from jupyter_containers.pictures.html import Html, block, coloured, details, element, joined, pre, table
from jupyter_containers.pictures.output import LIVE_CHARACTERS, draw_output

# Services whose graph is small enough to be sent many times a second.
_LIVE_SERVICES = 12
_MOODS: Mapping[str, str] = {
    "waiting": "quiet", "running": "busy", "healthy": "good", "completed": "quiet", "failed": "bad",
}  # fmt: skip


def draw(result: ProjectResult) -> Html:
    """Draw a project when all is done."""
    shown = draw_output(result.output.last()) if result.output else Html()
    graph = [block(service_graphs.draw_graph(result), style="margin-bottom:6px")] if _has_graph(result) else []
    done = f"{len(result.done)} operation{'s' * (len(result.done) != 1)}"
    steps = [details(done, pre("\n".join(result.done)))] if result.done else []
    orphans = [block(coloured("warning", f"! {result.orphans_told()}"))] if result.orphans else []
    return block(*graph, *_table(result), *orphans, shown, *steps, _verdict(result))


def draw_live(result: ProjectResult) -> Html:
    """Draw a project while something goes on: not more than can be sent many times a second."""
    graph = (
        [block(service_graphs.draw_graph(result), style="margin-bottom:6px")]
        if _has_graph(result, _LIVE_SERVICES)
        else []
    )
    shown = draw_output(result.output.last(OPEN_LINES, LIVE_CHARACTERS)) if result.output else Html()
    doing = [block(coloured("busy", f"● {text}")) for text in list(result.doing)[:5]]
    return block(*graph, *_table(result), *doing, shown, _verdict(result))


def _has_graph(result: ProjectResult, most: int = service_graphs.MOST_SERVICES) -> bool:
    return bool(result.containers) and service_graphs.is_worth_drawing(result) and len(result.needs) <= most


def _table(result: ProjectResult) -> list[Html]:
    if not result.containers:
        return []
    rows = []
    for service, name, words, ports in result.rows():
        mood = service_graphs.mood(result.containers[name])
        state = coloured(_MOODS[mood], f"{service_graphs.SIGNS[mood]} {words}")
        rows.append((element("b", service), name, state, ports))
    return [table([title.capitalize() for title in TITLES], rows)]


def _verdict(result: ProjectResult) -> Html:
    colour = "bad" if result.error else ("busy" if result.finished is None else "good")
    colour = "warning" if result.interrupts and not result.error else colour
    sign = {"bad": "✗", "busy": "●", "good": "✓", "warning": "■"}[colour]
    return block(joined([coloured(colour, f"{sign} {result.verdict()}")]), style="font-size:smaller;margin-top:4px")
