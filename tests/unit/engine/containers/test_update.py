"""Which limits an update leaves."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.record import Limits, Record
from jupyter_containers.engine.containers.update import merge_limits
from jupyter_containers.errors import Conflict

MIB = 1 << 20


def merged(old: Limits, changes: Limits) -> Limits:
    async def run() -> Limits:
        return merge_limits(Container(Record("i", "n", 1, "x")), old, changes)

    return asyncio.run(run())


def test_what_is_not_said_stays() -> None:
    old = Limits(memory=8 * MIB, memory_swap=16 * MIB, cpu_shares=5)
    assert merged(old, Limits(pids_limit=7)) == Limits(memory=8 * MIB, memory_swap=16 * MIB, cpu_shares=5, pids_limit=7)


def test_more_memory_than_the_swap_limit_allows_is_refused_in_dockers_words() -> None:
    with pytest.raises(Conflict, match="update the memoryswap at the same time"):
        merged(Limits(memory=8 * MIB, memory_swap=16 * MIB), Limits(memory=32 * MIB))


def test_no_limit_of_processes_is_a_wish() -> None:
    assert merged(Limits(pids_limit=5), Limits(pids_limit=0)).pids_limit == -1
    assert merged(Limits(pids_limit=5), Limits()).pids_limit == 5


def test_both_may_be_raised_together() -> None:
    found = merged(Limits(memory=8 * MIB, memory_swap=16 * MIB), Limits(memory=32 * MIB, memory_swap=-1))
    assert (found.memory, found.memory_swap) == (32 * MIB, -1)


def test_a_quota_and_a_number_of_cpus_exclude_each_other() -> None:
    with pytest.raises(Conflict, match="NanoCPUs has already been set"):
        merged(Limits(nano_cpus=10**9), Limits(cpu_quota=5000))
    with pytest.raises(Conflict, match="CPU Period/Quota has already been set"):
        merged(Limits(cpu_quota=5000), Limits(nano_cpus=10**9))
