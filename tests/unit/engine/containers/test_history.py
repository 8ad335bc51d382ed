"""Tests of engine.containers.history: what is kept, what is thinned, what is forgotten."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.cgroups.glances import Glance
from jupyter_containers.engine.containers import history
from jupyter_containers.engine.containers.history import COLUMNS, KEPT_MS, History, Track, cpu_limit
from jupyter_containers.engine.containers.record import HostSettings, Limits, Record, Settings, State, Status
from tests.support.roster import Clock, roster

HOUR = KEPT_MS
RECORD = Record(
    "ab" * 32, "web", 1, "sha256:x", settings=Settings(image="busybox"),
    host=HostSettings(network_mode="none", limits=Limits(memory=64 << 20, nano_cpus=500_000_000, pids_limit=9)),
    state=State(status=Status.RUNNING, pid=1),
)  # fmt: skip


def filled(step: int, until: int, memory: int = 7) -> Track:
    track = Track()
    for at in range(10**12, 10**12 + until + 1, step):
        track.add((at, at, memory, 1, 0, 0, 0, 0), 0)
    return track


@pytest.mark.parametrize("step", [1000, 10_000, 30_000])
def test_an_hour_of_samples_stays_small(step: int) -> None:
    track = filled(step, 2 * HOUR)
    taken = sum(column.buffer_info()[1] * column.itemsize for column in track.columns)
    assert taken < 24_000
    times = track.columns[0]
    assert times[-1] == 10**12 + 2 * HOUR
    assert times[-1] - times[0] >= HOUR - 40_000
    assert max(b - a for a, b in pairwise(times)) <= max(step, 21_000)


def test_the_highest_memory_survives_thinning() -> None:
    track = Track()
    for number in range(400):
        track.add((10**12 + number * 1000, 0, 900 if number == 7 else 5, 1, 0, 0, 0, 0), 0)
    track.thin(10**12 + 399_000)
    assert len(track.columns[0]) < 250
    assert max(track.columns[COLUMNS.index("memory")]) == 900


def test_a_clock_that_is_set_back_takes_back_what_came_after() -> None:
    track = filled(1000, 100_000)
    for at in range(10**12 + 50_000, 10**12 + 250_000, 1000):
        track.add((at, 5, 7, 1, 0, 0, 0, 0), 0)
    times = track.columns[0].tolist()
    assert times == sorted(set(times))
    assert (times[0], times[-1]) == (10**12, 10**12 + 249_000)
    assert {len(column) for column in track.columns} == {len(times)}
    assert max(track.columns[1]) < 10**12 + 50_000


def test_only_what_is_newer_is_given() -> None:
    track = filled(1000, 10_000)
    assert track.after(10**12 + 8000, 0)[0] == [10**12 + 9000, 10**12 + 10_000]
    assert track.after(0, 10**12 + 10_000)[0] == [10**12 + 10_000]
    assert track.after(10**12 + 10_000, 0) == [[] for _ in COLUMNS]


def test_kills_are_marked_when_their_number_rises_also_in_the_next_run() -> None:
    track = Track()
    for at, kills in ((1, 0), (2, 1), (3, 1), (4, 0), (5, 1)):
        track.add((at, 0, 0, 0, 0, 0, 0, 0), kills)
    assert track.kills_at == [2, 5]


class Groups:
    """Cgroups of which one number is known."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def open(self, path: str) -> Any:
        self.opened.append(path)
        return self

    paths = {"unified": "/x"}


def test_a_pass_is_made_for_who_asks_but_not_too_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history.glances, "look", lambda _paths: Glance(1, 2, 3, 4, 5, 0))

    async def test() -> None:
        clock, groups = Clock(), Groups()
        ours = roster(tmp_path, clock=clock, cgroups=groups)
        container = ours.add(RECORD)
        ours.add(replace(RECORD, id="cd" * 32, name="still", state=State()))
        kept = History(ours)
        first = await kept.look()
        assert [course.container.record.name for course in first.courses] == ["web", "still"]
        assert [column[0] for column in first.courses[0].columns] == [first.at, 1, 2, 3, 0, 0, 4, 5]
        assert first.courses[1].columns == [[] for _ in COLUMNS]
        limits = first.courses[0]
        assert (limits.memory_limit_bytes, limits.cpu_limit, limits.pids_limit) == (64 << 20, 0.5, 9)
        assert (await kept.look(since=first.at)).courses[0].columns[0] == []
        clock.now += 10**9
        assert len((await kept.look(containers=[container])).courses[0].columns[0]) == 2
        assert groups.opened == [f"jupyter-containers/{RECORD.id}"]
        ours.forget(container)
        await kept.pass_by()
        assert kept.is_empty

    asyncio.run(test())


def test_what_ended_an_hour_ago_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history.glances, "look", lambda _paths: Glance(1, 2, 3, 4, 5, 0))

    async def test() -> None:
        clock = Clock()
        ours = roster(tmp_path, clock=clock, cgroups=Groups())
        container = ours.add(RECORD)
        kept = History(ours)
        await kept.pass_by()
        ours.save_state(container, status=Status.EXITED)
        clock.now += HOUR * 10**6
        await kept.pass_by()
        assert not kept.is_empty
        clock.now += 10**6
        await kept.pass_by()
        assert kept.is_empty

    asyncio.run(test())


def test_an_end_by_lack_of_memory_is_marked_unless_its_run_has_a_mark(tmp_path: Path) -> None:
    async def test() -> None:
        clock = Clock()
        ours, now = roster(tmp_path, clock=clock, cgroups=Groups()), clock.now // 10**6
        container = ours.add(RECORD)
        container.out_of_memory = ((now - 9000, now - 8000), (now - 5000, now - 2000))
        kept = History(ours)
        track = kept._tracks[RECORD.id] = Track()
        track.add((now - 4000, *[0] * 7), 1)
        assert (await kept.look()).courses[0].out_of_memory_at == (now - 8000, now - 4000)

    asyncio.run(test())


def test_an_end_at_the_limit_is_drawn_though_nobody_was_there(tmp_path: Path) -> None:
    async def test() -> None:
        clock = Clock()
        ours, now = roster(tmp_path, clock=clock, cgroups=Groups()), clock.now // 10**6
        container = ours.add(replace(RECORD, state=State(status=Status.EXITED, oom_killed=True)))
        container.out_of_memory = ((now - 700, now - 300),)
        kept = History(ours)
        for _ in range(2):
            await kept.pass_by()
            course = (await kept.look()).courses[0]
            assert course.columns[0] == [now - 700, now - 300]
            assert course.columns[COLUMNS.index("memory")] == [0, 64 << 20]
            assert course.out_of_memory_at == (now - 300,)

    asyncio.run(test())


def test_a_part_that_was_killed_had_come_to_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kills = iter((0, 1, 1))
    monkeypatch.setattr(history.glances, "look", lambda _paths: Glance(1, 2, 3, 4, 5, next(kills)))

    async def test() -> None:
        clock = Clock()
        ours = roster(tmp_path, clock=clock, cgroups=Groups())
        ours.add(RECORD)
        kept = History(ours)
        for _ in range(3):
            await kept.pass_by()
            clock.now += 10**8
        course = (await kept.look()).courses[0]
        assert course.columns[COLUMNS.index("memory")] == [2, 64 << 20, 2]
        assert course.out_of_memory_at == (course.columns[0][1],)

    asyncio.run(test())


def test_a_young_run_begins_with_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history.glances, "look", lambda _paths: Glance(1, 2, 3, 4, 5, 0))

    async def test() -> None:
        clock = Clock()
        ours, now = roster(tmp_path, clock=clock, cgroups=Groups()), clock.now // 10**6
        ours.add(replace(RECORD, state=State(Status.RUNNING, 1, started_at=clock.now - 5 * 10**9)))
        old = State(Status.RUNNING, 1, started_at=clock.now - 50 * 10**9)
        ours.add(replace(RECORD, id="cd" * 32, name="old", state=old))
        young, aged = (await History(ours).look()).courses
        assert young.columns[:3] == [[now - 5000, now], [0, 1], [0, 2]]
        assert aged.columns[:3] == [[now], [1], [2]]

    asyncio.run(test())


def test_the_share_of_a_processor_may_be_said_in_two_ways() -> None:
    assert cpu_limit(Limits(nano_cpus=1_500_000_000)) == 1.5
    assert cpu_limit(Limits(cpu_quota=50_000)) == 0.5
    assert cpu_limit(Limits(cpu_quota=50_000, cpu_period=25_000)) == 2
    assert cpu_limit(Limits(cpu_quota=-1)) == 0
