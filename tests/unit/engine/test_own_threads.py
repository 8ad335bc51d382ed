"""Threads for work that may never end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from jupyter_containers.engine.own_threads import in_own_thread


def test_results_and_failures_come_back() -> None:
    async def main() -> None:
        assert await in_own_thread(lambda: 7) == 7
        with pytest.raises(KeyError):
            await in_own_thread(lambda: {}["x"])

    asyncio.run(main())


def test_what_never_ends_holds_up_nobody() -> None:
    release = threading.Event()

    async def main() -> None:
        stuck = [asyncio.ensure_future(in_own_thread(release.wait)) for _ in range(40)]
        await asyncio.sleep(0)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: 1), 5) == 1
        assert await in_own_thread(lambda: 2) == 2
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)

    asyncio.run(main())
    release.set()


def test_what_never_ends_does_not_hold_up_the_end_of_the_process() -> None:
    """As a file system that does not answer, for those who copy out of it."""
    code = """
import asyncio, threading
from jupyter_containers.api.blocking import in_own_thread
async def main():
    stuck = asyncio.ensure_future(in_own_thread(threading.Event().wait))
    await asyncio.sleep(0)
    stuck.cancel()
asyncio.run(main())
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=10, check=False).returncode == 0
