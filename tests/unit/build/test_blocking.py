from __future__ import annotations

import asyncio
import threading

import pytest

from jupyter_containers.build.blocking import check, in_thread
from jupyter_containers.errors import Cancelled


def test_the_result_and_the_failure_of_a_thread_come_back() -> None:
    assert asyncio.run(in_thread(lambda _: 7)) == 7
    with pytest.raises(ZeroDivisionError):
        asyncio.run(in_thread(lambda _: 1 // 0))


def test_work_that_nobody_waits_for_stops_where_it_looks() -> None:
    stop = threading.Event()
    check(stop)
    stop.set()
    with pytest.raises(Cancelled):
        check(stop)


def test_a_cancelled_coroutine_ends_after_its_thread() -> None:
    ended, begun = threading.Event(), threading.Event()

    def work(stop: threading.Event) -> None:
        begun.set()
        assert stop.wait(10)
        ended.set()

    async def scenario() -> None:
        task = asyncio.create_task(in_thread(work))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended.is_set()

    asyncio.run(scenario())


def test_a_thread_that_fails_after_cancellation_is_not_reported_as_forgotten() -> None:
    begun = threading.Event()

    def work(stop: threading.Event) -> None:
        begun.set()
        stop.wait(10)
        raise RuntimeError("too late to matter")

    async def scenario() -> None:
        task = asyncio.create_task(in_thread(work))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
