"""Bodies read by a thread: what it sees of the end, of failures and of a client that goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from jupyter_containers.engine.bodies import consume
from jupyter_containers.errors import Cancelled
from jupyter_containers.layers.compression import Readable


async def pieces(*contents: bytes) -> AsyncIterator[bytes]:
    for content in contents:
        yield content


def read_all(stream: Readable) -> list[bytes]:
    return list(iter(lambda: stream.read(3), b""))


def test_the_thread_reads_to_the_end_in_the_sizes_it_wants() -> None:
    assert asyncio.run(consume(pieces(b"abcd", b"", b"e"), read_all)) == [b"abc", b"d", b"e"]
    assert asyncio.run(consume(pieces(), read_all)) == []


def test_a_body_that_breaks_off_breaks_the_work() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"abc"
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        asyncio.run(consume(broken(), read_all))


def test_the_work_may_stop_before_the_end() -> None:
    def look(stream: Readable) -> bytes:
        return stream.read(2)

    assert asyncio.run(consume(pieces(b"abcd", b"e"), look)) == b"ab"


def test_work_that_waits_for_more_ends_with_its_request() -> None:
    ended: list[BaseException] = []
    has_begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"abc"
        has_begun.set()
        await asyncio.Event().wait()

    def work(stream: Readable) -> None:
        try:
            read_all(stream)
        except Cancelled as error:
            ended.append(error)
            raise

    async def run() -> None:
        task = asyncio.ensure_future(consume(endless(), work))
        await has_begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended

    asyncio.run(run())
