"""dashboard: all containers on one page, with what they use and used in the last hour."""

from __future__ import annotations

import contextlib
import re
import time
from argparse import Namespace
from collections.abc import Sequence
from typing import Any, ClassVar

from jupyter_containers.commands.board import Board, Line, points, thinned
from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.results import Json, Panel, aligned, visible
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import ContainersError

_TITLES = ("NAME", "STATUS", "CPU %", "CPU, LAST HOUR", "MEMORY / LIMIT", "MEMORY, LAST HOUR", "PIDS")
_BARS = "▁▂▃▄▅▆▇█"
_BAR_COUNT = 16
# Points of each container that a settled dashboard keeps.
KEPT_POINTS = 60
# What is younger is not asked for again: text, picture and values of one moment belong together.
FRESH_SECONDS = 1.0


class Dashboard(Panel):
    """The containers of a board."""

    kind: ClassVar[str] = "dashboard"

    def __init__(self, board: Board) -> None:
        self.board = board
        if not board.asked_at:
            board.refresh()

    @property
    def lines(self) -> list[Line]:
        """The containers as they are now; when the daemon does not answer, as they were."""
        if time.monotonic() - self.board.asked_at > FRESH_SECONDS:
            with contextlib.suppress(ContainersError):
                self.board.refresh()
        return self.board.lines

    def text(self) -> str:
        lines = self.lines
        return "\n".join(aligned([_TITLES, *map(_row, lines)])) if lines else "no containers"

    def summary(self) -> str:
        lines = self.lines
        running = sum(line.summary.state == "running" for line in lines)
        return f"{len(lines)} container{'s' if len(lines) != 1 else ''}, {running} running"

    def data(self) -> Json:
        lines, histories = self.lines, self.board.histories
        return {
            "at": histories.now, "cpus": histories.cpus, "memoryBytes": histories.memory_bytes,
            "isKept": histories.is_kept, "containers": [_json(line) for line in lines],
        }  # fmt: skip

    def gist(self) -> object:
        """See Result: which containers there are, and how they are; not what they use from second to second."""
        return [_gist(line) for line in self.lines]

    @property
    def df(self) -> Any:
        """All samples of the last hour as a pandas DataFrame, one row each. Raises Unsupported without pandas."""
        return self.board.histories.frame()

    def __len__(self) -> int:
        return len(self.lines)

    def __bool__(self) -> bool:
        return True


def memory_text(line: Line) -> str:
    """Return what a container uses of memory, and its limit when it has one."""
    if line.memory_bytes is None:
        return "-"
    limit = line.history.memory_limit_bytes
    return size_text(line.memory_bytes) + (f" / {size_text(limit)}" if limit else "")


def status_text(line: Line) -> str:
    """Return what the list says, and that memory ran out when it did in the last hour."""
    count = len(line.history.out_of_memory_at)
    told = f", memory ran out {'once' if count == 1 else f'{count} times'}" if count else ""
    return visible(f"{line.summary.status or line.summary.state}{told}")


def bars(values: Sequence[float], highest: float) -> str:
    """Return numbers as a line of bars, `highest` being the full one."""
    top = len(_BARS) - 1
    return "".join(_BARS[min(round(top * value / highest), top)] if highest > 0 else _BARS[0] for value in values)


def _row(line: Line) -> tuple[str, ...]:
    found = thinned(points(line.history), _BAR_COUNT)
    cpu, memory = [point[1] for point in found], [point[2] for point in found]
    history = line.history
    return (
        line.summary.name,
        status_text(line),
        "-" if line.cpu_percent is None else f"{line.cpu_percent:.1f}",
        bars(cpu, max(history.cpu_limit * 100 or max(cpu, default=0), 1)),
        memory_text(line),
        bars(memory, history.memory_limit_bytes or max(memory, default=0)),
        str(history.pids[-1]) if line.memory_bytes is not None else "-",
    )


def _gist(line: Line) -> object:
    summary = line.summary
    # In brackets a status has the health and the exit code; beside them it tells the time.
    words = re.findall(r"\(([^)]*)\)", summary.status)
    places = [str(port) for port in summary.ports]
    return summary.id, summary.name, summary.image, summary.state, words, places, line.history.out_of_memory_at


def _json(line: Line) -> Json:
    summary, history = line.summary, line.history
    return {
        "id": summary.id, "name": summary.name, "image": summary.image, "state": summary.state,
        "status": summary.status, "ports": [str(port) for port in summary.ports],
        "memoryLimitBytes": history.memory_limit_bytes, "cpuLimit": history.cpu_limit,
        "pidsLimit": history.pids_limit, "outOfMemoryAt": list(history.out_of_memory_at),
        "points": thinned(points(history), KEPT_POINTS),
    }  # fmt: skip


def dashboard(session: Session, options: Namespace) -> Dashboard:
    return Dashboard(Board(session.client, options.container))


DASHBOARD = Command(
    "dashboard",
    "show all containers on one page: use over the last hour, logs, processes, files, networks, volumes, disk",
    dashboard,
    (Argument(("container",), "names or ids (default: all)", Takes.ANY, "CONTAINER", completes=Completes.CONTAINER),),
    "In a notebook it stays open and up to date, until you close it; in a shell it is printed once.",
)
