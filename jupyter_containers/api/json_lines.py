"""Answers that last: one JSON object per line, as pull, build, load and events send them.

After the headers have gone an error can only come in the stream, as {"errorDetail": …, "error": …}.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any, Self

from aiohttp import web

from jupyter_containers.errors import ContainersError, Unavailable

_log = logging.getLogger(__name__)


class JsonLines:
    """A response of JSON lines. `async with JsonLines(request) as lines: await lines.send({...})`.

    The headers go out with the first line, so an error before it still gets its own status.
    """

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self.response = web.StreamResponse(headers={"Content-Type": "application/json"})

    async def __aenter__(self) -> Self:
        return self

    async def start(self) -> None:
        """Send the headers now."""
        if not self.response.prepared:
            await self.response.prepare(self._request)

    async def send(self, line: Mapping[str, Any]) -> None:
        """Send one object; waits for a slow reader."""
        await self.start()
        await self.response.write(json.dumps(line, separators=(",", ":")).encode() + b"\r\n")

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if error is None:
            await self.start()
        elif not self.response.prepared or not isinstance(error, Exception) or isinstance(error, ConnectionError):
            return False
        else:
            await self.send(error_line(error))
        await self.response.write_eof()
        return True


# Of a build: where in which Dockerfile, the exit code, the end of the output, and where to go on.
_DETAILS = ("code", "file", "line", "end_line", "source", "output", "failure")


def error_line(error: Exception) -> dict[str, Any]:
    """Return the line that ends an answer which failed after its headers had gone."""
    if not isinstance(error, ContainersError):
        _log.error("a stream failed", exc_info=error)
    message = error.message if isinstance(error, ContainersError) else str(error) or type(error).__name__
    detail: dict[str, Any] = {"message": message}
    if isinstance(error, ContainersError):
        detail |= {key: error.details[key] for key in _DETAILS if key in error.details}
    return {"errorDetail": detail, "error": message}


# A client that reads slower than work is told about lets lines wait here; beyond this many it is cut off.
WAITING_LINES = 65536


class Outbox:
    """Lines from code that must not wait. `async with Outbox(lines) as outbox: outbox.put({...})`.

    A task of its own sends them in order; leaving the block waits until all have gone. A client that falls
    WAITING_LINES behind, or goes away, ends the work in the block.
    """

    def __init__(self, lines: JsonLines) -> None:
        self._lines = lines
        self._waiting: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue(WAITING_LINES)
        self._tasks = asyncio.TaskGroup()

    def put(self, line: Mapping[str, Any]) -> None:
        try:
            self._waiting.put_nowait(line)
        except asyncio.QueueFull:
            raise Unavailable(f"the client is more than {WAITING_LINES} lines behind; read faster") from None

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._tasks.create_task(self._send())
        return self

    async def _send(self) -> None:
        while (line := await self._waiting.get()) is not None:
            await self._lines.send(line)

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        # What was said before a failure still goes out, so that the client sees how far the work came.
        if error is None or isinstance(error, ContainersError):
            await self._waiting.put(None)
            try:
                await self._tasks.__aexit__(None, None, None)
            except ExceptionGroup as group:
                raise group.exceptions[0] from None
            return
        try:
            await self._tasks.__aexit__(kind, error, trace)
        except ExceptionGroup as group:
            raise group.exceptions[0] from None
