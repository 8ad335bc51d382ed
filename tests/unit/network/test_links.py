"""What is done on the threads of links; the links themselves are in tests/integration/network."""

from __future__ import annotations

import asyncio
import threading

import pytest

from jupyter_containers.network.links import Links


def test_a_link_is_made_on_another_thread_and_its_failure_comes_back() -> None:
    async def main() -> None:
        links, seen = Links(), []
        await links.make(lambda: seen.append(threading.current_thread().name))
        assert seen[0].startswith("jc-links")

        def fail() -> None:
            raise OSError("no link")

        with pytest.raises(OSError, match="no link"):
            await links.make(fail)
        links.close()

    asyncio.run(main())


def test_who_is_cancelled_waits_until_the_work_is_done() -> None:
    async def main() -> None:
        links, go, order = Links(), threading.Event(), []

        def work() -> None:
            go.wait(10)
            order.append("made")

        task = asyncio.create_task(links.make(work))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        go.set()
        await asyncio.gather(task, return_exceptions=True)
        order.append("told")
        assert task.cancelled()
        assert order == ["made", "told"]
        links.close()

    asyncio.run(main())


def test_what_is_expected_to_end_is_looked_for_at_the_latest_by_close(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        links = Links()
        links.expect_end("jc-never-was")
        links.expect_end("")
        links.cancel()
        links.cancel()
        await asyncio.to_thread(links.close)
        with pytest.raises(RuntimeError):
            links.remove_soon("jc-too-late")

    asyncio.run(main())
    assert not caplog.records
