"""Bodies of requests, which come on the loop, given to work that reads and blocks, in a thread of its own.

So a tar is taken apart while it arrives: nothing is written to the disk twice, and a client that stops sending holds
up nobody else.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import TypeVar

from jupyter_containers.build.blocking import settled
from jupyter_containers.errors import Cancelled
from jupyter_containers.layers.compression import Readable

T = TypeVar("T")


async def consume(body: AsyncIterable[bytes], work: Callable[[Readable], T]) -> T:
    """Return what `work` makes of the body, which it reads as a stream.

    What the body raises is raised by the stream's read. After cancellation: the thread has ended.
    """
    loop = asyncio.get_running_loop()
    stream = _Stream(aiter(body), loop)
    pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="body")
    try:
        return await settled(loop.run_in_executor(pool, work, stream), stream.give_up)
    finally:
        pool.shutdown(wait=False)


class _Stream:
    """What the thread reads. `give_up` is called on the loop."""

    def __init__(self, chunks: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop) -> None:
        self._chunks = chunks
        self._loop = loop
        self._rest = memoryview(b"")
        # Only the loop touches these two, so nothing can begin to wait once all was given up.
        self._waiting: asyncio.Task[bytes] | None = None
        self._is_over = False

    def read(self, size: int, /) -> bytes:
        while not self._rest:
            try:
                chunk = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
            except (concurrent.futures.CancelledError, asyncio.CancelledError):
                raise Cancelled("the request was given up") from None
            if not chunk:
                return b""
            self._rest = memoryview(chunk)
        piece, self._rest = self._rest[:size], self._rest[size:]
        return bytes(piece)

    async def _next(self) -> bytes:
        """Return the next bytes, b"" at the end; empty chunks in between are passed over."""
        if self._is_over:
            raise asyncio.CancelledError
        self._waiting = asyncio.current_task()
        async for chunk in self._chunks:
            if chunk:
                return chunk
        return b""

    def give_up(self) -> None:
        self._is_over = True
        if self._waiting is not None:
            self._waiting.cancel()
