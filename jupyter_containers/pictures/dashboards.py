"""A dashboard that nobody works with any more: each container with its course in the last hour."""

from __future__ import annotations

from jupyter_containers.client.values import moment
from jupyter_containers.commands.board import Line, points, thinned
from jupyter_containers.commands.dashboard import KEPT_POINTS, Dashboard, memory_text, status_text
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.results import visible
from jupyter_containers.pictures.html import Html, block, coloured, element, joined, table
from jupyter_containers.pictures.sparklines import sparkline

_TITLES = ("Container", "Image", "Status", "CPU, last hour", "Memory, last hour", "Processes")
# What one notebook is for: a page, not an archive.
MOST_LINES = 100


def draw(result: Dashboard) -> Html:
    lines = result.lines
    if not lines:
        return block(coloured("quiet", "no containers"))
    rows = [_row(line) for line in lines[:MOST_LINES]]
    at = moment(result.board.histories.now)
    told = [f"{result.summary()} at {at:%Y-%m-%d %H:%M:%S} UTC"]
    if len(lines) > MOST_LINES:
        told.append(f"; {len(lines) - MOST_LINES} more are not shown")
    return block(table(_TITLES, rows), block(coloured("quiet", *told), style="margin-top:4px"))


def _row(line: Line) -> tuple[str, ...]:
    history, summary = line.history, line.summary
    found = thinned(points(history), KEPT_POINTS)
    marks = history.out_of_memory_at
    cpu = [(point[0], point[1]) for point in found]
    memory = [(point[0], point[2]) for point in found]
    status = coloured("bad", status_text(line)) if marks else status_text(line)
    return (
        element("b", visible(summary.name)),
        visible(summary.image),
        status,
        _course(cpu, _cpu_words(line, cpu), history.cpu_limit * 100, ()),
        _memory(line, memory),
        str(history.pids[-1]) if line.memory_bytes is not None else "-",
    )  # fmt: skip


def _memory(line: Line, course: list[tuple[float, float]]) -> str:
    history = line.history
    highest = max((value for _, value in course), default=0.0)
    words = f"memory: at most {size_text(highest)}{_limit_words(line)}"
    drawn = _course(course, words, float(history.memory_limit_bytes), history.out_of_memory_at)
    return joined([drawn, element("div", memory_text(line))]) if line.memory_bytes is not None else drawn


def _course(course: list[tuple[float, float]], words: str, limit: float, marks: tuple[float, ...]) -> Html:
    if not course and not marks:
        return coloured("quiet", "-")
    return sparkline(course, words, limit=limit, marks=marks)


def _cpu_words(line: Line, course: list[tuple[float, float]]) -> str:
    now = "not running" if line.cpu_percent is None else f"now {line.cpu_percent:.1f} %"
    return f"processor: {now}, at most {max((value for _, value in course), default=0.0):.1f} %"


def _limit_words(line: Line) -> str:
    limit, count = line.history.memory_limit_bytes, len(line.history.out_of_memory_at)
    words = f" of {size_text(limit)}" if limit else ""
    return f"{words}; memory ran out {count} time{'s' if count != 1 else ''}" if count else words
