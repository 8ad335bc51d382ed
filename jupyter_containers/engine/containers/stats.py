"""Statistics: what a container uses now, for `docker stats`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

from jupyter_containers.cgroups.manager import Usage
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import ContainersError

INTERVAL_SECONDS = 1.0
_NANOSECONDS_PER_TICK = 10**9 // os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Traffic:
    """Counters of one interface, as the container sees it."""

    interface: str
    received: tuple[int, int, int, int]  # bytes, packets, errors, dropped
    sent: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at a container. `usage` is None when it does not run; `at` is nanoseconds since the epoch."""

    at: int
    usage: Usage | None = None
    traffic: tuple[Traffic, ...] = ()
    system_cpu_ns: int = 0
    cpus: int = 0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Statistics:
    """Two looks, so that rates can be counted; `previous` is empty for the first."""

    current: Sample
    previous: Sample


async def sample(roster: Roster, container: Container) -> Sample:
    """Look once. An empty sample when the container does not run."""
    shim = container.shim
    if shim is None or not container.is_running:
        return Sample(at=0)
    try:
        usage = Usage.from_json(await shim.usage())
    except ContainersError:
        return Sample(at=0)
    return Sample(
        at=roster.now(),
        usage=usage,
        traffic=traffic_of(container.record.state.pid) if container.record.host.network_mode != "host" else (),
        system_cpu_ns=_system_cpu_ns(),
        cpus=len(os.sched_getaffinity(0)),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    )


async def watch(roster: Roster, container: Container) -> AsyncIterator[Statistics]:
    """Give statistics about once a second, until the container is removed; one that does not run gives empty ones."""
    previous = Sample(at=0)
    while not container.is_removed:
        current = await sample(roster, container)
        yield Statistics(current, previous)
        previous = current
        await asyncio.sleep(INTERVAL_SECONDS)


async def look(roster: Roster, container: Container, *, once: bool) -> Statistics:
    """Give one answer: of two looks a second apart, or with `once` of a single look."""
    first = await sample(roster, container)
    if once or first.usage is None:
        return Statistics(first, Sample(at=0))
    await asyncio.sleep(INTERVAL_SECONDS)
    return Statistics(await sample(roster, container), first)


def _system_cpu_ns() -> int:
    """Return the time that all CPUs of the host have spent, idle too. Source: proc_stat(5)."""
    with open("/proc/stat") as file:
        fields = file.readline().split()[1:9]
    return sum(map(int, fields)) * _NANOSECONDS_PER_TICK


def traffic_of(pid: int) -> tuple[Traffic, ...]:
    """Read the counters inside the container's network namespace, which /proc/<pid>/net shows."""
    try:
        with open(f"/proc/{pid}/net/dev") as file:
            lines = file.read().splitlines()[2:]
    except OSError:
        return ()
    found = []
    for line in lines:
        name, _, numbers = line.partition(":")
        if name.strip() != "lo":
            n = [int(number) for number in numbers.split()]
            found.append(Traffic(name.strip(), (n[0], n[1], n[2], n[3]), (n[8], n[9], n[10], n[11])))
    return tuple(found)
