"""Tests of commands.board: points out of samples, and fewer of them. What a daemon tells is in tests/integration."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from jupyter_containers.client.histories import COLUMNS, Histories, History
from jupyter_containers.commands.board import Board, points, thinned

SAMPLES = History(
    "ab", "web", "running", times=[10.0, 12.0, 14.0], cpu_ns=[5, 10**9 + 5, 2 * 10**9 + 5], memory_bytes=[7, 8, 9],
    pids=[1, 2, 3], received_bytes=[0, 200, 200], sent_bytes=[0, 0, 20], read_bytes=[0, 2, 4], written_bytes=[0, 4, 8],
)  # fmt: skip


def test_a_point_has_rates_since_the_sample_before() -> None:
    first, second = [12.0, 50.0, 8, 2, 100, 0, 1, 2], [14.0, 50.0, 9, 3, 0, 10, 1, 2]
    assert points(SAMPLES) == [first, second]
    assert points(SAMPLES, since=12.0) == [second]
    assert points(SAMPLES, since=14.0) == []
    assert points(History("ab", "web", "created")) == []


def test_the_start_of_a_run_is_a_point_though_it_has_no_sample_before() -> None:
    zeros = {name: [0] for name in ("cpu_ns", "memory_bytes", "pids")}
    traffic = {name: [0] for name in ("received_bytes", "sent_bytes", "read_bytes", "written_bytes")}
    begun = History("ab", "web", "running", times=[10.0], **zeros, **traffic)
    assert points(begun) == [[10.0, 0.0, 0, 0, 0, 0, 0, 0]]
    assert points(begun, since=10.0) == []


class Growing:
    """A daemon with one container, whose next sample comes with each question."""

    def __init__(self) -> None:
        self.containers, self.count = self, 0

    def history(self, *, since: float) -> Histories:
        self.count += 1
        columns: dict[str, Any] = {name: [self.count] for name in COLUMNS}
        return Histories(float(self.count), 1, 1, True, [History("ab", "web", "running", **columns)])

    def list(self, *, every: bool) -> list[Any]:
        return [SimpleNamespace(id="ab", state="running")]


def test_what_somebody_reads_does_not_change_when_more_comes() -> None:
    client: Any = Growing()
    board = Board(client)
    assert board.refresh()
    read = board.lines[0].history
    assert not board.refresh()
    assert (read.times, read.memory_bytes) == ([1], [1])
    assert (board.lines[0].history.times, board.histories.find("web").times) == ([1, 2], [1, 2])


def test_fewer_points_keep_the_highest_of_each_number() -> None:
    found = [[float(at), float(-at), float(at % 3)] for at in range(7)]
    assert thinned(found, 3) == [[2.0, 0.0, 2.0], [5.0, -3.0, 2.0], [6.0, -6.0, 0.0]]
    assert thinned(found, 10) == found
    assert thinned([], 10) == []
