"""Tests of engine.containers.turns."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_containers.engine.containers.turns import Turns


def test_as_many_as_that_are_made_at_once_and_the_others_after_them() -> None:
    async def work() -> None:
        turns, most, busy = Turns(2), 0, 0

        async def one() -> None:
            nonlocal most, busy
            async with turns.take():
                busy += 1
                most = max(most, busy)
                for _ in range(3):
                    await asyncio.sleep(0)
                busy -= 1

        await asyncio.gather(*(one() for _ in range(10)))
        assert (most, busy) == (2, 0)

    asyncio.run(work())


def test_those_that_hang_do_not_keep_others_for_ever() -> None:
    async def work() -> None:
        turns, hangs = Turns(1, patience_seconds=0.01), asyncio.Event()

        async def hang() -> None:
            async with turns.take():
                await hangs.wait()

        hanging = asyncio.create_task(hang())
        await asyncio.sleep(0)
        for _ in range(2):
            async with turns.take():
                pass
        hangs.set()
        await hanging
        async with asyncio.timeout(10), turns.take():
            pass

    asyncio.run(work())


def test_a_failure_gives_the_place_back() -> None:
    async def work() -> None:
        turns = Turns(1)
        for _ in range(2):
            with pytest.raises(OSError, match="no"):
                async with turns.take():
                    raise OSError("no")

    asyncio.run(work())
