"""Connections in front of aiohttp: heads that are too large or too slow, several requests in one piece."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import web

from jupyter_containers.api import front
from jupyter_containers.api.front import Patience, Site

IMPATIENT = Patience(first_seconds=0.3, head_seconds=0.1, head_bytes=100_000, header_lines=200)
REQUEST = b"GET /x HTTP/1.1\r\nHost: d\r\n\r\n"


async def measure(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(float(request.query.get("seconds", 0)))
    return web.Response(text=f"<{len(await request.read())}>")


@asynccontextmanager
async def served(
    folder: Path, answer: Callable[[web.Request], Awaitable[web.StreamResponse]] = measure
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    application = web.Application()
    application.router.add_route("*", "/x", answer)
    runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "s"))
    await Site(runner, listener, backlog=16, patience=IMPATIENT, context=None).start()
    reader, writer = await asyncio.open_unix_connection(str(folder / "s"), limit=1 << 20)
    try:
        yield reader, writer
    finally:
        writer.close()
        await runner.cleanup()


def run(folder: Path, test: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(20), served(folder) as (reader, writer):
            await test(reader, writer)

    asyncio.run(whole())


async def whole_answer(reader: asyncio.StreamReader) -> tuple[int, str]:
    """Return status and message of the last answer of a connection, which then ends."""
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["message"]


@pytest.mark.parametrize(
    "head",
    [b"X: " + b"x" * 120_000, b"X: y\r\n" * 300, b"".join(b"X%d: %s\r\n" % (n, b"y" * 1000) for n in range(150))],
    ids=["one long", "many", "long in sum"],
)
def test_a_head_that_is_too_large_is_refused_with_431(tmp_path: Path, head: bytes) -> None:
    async def test(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET /x HTTP/1.1\r\nHost: d\r\n" + head)
        assert await whole_answer(reader) == (431, "the header of the request is too large")

    run(tmp_path, test)


def test_a_large_head_within_the_limit_is_answered(tmp_path: Path) -> None:
    async def test(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET /x HTTP/1.1\r\nHost: d\r\nX-Registry-Config: " + b"x" * 60_000 + b"\r\n\r\n")
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")

    run(tmp_path, test)


@pytest.mark.parametrize("begun", [b"", b"GET /x HT", b"GET /x HTTP/1.1\r\nHost: d\r\nX-Slow: "])
def test_a_head_that_does_not_come_is_not_waited_for(tmp_path: Path, begun: bytes) -> None:
    async def test(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(begun)
        assert await reader.read() == b""

    run(tmp_path, test)


def test_trickling_bytes_do_not_buy_time(tmp_path: Path) -> None:
    async def test(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def trickle() -> None:
            while True:
                writer.write(b"X")
                await asyncio.sleep(0.01)

        writer.write(b"GET /x HTTP/1.1\r\nHost: d\r\n")
        trickling = asyncio.ensure_future(trickle())
        # A byte sent at the very end is answered with a reset.
        with suppress(ConnectionError):
            assert await reader.read() == b""
        trickling.cancel()

    run(tmp_path, test)


def test_a_slow_answer_and_a_kept_connection_have_all_the_time(tmp_path: Path) -> None:
    async def test(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for request in (REQUEST.replace(b"/x", b"/x?seconds=0.5"), REQUEST):
            writer.write(request)
            assert (await reader.readuntil(b"<0>")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.4)

    run(tmp_path, test)


def test_requests_in_one_piece_are_answered_in_order(tmp_path: Path) -> None:
    async def test(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sizes = [*range(50, 0, -1)]
        writer.write(
            b"".join(b"POST /x HTTP/1.1\r\nHost: d\r\nContent-Length: %d\r\n\r\n" % n + b"b" * n for n in sizes)
        )
        for size in sizes:
            assert (await reader.readuntil(b">")).endswith(b"<%d>" % size)

    run(tmp_path, test)


def test_a_body_in_chunks_and_one_that_is_waited_for(tmp_path: Path) -> None:
    async def test(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"POST /x HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        )
        await reader.readuntil(b"<5>")
        writer.write(b"POST /x HTTP/1.1\r\nHost: d\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"ab")
        await reader.readuntil(b"<2>")

    run(tmp_path, test)


def test_what_is_no_request_is_refused_in_json_and_the_connection_ends(tmp_path: Path) -> None:
    async def test(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\0\1\2" * 1000 + b"\r\n\r\n")
        status, message = await whole_answer(reader)
        assert (status, message.startswith("Bad HTTP method"), len(message) <= 300) == (400, True, True)

    run(tmp_path, test)


@pytest.mark.parametrize("start", [b"CONNECT /\xff", b"CONNECT \xff:1", b"GET http://\xc3\xbf/x"])
def test_a_target_whose_host_is_none_is_refused(tmp_path: Path, start: bytes) -> None:
    async def test(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(start + b" HTTP/1.1\r\nHost: d\r\n\r\n")
        assert (await whole_answer(reader))[0] == 400

    run(tmp_path, test)


@pytest.mark.parametrize("count", [1, 3])
def test_a_client_that_ends_its_half_still_gets_its_answers(tmp_path: Path, count: int) -> None:
    async def test(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(REQUEST.replace(b"/x", b"/x?seconds=0.05") * count)
        writer.write_eof()
        assert (await reader.read()).count(b"<0>") == count

    run(tmp_path, test)


def test_a_tunnel_is_refused_at_once(tmp_path: Path) -> None:
    async def test(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"CONNECT /nowhere HTTP/1.1\r\nHost: d\r\n\r\n")
        async with asyncio.timeout(2):
            assert (await reader.read()).startswith(b"HTTP/1.1 404")

    run(tmp_path, test)


def test_a_body_that_breaks_off_is_not_waited_for(tmp_path: Path) -> None:
    async def test(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"POST /x HTTP/1.1\r\nHost: d\r\nContent-Length: 10\r\n\r\nabc")
        writer.write_eof()
        assert await reader.read() == b""

    run(tmp_path, test)


def test_an_idle_connection_ends_with_its_clients_half(tmp_path: Path) -> None:
    async def test(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(REQUEST)
        await reader.readuntil(b"<0>")
        writer.write_eof()
        assert await reader.read() == b""

    run(tmp_path, test)


@pytest.mark.parametrize("ends_first", [False, True])
def test_an_answer_for_a_client_that_is_gone_is_given_up(tmp_path: Path, ends_first: bool) -> None:
    async def whole() -> None:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def answer(_request: web.Request) -> web.StreamResponse:
            begun.set()
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()
            return web.Response()

        async with asyncio.timeout(5), served(tmp_path, answer) as (_, writer):
            writer.write(REQUEST)
            await begun.wait()
            if ends_first:
                writer.write_eof()
                await asyncio.sleep(0.05)
                assert not ended.is_set()
            writer.close()
            await ended.wait()

    asyncio.run(whole())


def test_a_body_goes_on_after_a_pause_at_the_end_of_a_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "READ_BYTES", 1024)
    drained = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        beginning = await request.content.readexactly(5000)
        drained.set()
        return web.Response(text=f"<{len(beginning + await request.content.read())}>")

    async def whole() -> None:
        async with asyncio.timeout(20), served(tmp_path, answer) as (reader, writer):
            head = b"POST /x HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n"
            writer.write(head + b"1388\r\n" + bytes(5000) + b"\r\n")
            await drained.wait()
            writer.write(b"2\r\nde\r\n0\r\n\r\n")
            await reader.readuntil(b"<5002>")

    asyncio.run(whole())
