"""Caches of RUN --mount=type=cache that go while a step comes for them; the rest is in tests/integration."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from jupyter_containers.build.operations.caches import CacheDirectories
from jupyter_containers.build.operations.definitions import StepMount
from jupyter_containers.snapshots.plain import PlainSnapshotter
from tests.support.memory_records import MemoryRecords

CACHE = StepMount("cache", "/c", identity="c", writable=True, uid=os.getuid(), gid=os.getgid())


def test_a_step_that_comes_while_its_cache_is_removed_has_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshots = PlainSnapshotter(tmp_path / "s", MemoryRecords())
    caches = CacheDirectories(snapshots)

    async def main() -> bool:
        async with caches.taken(CACHE, None):
            pass
        loop, begun, has_it, is_over = asyncio.get_running_loop(), threading.Event(), threading.Event(), asyncio.Event()

        async def step() -> bool:
            begun.set()
            async with caches.taken(CACHE, None) as key:
                has_it.set()
                await is_over.wait()
                return snapshots.exists(key)

        usage, steps = snapshots.usage, list[asyncio.Task[bool]]()

        def slow(key: str) -> int:
            loop.call_soon_threadsafe(lambda: steps.append(loop.create_task(step())))
            assert begun.wait(10)
            # It must not get what is being removed: this ends by itself when it has to wait.
            has_it.wait(0.3)
            return usage(key)

        monkeypatch.setattr(snapshots, "usage", slow)
        await caches.forget_unused()
        is_over.set()
        return await steps[0]

    assert asyncio.run(main())
