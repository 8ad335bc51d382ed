"""Blocking work in a thread, that is over when the coroutine is over."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from jupyter_containers.errors import Cancelled

T = TypeVar("T")


async def in_thread(work: Callable[[threading.Event], T]) -> T:
    """Run `work` in a thread and return its result.

    After cancellation: the event that `work` got is set, and the thread has ended, before CancelledError leaves. So
    what the work was done on can be removed at once.
    """
    stop = threading.Event()
    future = asyncio.ensure_future(asyncio.to_thread(work, stop))
    return await settled(future, stop.set)


def check(stop: threading.Event) -> None:
    """Raise Cancelled if nobody waits for the work any more."""
    if stop.is_set():
        raise Cancelled("the build was cancelled")


async def settled(future: asyncio.Future[T], give_up: Callable[[], object]) -> T:
    """Wait for a future. After cancellation: `give_up` was called, and the future is done all the same."""
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        give_up()
        await finished(future)
        raise


async def finished(future: asyncio.Future[T]) -> None:
    """Wait until a future is done, whatever comes of it and however often the waiting is cancelled."""
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError:
            continue
    if not future.cancelled():
        # Looked at, so that asyncio does not report it as forgotten.
        future.exception()
