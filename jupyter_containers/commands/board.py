"""What a dashboard shows: all containers, or some, with what they use and used, brought up to date when asked.

One small request brings what is new; the list of containers is asked for when a name or a state has changed, and now
and then, as its sentences (`Up 5 minutes`) grow old.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from jupyter_containers.client import Client
from jupyter_containers.client.histories import Histories, History
from jupyter_containers.client.values import ContainerSummary
from jupyter_containers.errors import NotFound

LIST_SECONDS = 20.0

# A point of a course: time, % of a processor, bytes of memory, processes, and bytes per second: in, out, read, written.
Point = list[float]


@dataclass(frozen=True, slots=True)
class Line:
    """One container: what the list says of it, and its history."""

    summary: ContainerSummary
    history: History

    @property
    def memory_bytes(self) -> int | None:
        """Return what it uses now; None when it does not run."""
        is_up = self.summary.state in ("running", "paused")
        return self.history.memory_bytes[-1] if is_up and self.history.times else None

    @property
    def cpu_percent(self) -> float | None:
        is_up = self.summary.state in ("running", "paused")
        return self.history.cpu_percent[-1] if is_up and len(self.history.times) > 1 else None


class Board:
    """The containers of a daemon, or those called `names`. `refresh` asks the daemon; everything else only reads.

    Raises NotFound when there is no container of a name. May be used from several threads: `lines` and `histories` that
    one has read stay as they are.
    """

    def __init__(self, client: Client, names: Sequence[str] = ()) -> None:
        self.client = client
        self._ids = {str(client.containers.inspect(name)["Id"]) for name in names}
        self._lock = threading.Lock()
        self._listed_at = 0.0
        # When `refresh` was called last, on the clock of time.monotonic.
        self.asked_at = 0.0
        self._told: list[tuple[str, str, str]] = []
        self.histories = Histories(0.0, 0, 0, True, [])
        self.lines: list[Line] = []

    def refresh(self) -> bool:
        """Ask the daemon for what is new; return whether the list has been asked for, too."""
        with self._lock:
            self.asked_at = time.monotonic()
            # Others may read meanwhile: what they have is not changed, but replaced.
            histories = self.histories.copy()
            newer = self.client.containers.history(since=histories.now if histories.is_kept else 0.0)
            histories.is_kept = newer.is_kept
            if self._ids:
                newer.containers = [one for one in newer.containers if one.id in self._ids]
            histories.extend(newer)
            told = [(one.id, one.name, one.state) for one in newer.containers]
            self.histories = histories
            has_listed = told != self._told or time.monotonic() - self._listed_at > LIST_SECONDS
            if has_listed:
                self._list()
                self._told = told
            else:
                known = {one.id: one for one in histories.containers}
                self.lines = [replace(one, history=known.get(one.summary.id, one.history)) for one in self.lines]
            return has_listed

    def _list(self) -> None:
        histories = {one.id: one for one in self.histories.containers}
        summaries = self.client.containers.list(every=True)
        # A container that came after the histories has one in the next round.
        self.lines = [Line(one, histories[one.id]) for one in summaries if one.id in histories]
        self._listed_at = time.monotonic()

    def find(self, id_: str) -> Line:
        """Return a container by its id. Raises NotFound."""
        for line in self.lines:
            if line.summary.id == id_:
                return line
        raise NotFound(f"container {id_[:12]} is not there any more")


def points(history: History, since: float = 0.0) -> list[Point]:
    """Return the points newer than `since`. The first sample has no rates, and is one only as the start of a run."""
    begin = bisect_right(history.times, since)
    found = [[round(history.times[0], 2), 0.0, 0, 0, 0, 0, 0, 0]] if begin == 0 and _is_start(history) else []
    begin = max(begin, 1)
    if begin >= len(history.times):
        return found
    newest = History(
        history.id, history.name, history.state,
        **{name: getattr(history, name)[begin - 1 :] for name in ("times", "cpu_ns", *_RATES)},
    )  # fmt: skip
    rates = [newest.cpu_percent, *(newest.per_second(name) for name in _RATES)]
    return found + [
        [round(at, 2), round(cpu, 2), memory, pids, *(round(rate) for rate in per_second)]
        for at, memory, pids, cpu, *per_second in zip(
            history.times[begin:], history.memory_bytes[begin:], history.pids[begin:], *rates, strict=True
        )
    ]


def _is_start(history: History) -> bool:
    return bool(history.times) and history.cpu_ns[0] == history.memory_bytes[0] == 0


_RATES = ("received_bytes", "sent_bytes", "read_bytes", "written_bytes")


def thinned(found: Sequence[Point], count: int) -> list[Point]:
    """Return at most `count` points: of neighbours the last, with the highest of each number."""
    step = -(-len(found) // count) if count else 1
    groups = [found[begin : begin + step] for begin in range(0, len(found), max(step, 1))]
    return [[group[-1][0], *(max(column) for column in list(zip(*group, strict=True))[1:])] for group in groups]
