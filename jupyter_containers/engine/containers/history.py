"""The history of statistics: for each container of the last hour, what it used over time, in columns of numbers.

In memory only: the next daemon begins anew. What is older is kept in wider steps, so that a container takes some
20 kB at most. All containers are looked at in one pass, which reads a few files of each and makes no task; whoever
asks often (a dashboard) has a pass made for him, at most once a second.
"""

from __future__ import annotations

import asyncio
import os
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jupyter_containers.cgroups import glances
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.record import Limits
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.containers.stats import traffic_of
from jupyter_containers.engine.specification import cgroup_path
from jupyter_containers.errors import ContainersError

KEPT_MS = 3_600_000
# A pass is made for who asks, unless the last one is younger than this.
FRESH_MS = 900
# Samples older than the first number are at least the second one apart, in milliseconds.
STEPS = ((300_000, 20_000), (60_000, 3_000), (0, 0))
# So many containers are looked at before others may go on.
AT_ONCE = 32
_ROOM = 64

# The columns of a track: time in milliseconds since the epoch, then counters since the start of the run; memory and
# pids are of the moment, memory the highest of what was thinned out.
COLUMNS = ("at", "cpu_ns", "memory", "pids", "received", "sent", "read", "written")
_MEMORY = COLUMNS.index("memory")
# A run that is younger at its first sample has one of its start, too, when nothing had been used.
YOUNG_MS = 15_000
_NOTHING = (0,) * (len(COLUMNS) - 1)


class Track:
    """The samples of one container. `paths` are the directories of its cgroup, once they have been looked for."""

    def __init__(self) -> None:
        self.paths: Mapping[str, str] | None = None
        self.columns = tuple(array("q") for _ in COLUMNS)
        self.kills_at: list[int] = []
        self.kills = 0
        self._bound = _ROOM

    def add(self, sample: Sequence[int], kills: int) -> None:
        """Take a sample in, with how many processes the kernel has killed for memory so far in this run."""
        if sample[0] < self.newest:
            self._forget_from(sample[0])
        for column, value in zip(self.columns, sample, strict=True):
            column.append(value)
        if kills > self.kills:
            self.kills_at.append(sample[0])
        self.kills = kills  # a new run counts from zero again
        if len(self.columns[0]) >= self._bound:
            self.thin(sample[0])

    def _forget_from(self, at: int) -> None:
        """Drop what is not before `at`: the clock was set back, and times must grow."""
        place = bisect_left(self.columns[0], at)
        for column in self.columns:
            del column[place:]

    def thin(self, now: int) -> None:
        """Drop what is older than an hour, and widen the steps of what is old."""
        kept, highest, last = [], 0, 0
        times, memory = self.columns[0], self.columns[_MEMORY]
        for place, at in enumerate(times):
            age = now - at
            if age > KEPT_MS:
                continue
            highest = max(highest, memory[place])
            if at - last < _step(age):
                continue
            memory[place], highest, last = highest, 0, at
            kept.append(place)
        # The newest stays: what changed last must not be missed.
        if len(times) and (not kept or kept[-1] != len(times) - 1) and now - times[-1] <= KEPT_MS:
            kept.append(len(times) - 1)
        self.columns = tuple(array("q", [column[place] for place in kept]) for column in self.columns)
        self.kills_at = [at for at in self.kills_at if now - at <= KEPT_MS]
        self._bound = len(kept) + _ROOM

    def after(self, at: int, oldest: int) -> list[list[int]]:
        """Return the columns of what is newer than `at`, and not older than `oldest`."""
        begin = bisect_right(self.columns[0], max(at, oldest - 1))
        return [column[begin:].tolist() for column in self.columns]

    @property
    def newest(self) -> int:
        return self.columns[0][-1] if self.columns[0] else 0


def _step(age: int) -> int:
    return next(step for limit, step in STEPS if age >= limit)


@dataclass(frozen=True, slots=True)
class Course:
    """What there is of one container: columns as in COLUMNS, and when memory ran out, in milliseconds."""

    container: Container
    columns: list[list[int]]
    out_of_memory_at: tuple[int, ...]

    @property
    def memory_limit_bytes(self) -> int:
        """Return the limit, 0 for none; so the next ones."""
        return max(self.container.record.host.limits.memory, 0)

    @property
    def cpu_limit(self) -> float:
        return cpu_limit(self.container.record.host.limits)

    @property
    def pids_limit(self) -> int:
        return max(self.container.record.host.limits.pids_limit or 0, 0)


@dataclass(frozen=True, slots=True)
class Courses:
    """An answer: when it was given, in milliseconds, the CPUs and bytes of memory of the host, and the containers."""

    at: int
    cpus: int
    memory_bytes: int
    courses: tuple[Course, ...]


class History:
    """The tracks of all containers."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._tracks: dict[str, Track] = {}
        self._passing = asyncio.Lock()
        self._passed = 0

    @property
    def is_empty(self) -> bool:
        return not self._tracks

    async def pass_by(self) -> None:
        """Look at all that run, once; forget what has gone, or ended more than an hour ago."""
        async with self._passing:
            await self._pass()

    async def look(self, since: int = 0, containers: Collection[Container] | None = None) -> Courses:
        """Return what is newer than `since` (milliseconds) of all containers, or of these."""
        async with self._passing:
            if self._now() - self._passed >= FRESH_MS:
                await self._pass()
        now = self._now()
        wanted = self._roster.all() if containers is None else containers
        return Courses(
            at=now,
            cpus=len(os.sched_getaffinity(0)),
            memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            courses=tuple(self._course(container, since, now - KEPT_MS) for container in wanted),
        )

    def _course(self, container: Container, since: int, oldest: int) -> Course:
        if container.out_of_memory:
            self._end(container)
        track = self._tracks.get(container.id)
        kills = track.kills_at if track is not None else []
        ends = [end for begin, end in container.out_of_memory if not any(begin <= at <= end for at in kills)]
        at = tuple(sorted(at for at in (*kills, *ends) if at >= oldest))
        return Course(container, track.after(since, oldest) if track else [[] for _ in COLUMNS], at)

    async def _pass(self) -> None:
        for number, container in enumerate(self._roster.all(), 1):
            if container.out_of_memory:
                self._end(container)
            if container.is_running:
                self._sample(container)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        self._passed = self._now()
        self._forget()

    def _sample(self, container: Container) -> None:
        record, now = container.record, self._now()
        track = self._tracks.get(record.id) or Track()
        try:
            if track.paths is None:
                track.paths = self._roster.environment.cgroups.open(cgroup_path(record)).paths
            glance = glances.look(track.paths)
        except (ContainersError, OSError):
            return  # it is ending
        if glance is None:
            return
        begun = record.state.started_at // 10**6
        if track.newest < begun and now - begun < YOUNG_MS:
            track.add((begun, *_NOTHING), 0)
        traffic = traffic_of(record.state.pid) if record.host.network_mode not in ("host", "none") else ()
        # Who was killed had come to the limit since the last sample, whatever is left now.
        limit = record.host.limits.memory if glance.out_of_memory_kills > track.kills else 0
        sample = (
            now, glance.cpu_ns, max(glance.memory_bytes, limit), glance.pids, sum(one.received[0] for one in traffic),
            sum(one.sent[0] for one in traffic), glance.read_bytes, glance.written_bytes,
        )  # fmt: skip
        track.add(sample, glance.out_of_memory_kills)
        self._tracks[record.id] = track

    def _end(self, container: Container) -> None:
        """Add the end of a run that came to its limit between two passes: from nothing or the last sample to there."""
        begun, ended = container.out_of_memory[-1]
        limit = max(container.record.host.limits.memory, 0)
        track = self._tracks.get(container.id) or Track()
        if not limit or ended <= track.newest or self._now() - ended > KEPT_MS:
            return
        if track.newest < begun:
            track.add((begun, *_NOTHING), 0)
        last = [column[-1] for column in track.columns]
        last[0], last[_MEMORY] = ended, limit
        track.add(last, 0)
        self._tracks[container.id] = track

    def _forget(self) -> None:
        known = {container.id for container in self._roster.all()}
        for identifier in list(self._gone(known)):
            del self._tracks[identifier]

    def _gone(self, known: Collection[str]) -> Iterator[str]:
        for identifier, track in self._tracks.items():
            if identifier not in known or self._passed - track.newest > KEPT_MS:
                yield identifier

    def _now(self) -> int:
        return self._roster.now() // 10**6


def cpu_limit(limits: Limits) -> float:
    """Return how many CPUs the limits let it have; 0 when they do not say."""
    if limits.nano_cpus > 0:
        return limits.nano_cpus / 10**9
    return limits.cpu_quota / (limits.cpu_period or 100_000) if limits.cpu_quota > 0 else 0.0
