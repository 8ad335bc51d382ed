"""Between requests, which wait on the loop, and work that blocks: tar streams written or read in a thread.

Each stream has a thread of its own: a client that stops reading holds up nobody else, nor a file system that does not
answer the daemon's end.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from aiohttp import web

from jupyter_containers.engine.own_threads import in_own_thread
from jupyter_containers.errors import ContainersError
from jupyter_containers.layers.compression import Readable

_log = logging.getLogger(__name__)
T = TypeVar("T")
BUFFER_BYTES = 256 * 1024
BODY_BYTES = 1024 * 1024


class _Sender(io.RawIOBase):
    """What a thread writes goes out in a response, whose headers are sent with the first bytes."""

    def __init__(self, request: web.Request, response: web.StreamResponse, loop: asyncio.AbstractEventLoop) -> None:
        self._request = request
        self._response = response
        self._loop = loop

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        asyncio.run_coroutine_threadsafe(self._send(bytes(content)), self._loop).result()
        return len(content)

    async def _send(self, content: bytes) -> None:
        if not self._response.prepared:
            await self._response.prepare(self._request)
        await self._response.write(content)


class _Body(io.RawIOBase):
    """What a thread reads comes from the body of a request."""

    def __init__(self, request: web.Request, loop: asyncio.AbstractEventLoop) -> None:
        self._request = request
        self._loop = loop

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = asyncio.run_coroutine_threadsafe(self._fill(len(buffer)), self._loop).result()
        buffer[: len(content)] = content
        return len(content)

    async def _fill(self, size: int) -> bytes:
        """Wait for so many bytes, or the end: each visit from another thread costs as much as some hundred kB."""
        parts = []
        while size and (part := await self._request.content.read(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


async def send_from_thread(
    request: web.Request,
    response: web.StreamResponse,
    produce: Callable[[Callable[[bytes], object]], None],
    *,
    buffer_bytes: int = BUFFER_BYTES,
) -> web.StreamResponse:
    """Answer with what `produce` writes. An error before the first byte has its own status; later the stream breaks.

    `buffer_bytes`: 1 for writes that go out as they are.
    """
    loop = asyncio.get_running_loop()

    def work() -> None:
        with io.BufferedWriter(_Sender(request, response, loop), buffer_bytes) as out:
            produce(out.write)

    try:
        await in_own_thread(work)
    except (ContainersError, OSError) as error:
        if not response.prepared or isinstance(error, ConnectionError):
            raise
        # The headers have gone: all that can be said is that this is not the whole.
        _log.error("%s %s broke off: %s", request.method, request.path, error)
        if request.transport is not None:
            request.transport.abort()
        return response
    if not response.prepared:
        await response.prepare(request)
    await response.write_eof()
    return response


async def receive_in_thread(request: web.Request, consume: Callable[[Readable], T]) -> T:
    """Give the request's body to `consume` as a stream, in a thread."""
    loop = asyncio.get_running_loop()

    def work() -> T:
        with io.BufferedReader(_Body(request, loop), BODY_BYTES) as body:
            return consume(body)

    return await in_own_thread(work)
