"""Equal work is done once: whoever asks while it is under way waits for the same task.

The only place of the room that makes tasks which outlive a function; each belongs to those who wait for it, and is
cancelled when the last of them leaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from jupyter_containers.build.blocking import finished

T = TypeVar("T")
E = TypeVar("E")

# What somebody who comes later is told of what was said before; older reports are dropped.
_KEPT_REPORTS = 256


@dataclass(slots=True)
class _Work(Generic[T, E]):
    task: asyncio.Task[T] | None = None
    listeners: list[Callable[[E], None]] = field(default_factory=list)
    reports: list[E] = field(default_factory=list)

    def report(self, event: E) -> None:
        if len(self.reports) < _KEPT_REPORTS:
            self.reports.append(event)
        for listener in tuple(self.listeners):
            listener(event)


class SharedWork(Generic[T, E]):
    """Work by key, with reports on the way."""

    def __init__(self) -> None:
        self._running: dict[str, _Work[T, E]] = {}

    async def run(
        self,
        key: str,
        work: Callable[[Callable[[E], None]], Coroutine[Any, Any, T]],
        listen: Callable[[E], None],
    ) -> T:
        """Return what `work(report)` returns, or what the equal work under way does; `listen` hears its reports.

        Raises what the work raises. After cancellation: if nobody else waits, the work was cancelled and has ended;
        otherwise it goes on for the others.
        """
        shared = self._running.get(key)
        if shared is None:
            shared = self._running[key] = _Work()
            shared.task = asyncio.create_task(work(shared.report), name=f"build:{key[:12]}")
        else:
            for event in shared.reports:
                listen(event)
        task = shared.task
        assert task is not None
        shared.listeners.append(listen)
        try:
            return await asyncio.shield(task)
        finally:
            shared.listeners.remove(listen)
            if not shared.listeners:
                # From here on nobody may join: it is over, or about to be.
                if self._running.get(key) is shared:
                    del self._running[key]
                if not task.done():
                    task.cancel()
                    await finished(task)
