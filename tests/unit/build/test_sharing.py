from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from jupyter_containers.build.sharing import SharedWork


class Work:
    """Work that says "begun", waits to be let go, says "going", and counts how often it was done and cancelled."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.begun = asyncio.Event()
        self.runs = self.cancelled = 0
        self.failure: Exception | None = None

    async def __call__(self, report: Callable[[str], None]) -> int:
        self.runs += 1
        report("begun")
        self.begun.set()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure:
            raise self.failure
        report("going")
        return 42


def test_two_who_ask_at_once_get_one_result_and_all_reports() -> None:
    async def scenario() -> None:
        shared, work, heard, late = SharedWork[int, str](), Work(), [], []
        first = asyncio.create_task(shared.run("k", work, heard.append))
        await work.begun.wait()
        second = asyncio.create_task(shared.run("k", work, late.append))
        await asyncio.sleep(0)
        work.gate.set()
        assert await asyncio.gather(first, second) == [42, 42]
        assert work.runs == 1
        assert heard == late == ["begun", "going"]
        assert await shared.run("k", work, heard.append) == 42
        assert work.runs == 2

    asyncio.run(scenario())


def test_work_goes_on_for_the_other_when_one_leaves_and_ends_with_the_last() -> None:
    async def scenario() -> None:
        shared, work = SharedWork[int, str](), Work()
        tasks = [asyncio.create_task(shared.run("k", work, lambda _: None)) for _ in range(2)]
        await work.begun.wait()
        for expected, task in enumerate(tasks):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert work.cancelled == expected
        assert work.runs == 1

    asyncio.run(scenario())


def test_a_failure_reaches_everybody_and_is_not_kept() -> None:
    async def scenario() -> None:
        shared, work = SharedWork[int, str](), Work()
        work.failure = ValueError("no")
        work.gate.set()
        results = await asyncio.gather(
            *(shared.run("k", work, lambda _: None) for _ in range(2)), return_exceptions=True
        )
        assert [type(result) for result in results] == [ValueError, ValueError]
        work.failure = None
        assert await shared.run("k", work, lambda _: None) == 42

    asyncio.run(scenario())
