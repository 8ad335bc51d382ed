"""Notices that requests have ended and no other has for a while: the time to give memory back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from jupyter_containers.api.routing import Handler

QUIET_SECONDS = 2.0


class Quiet:
    """Calls `then` once after each busy time, when no request has ended for `seconds`.

    Requests under way do not count: events and logs are followed for days. At rest no timer runs.
    """

    def __init__(self, then: Callable[[], None], seconds: float = QUIET_SECONDS) -> None:
        self._then = then
        self._seconds = seconds
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.middleware = self._middleware()

    def _middleware(self) -> Middleware:
        @web.middleware
        async def notice(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                return await handler(request)
            finally:
                self._notice()

        return notice

    def _notice(self) -> None:
        loop = asyncio.get_running_loop()
        self._last = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        left = self._last + self._seconds - loop.time()
        if left > 0:
            self._timer = loop.call_later(left, self._look)
        else:
            self._timer = None
            self._then()

    def close(self) -> None:
        """Wait no longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
