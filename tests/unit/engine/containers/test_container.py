"""Waiting for a container."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import replace

import pytest

from jupyter_containers.engine.containers.container import Attaching, Container, Streams, WaitCondition
from jupyter_containers.engine.containers.record import Record, State, Status
from jupyter_containers.errors import Conflict, InvalidParameter


def run(test: Callable[[Container], Awaitable[None]], status: Status = Status.RUNNING) -> None:
    async def body() -> None:
        await test(Container(Record("i", "n", 1, "x", state=State(status))))

    asyncio.run(asyncio.wait_for(body(), 5))


def end(container: Container, code: int) -> None:
    container.record = replace(container.record, state=State(Status.EXITED, exit_code=code))
    container.tell_exit()


def test_a_stopped_container_answers_at_once() -> None:
    async def test(container: Container) -> None:
        assert await container.wait(WaitCondition.NOT_RUNNING) == 0

    run(test, Status.CREATED)


def test_the_end_is_told_to_everybody_but_those_who_wait_for_the_removal() -> None:
    async def test(container: Container) -> None:
        first, second = container.wait(WaitCondition.NOT_RUNNING), container.wait(WaitCondition.NEXT_EXIT)
        removed = container.wait(WaitCondition.REMOVED)
        end(container, 3)
        assert [await first, await second] == [3, 3]
        assert not removed.done()
        container.tell_removed()
        assert await removed == 3
        assert await container.wait(WaitCondition.REMOVED) == 3

    run(test)


def test_the_next_exit_of_a_stopped_container_is_not_the_last_one() -> None:
    async def test(container: Container) -> None:
        waiting = container.wait(WaitCondition.NEXT_EXIT)
        assert not waiting.done()
        end(container, 4)
        assert await waiting == 4

    run(test, Status.EXITED)


def test_one_who_gives_up_takes_nothing_from_the_others() -> None:
    async def test(container: Container) -> None:
        leaving, staying = container.wait(WaitCondition.NEXT_EXIT), container.wait(WaitCondition.NEXT_EXIT)
        leaving.cancel()
        end(container, 5)
        assert await staying == 5

    run(test)


def test_those_who_attached_early_hear_of_a_failed_start() -> None:
    async def test(container: Container) -> None:
        one = Attaching(Streams(stdout=True))
        container.attaching.append(one)
        container.refuse_attaching()
        assert await one.stream is None
        assert container.attaching == []

    run(test)


def test_what_does_not_run_has_no_shim() -> None:
    async def test(container: Container) -> None:
        with pytest.raises(Conflict, match="Container i is not running"):
            container.running_shim()

    run(test, Status.EXITED)


def test_conditions_are_read_by_name() -> None:
    assert WaitCondition.parse("") is WaitCondition.NOT_RUNNING
    assert WaitCondition.parse("removed") is WaitCondition.REMOVED
    with pytest.raises(InvalidParameter, match="invalid condition: 'bad'"):
        WaitCondition.parse("bad")


def test_the_root_is_free_when_the_run_before_is_unmounted() -> None:
    async def test(container: Container) -> None:
        await container.unmount()  # nothing ever ran
        container.unmounted = Future()
        waiting = asyncio.create_task(container.unmount())
        in_a_thread = asyncio.create_task(asyncio.to_thread(container.await_unmounted))
        await asyncio.sleep(0)
        assert not waiting.done()
        assert not in_a_thread.done()
        container.unmounted.set_result(None)
        await waiting
        await in_a_thread

    run(test, Status.EXITED)


def test_who_gives_up_waiting_for_the_root_takes_it_from_nobody() -> None:
    async def test(container: Container) -> None:
        container.unmounted = Future()
        impatient = asyncio.create_task(container.unmount())
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.gather(impatient, return_exceptions=True)
        container.unmounted.set_result(None)
        await container.unmount()

    run(test, Status.EXITED)
