"""The threads on which links are made and removed: the kernel lets both wait while it takes down others' networks.

A container's link goes with its network namespace, many at once and for little. To remove it by hand takes the kernel
20 ms, during which nobody else's link can be made: so that is done for what is still there when it should have gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_log = logging.getLogger(__name__)

# The kernel takes a namespace down some milliseconds after its last process and descriptor, when it is not very busy.
PATIENCE_SECONDS = 1.0


class Links:
    """`make`, `remove` and `expect_end`, from one event loop; then `close`."""

    def __init__(self) -> None:
        # One each, so that no link waits for the removal of another one.
        self._makers = ThreadPoolExecutor(1, "jc-links")
        self._removers = ThreadPoolExecutor(1, "jc-old-links")
        self._ending: set[str] = set()
        self._look: asyncio.TimerHandle | None = None

    async def make(self, work: Callable[[], None]) -> None:
        """Do `work`, which makes a link. Cancelled: it is done all the same, and has ended."""
        done = asyncio.get_running_loop().run_in_executor(self._makers, work)
        try:
            await asyncio.shield(done)
        except asyncio.CancelledError:
            await asyncio.wait({done})  # it has descriptors that are closed after us
            raise

    async def remove(self, name: str) -> None:
        """Remove a link of this host; harmless when there is none. Cancelled: it goes all the same."""
        await asyncio.get_running_loop().run_in_executor(self._removers, _remove, name)

    def remove_soon(self, name: str) -> None:
        """Remove a link in the background."""
        self._removers.submit(_remove, name)

    def expect_end(self, name: str) -> None:
        """See to it that a link is gone soon, though its namespace may take it along before."""
        self._ending.add(name)
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._sweep)

    def _sweep(self) -> None:
        self._look = None
        ending, self._ending = self._ending, set()
        for name in ending:
            self._removers.submit(_remove, name)

    def cancel(self) -> None:
        """Look no more; what was to go is removed by `close`. On the loop's own thread."""
        if self._look is not None:
            self._look.cancel()
            self._sweep()

    def close(self) -> None:
        """Wait for what is under way. Not on the loop."""
        self._makers.shutdown(wait=True)
        self._removers.shutdown(wait=True)


def _remove(name: str) -> None:
    if not name:
        return
    from jupyter_containers.network import plumbing

    try:
        plumbing.remove_link(name)
    except OSError as error:
        _log.warning("link %s stays until the bridge goes: %s", name, error)
