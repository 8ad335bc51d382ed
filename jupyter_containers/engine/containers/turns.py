"""Turns: how many containers are made at the same time.

More than the processors can work on only take turns, and wait for the kernel's locks with all that they hold: 64 at
once are ready sooner one after the other. Nobody waits for long behind some that hang, in a dead NFS server for one:
then more are made at once, as if there were no turns.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

AT_ONCE_EACH = 2
PATIENCE_SECONDS = 2.0


class Turns:
    """`async with turns.take():` around the making of one container. `at_once`: of as many as that."""

    def __init__(self, at_once: int = 0, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._places = asyncio.Semaphore(at_once or AT_ONCE_EACH * (os.cpu_count() or 1))
        self._patience_seconds = patience_seconds

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Wait for a turn, but not for ever. After cancellation: nobody has it."""
        has_place = await self._wait()
        try:
            yield
        finally:
            if has_place:
                self._places.release()

    async def _wait(self) -> bool:
        if not self._places.locked():
            return await self._places.acquire()
        try:
            async with asyncio.timeout(self._patience_seconds):
                return await self._places.acquire()
        except TimeoutError:
            return False
