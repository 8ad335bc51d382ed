from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from jupyter_containers.api.quiet import Quiet

SECONDS = 0.05


async def answer(_request: web.Request) -> web.StreamResponse:
    return web.Response()


def test_quiet_comes_once_after_the_last_of_many_requests() -> None:
    asyncio.run(one_busy_time())


async def one_busy_time() -> None:
    loop, times = asyncio.get_running_loop(), list[float]()
    done = asyncio.Event()

    def then() -> None:
        times.append(loop.time())
        done.set()

    quiet, last = Quiet(then, SECONDS), 0.0
    for _ in range(5):
        await quiet.middleware(make_mocked_request("GET", "/"), answer)
        last = loop.time()
        await asyncio.sleep(SECONDS / 4)
    await asyncio.wait_for(done.wait(), 10)
    assert len(times) == 1
    assert times[0] >= last + SECONDS - 0.001
    assert quiet._timer is None


def test_a_request_under_way_keeps_nobody_waiting() -> None:
    asyncio.run(one_that_lasts())


async def one_that_lasts() -> None:
    done = asyncio.Event()
    quiet = Quiet(done.set, SECONDS)

    async def follow(_request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    following = asyncio.ensure_future(quiet.middleware(make_mocked_request("GET", "/"), follow))
    await quiet.middleware(make_mocked_request("GET", "/"), answer)
    await asyncio.wait_for(done.wait(), 10)
    assert not following.done()
    following.cancel()
    await asyncio.wait([following])
    quiet.close()
