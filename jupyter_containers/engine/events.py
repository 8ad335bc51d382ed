"""Events: what happened, told to whoever listens, and the last of them kept for late listeners.

Publishing is synchronous and never waits. A listener has a bounded queue; one that falls behind is cut off with an
error instead of slowing the daemon or losing events silently.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from jupyter_containers.errors import Unavailable

# dockerd keeps 256; a notebook that was away for a while asks for more.
KEPT = 1024
QUEUE_LENGTH = 4096


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `at_ns` is nanoseconds since the epoch; `actor_id` is an id, or a name for volumes."""

    type: str
    action: str
    actor_id: str
    attributes: Mapping[str, str]
    at_ns: int


class Subscription:
    """The events from now on, as an asynchronous iterator that ends when `close` is called."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue(QUEUE_LENGTH)
        self._overrun = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def offer(self, event: Event | None) -> None:
        """Put an event at the end of the queue, from any thread."""
        if threading.get_ident() == self._thread:
            self._put(event)
        else:
            self._loop.call_soon_threadsafe(self._put, event)

    def _put(self, event: Event | None) -> None:
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            self._overrun = True

    async def __aiter__(self) -> AsyncIterator[Event]:
        while not (self._overrun and self._queue.empty()):
            event = await self._queue.get()
            if event is None:
                return
            yield event
        raise Unavailable(f"more than {QUEUE_LENGTH} events were not read in time; listen again")


class Events:
    """The daemon's one stream of events. `clock_ns` answers nanoseconds since the epoch."""

    def __init__(self, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._clock_ns = clock_ns
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._subscriptions: set[Subscription] = set()
        self._lock = threading.Lock()

    def publish(self, type: str, action: str, actor_id: str, attributes: Mapping[str, str] | None = None) -> Event:  # noqa: A002 - Docker's word
        """Tell everybody, at once and without waiting. May be called from any thread."""
        with self._lock:
            event = Event(type, action, actor_id, dict(attributes or {}), self._clock_ns())
            self._kept.append(event)
            for subscription in self._subscriptions:
                subscription.offer(event)
        return event

    @contextmanager
    def subscribe(self) -> Iterator[tuple[list[Event], Subscription]]:
        """Give what is kept of the past and listen from now on, until the block ends. Nothing is lost between."""
        subscription = Subscription()
        with self._lock:
            self._subscriptions.add(subscription)
            past = list(self._kept)
        try:
            yield past, subscription
        finally:
            with self._lock:
                self._subscriptions.discard(subscription)

    def since(self, at_ns: int) -> list[Event]:
        """Return the kept events that are not older than `at_ns`."""
        return [event for event in self._kept if event.at_ns >= at_ns]

    def listeners(self) -> int:
        """Return how many listen at this moment."""
        return len(self._subscriptions)

    def close(self) -> None:
        """End every subscription: the daemon stops."""
        with self._lock:
            for subscription in self._subscriptions:
                subscription.offer(None)
