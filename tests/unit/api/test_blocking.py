"""Streams between requests and threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from jupyter_containers.api.blocking import receive_in_thread, send_from_thread
from jupyter_containers.api.failures import failures
from jupyter_containers.errors import NotFound

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def served(path: Path, handler: Handler) -> AsyncIterator[aiohttp.ClientSession]:
    application = web.Application(middlewares=[failures], client_max_size=1 << 30)
    application.router.add_route("*", "/x", handler)
    runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.UnixSite(runner, str(path / "s")).start()
    async with aiohttp.ClientSession("http://d", connector=aiohttp.UnixConnector(str(path / "s"))) as client:
        yield client
    await runner.cleanup()


def test_what_a_thread_writes_arrives_whole(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        def produce(write: Callable[[bytes], object]) -> None:
            for number in range(2000):
                write(b"%06d" % number * 100)

        return await send_from_thread(request, web.StreamResponse(), produce)

    async def test() -> None:
        async with served(tmp_path, handler) as client, client.get("/x") as answer:
            assert await answer.read() == b"".join(b"%06d" % number * 100 for number in range(2000))

    asyncio.run(test())


def test_an_error_before_the_first_byte_has_its_status(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        def produce(_write: Callable[[bytes], object]) -> None:
            raise NotFound("nothing here")

        return await send_from_thread(request, web.StreamResponse(), produce)

    async def test() -> None:
        async with served(tmp_path, handler) as client, client.get("/x") as answer:
            assert (answer.status, await answer.json()) == (404, {"message": "nothing here"})

    asyncio.run(test())


def test_an_error_later_breaks_the_stream_instead_of_ending_it(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        def produce(write: Callable[[bytes], object]) -> None:
            write(b"x" * 1_000_000)
            raise OSError("disk gone")

        return await send_from_thread(request, web.StreamResponse(), produce)

    async def test() -> None:
        async with served(tmp_path, handler) as client:
            try:
                async with client.get("/x") as answer:
                    await answer.read()
            except aiohttp.ClientError:
                return
            raise AssertionError("the answer looked whole")

    asyncio.run(test())


def test_a_client_that_leaves_ends_the_thread(tmp_path: Path) -> None:
    ended = threading.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        def produce(write: Callable[[bytes], object]) -> None:
            try:
                while True:
                    write(b"x" * 100_000)
            finally:
                ended.set()

        return await send_from_thread(request, web.StreamResponse(), produce)

    async def test() -> None:
        async with served(tmp_path, handler) as client:
            async with client.get("/x") as answer:
                await answer.content.readexactly(1000)
            assert await asyncio.to_thread(ended.wait, 5)

    asyncio.run(test())


def test_a_body_is_read_by_a_thread(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        size = await receive_in_thread(
            request, lambda body: sum(len(piece) for piece in iter(lambda: body.read(9999), b""))
        )
        return web.Response(text=str(size))

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"y" * 12_345

    async def test() -> None:
        async with served(tmp_path, handler) as client, client.put("/x", data=chunks()) as answer:
            assert await answer.text() == str(50 * 12_345)

    asyncio.run(test())
