"""Answers that last: lines in order, errors before and after the headers, slow clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
from aiohttp import web

from jupyter_containers.api.failures import failures
from jupyter_containers.api.json_lines import JsonLines, Outbox
from jupyter_containers.errors import NotFound


def answer(tmp_path: Path, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> tuple[int, list[object]]:
    """Serve one request over a real unix socket; return the status and the lines."""

    async def main() -> tuple[int, list[object]]:
        application = web.Application(middlewares=[failures])
        application.router.add_get("/", handler)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.UnixSite(runner, str(tmp_path / "s")).start()
        try:
            connector = aiohttp.UnixConnector(str(tmp_path / "s"))
            async with aiohttp.ClientSession(connector=connector) as session, session.get("http://d/") as response:
                return response.status, [json.loads(line) async for line in response.content if line.strip()]
        finally:
            await runner.cleanup()

    return asyncio.run(main())


def test_lines_come_in_order(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        async with JsonLines(request) as lines, Outbox(lines) as outbox:
            for number in range(100):
                outbox.put({"n": number})
        return lines.response

    assert answer(tmp_path, handler) == (200, [{"n": number} for number in range(100)])


def test_an_error_before_the_first_line_has_its_status(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        async with JsonLines(request) as lines, Outbox(lines):
            raise NotFound("no such thing")
        return lines.response

    assert answer(tmp_path, handler) == (404, [{"message": "no such thing"}])


def test_an_error_after_the_first_line_comes_in_the_stream(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        async with JsonLines(request) as lines, Outbox(lines) as outbox:
            outbox.put({"stream": "Step 1/1 : RUN false\n"})
            raise NotFound("failed", code=7, line=2)
        return lines.response

    status, lines = answer(tmp_path, handler)
    assert status == 200
    assert lines[0] == {"stream": "Step 1/1 : RUN false\n"}
    assert lines[1] == {"errorDetail": {"message": "failed", "code": 7, "line": 2}, "error": "failed"}


def test_a_client_that_goes_away_ends_the_work(tmp_path: Path) -> None:
    async def main() -> str:
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def handler(request: web.Request) -> web.StreamResponse:
            try:
                async with JsonLines(request) as lines, Outbox(lines) as outbox:
                    while True:
                        outbox.put({"stream": "x" * 4096})
                        await asyncio.sleep(0)
            except BaseException as error:
                ended.set_result(type(error).__name__)
                raise
            return lines.response

        application = web.Application()
        application.router.add_get("/", handler)
        runner = web.AppRunner(application, handler_cancellation=True)
        await runner.setup()
        await web.UnixSite(runner, str(tmp_path / "s")).start()
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(b"GET / HTTP/1.1\r\nHost: d\r\n\r\n")
        await reader.read(100)
        writer.transport.abort()
        async with asyncio.timeout(5):
            result = await ended
        await runner.cleanup()
        return result

    assert asyncio.run(main()) in {"CancelledError", "ClientConnectionResetError"}
