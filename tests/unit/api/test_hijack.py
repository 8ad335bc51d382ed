"""The hijacked connection, on a real aiohttp server behind a real unix socket."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from jupyter_containers.api.front import DEFAULT_PATIENCE, Site
from jupyter_containers.api.hijack import Connection, Hijacked, relay, take_over
from jupyter_containers.api.streams import DetachKeys

UPGRADE = b"POST /x HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"
PLAIN = b"POST /x HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n"


class Container:
    """The far end of the stream, as the shim has it."""

    def __init__(self, *, stdin: bool = True, keys: bytes = b"", frames: bool = False) -> None:
        self.stdin = stdin
        self.frames = frames
        self.keys = DetachKeys(keys) if keys else None
        self.end: socket.socket | None = None
        self.connection: Connection | None = None
        self.is_detached: bool | None = None
        self.is_finished = asyncio.Event()
        self.is_taken = asyncio.Event()
        self.may_attach = asyncio.Event()
        self.may_attach.set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.connection = take_over(request)
        try:
            self.is_taken.set()
            await self.may_attach.wait()
            ours, self.end = socket.socketpair()
            ours.setblocking(False)
            self.end.setblocking(False)
            self.is_detached = await relay(self.connection, ours, stdin=self.stdin, keys=self.keys, frames=self.frames)
        finally:
            self.is_finished.set()
        return Hijacked()

    async def receive(self, size: int = 65536) -> bytes:
        while self.end is None:
            await asyncio.sleep(0)
        return await asyncio.get_running_loop().sock_recv(self.end, size)

    async def send(self, content: bytes) -> None:
        assert self.end is not None
        await asyncio.get_running_loop().sock_sendall(self.end, content)


@asynccontextmanager
async def served(path: Path, container: Container) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    application = web.Application()
    application.router.add_post("/x", container.serve)
    runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path / "s"))
    await Site(runner, listener, backlog=16, patience=DEFAULT_PATIENCE, context=None).start()
    reader, writer = await asyncio.open_unix_connection(str(path / "s"))
    try:
        yield reader, writer
    finally:
        writer.close()
        if container.end is not None:
            container.end.close()
        await runner.cleanup()


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))


async def headers(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def test_an_upgrade_is_answered_101_and_bytes_flow_both_ways(tmp_path: Path) -> None:
    async def test() -> None:
        container = Container()
        async with served(tmp_path, container) as (reader, writer):
            writer.write(UPGRADE)
            answer = await headers(reader)
            assert answer.startswith(b"HTTP/1.1 101 UPGRADED\r\n")
            assert b"Content-Type: application/vnd.docker.raw-stream\r\n" in answer
            assert b"Connection: Upgrade\r\nUpgrade: tcp\r\n" in answer
            writer.write(b"to the container")
            assert await container.receive() == b"to the container"
            await container.send(b"from the container")
            assert await reader.readexactly(18) == b"from the container"

    run(test)


def test_without_upgrade_the_answer_is_200_and_the_stream_is_the_same(tmp_path: Path) -> None:
    async def test() -> None:
        container = Container()
        async with served(tmp_path, container) as (reader, writer):
            writer.write(PLAIN)
            assert (await headers(reader)).startswith(b"HTTP/1.1 200 OK\r\n")
            writer.write(b"in")
            assert await container.receive() == b"in"

    run(test)


def test_output_is_put_into_frames_for_who_expects_them(tmp_path: Path) -> None:
    async def test() -> None:
        container = Container(frames=True)
        async with served(tmp_path, container) as (reader, writer):
            writer.write(UPGRADE)
            await headers(reader)
            writer.write(b"in")
            assert await container.receive() == b"in"
            await container.send(b"out")
            assert await reader.readexactly(11) == b"\x01\0\0\0\0\0\0\x03out"

    run(test)


def test_bytes_in_the_packet_of_the_request_are_not_lost(tmp_path: Path) -> None:
    async def test() -> None:
        container = Container()
        async with served(tmp_path, container) as (reader, writer):
            writer.write(UPGRADE + b"early")
            await headers(reader)
            assert await container.receive() == b"early"
            writer.write(b"late")
            assert await container.receive() == b"late"

    run(test)


def test_the_client_ends_its_half_and_still_reads_the_output(tmp_path: Path) -> None:
    async def test() -> None:
        container = Container()
        async with served(tmp_path, container) as (reader, writer):
            writer.write(UPGRADE + b"all of it")
            writer.write_eof()
            await headers(reader)
            assert await container.receive() == b"all of it"
            assert await container.receive() == b""
            await asyncio.sleep(0.05)
            await container.send(b"answer")
            assert container.end is not None
            container.end.shutdown(socket.SHUT_WR)
            assert await reader.read() == b"answer"
            await container.is_finished.wait()

    run(test)


def test_bytes_and_end_before_anybody_listens_are_kept(tmp_path: Path) -> None:
    async def test() -> None:
        container = Container()
        container.may_attach.clear()
        async with served(tmp_path, container) as (reader, writer):
            writer.write(UPGRADE)
            await headers(reader)
            writer.write(b"typed ahead")
            writer.write_eof()
            await asyncio.sleep(0.05)
            container.may_attach.set()
            assert await container.receive() == b"typed ahead"
            assert await container.receive() == b""

    run(test)


def test_the_end_of_the_output_closes_the_connection_although_the_client_wrote_what_nobody_read(tmp_path: Path) -> None:
    async def test() -> None:
        container = Container()
        async with served(tmp_path, container) as (reader, writer):
            writer.write(UPGRADE)
            await headers(reader)
            await container.is_taken.wait()
            while container.end is None:
                await asyncio.sleep(0)
            writer.write(b"x" * 1_000_000)
            await asyncio.sleep(0.05)
            await container.send(b"y" * 1000)
            container.end.close()
            assert await reader.read() == b"y" * 1000
            writer.close()
            await container.is_finished.wait()

    run(test)


def test_a_client_that_goes_away_closes_the_containers_end(tmp_path: Path) -> None:
    async def test() -> None:
        container = Container()
        async with served(tmp_path, container) as (reader, writer):
            writer.write(UPGRADE)
            await headers(reader)
            writer.close()
            assert await container.receive() == b""
            await container.is_finished.wait()

    run(test)


def test_a_client_that_ends_its_half_and_goes_away_later_is_noticed_without_output(tmp_path: Path) -> None:
    async def test() -> None:
        container = Container()
        async with served(tmp_path, container) as (reader, writer):
            writer.write(UPGRADE)
            await headers(reader)
            writer.write_eof()
            assert await container.receive() == b""
            assert not container.is_finished.is_set()
            writer.close()
            await asyncio.wait_for(container.is_finished.wait(), 1)

    run(test)


def test_what_a_client_without_stdin_sends_does_not_reach_the_container(tmp_path: Path) -> None:
    async def test() -> None:
        container = Container(stdin=False)
        async with served(tmp_path, container) as (reader, writer):
            writer.write(UPGRADE + b"not wanted")
            writer.write_eof()
            await headers(reader)
            while container.end is None:
                await asyncio.sleep(0)
            await container.send(b"still here")
            assert await reader.readexactly(10) == b"still here"
            await asyncio.sleep(0.02)
            try:
                content = container.end.recv(100)
            except BlockingIOError:
                content = None
            assert content is None

    run(test)


def test_the_detach_keys_close_the_stream_and_are_not_typed(tmp_path: Path) -> None:
    async def test() -> None:
        container = Container(keys=b"\x10\x11")
        async with served(tmp_path, container) as (reader, writer):
            writer.write(UPGRADE)
            await headers(reader)
            writer.write(b"ls\x10")
            assert await container.receive() == b"ls"
            writer.write(b"\x11")
            assert await reader.read() == b""
            assert await container.receive() == b""
            writer.close()
            await container.is_finished.wait()
            assert container.is_detached is True

    run(test)


def test_a_slow_reader_slows_the_container_instead_of_filling_memory(tmp_path: Path) -> None:
    async def test() -> None:
        container = Container()
        async with served(tmp_path, container) as (reader, writer):
            writer.write(UPGRADE)
            await headers(reader)
            while container.end is None:
                await asyncio.sleep(0)
            sent = 0
            try:
                while sent < 64 << 20:
                    sent += await asyncio.wait_for(_send_some(container.end), 0.2)
            except TimeoutError:
                pass
            assert sent < 8 << 20
            got = 0
            while got < sent:
                got += len(await reader.read(1 << 20))
            assert got == sent

    run(test)


async def _send_some(end: socket.socket) -> int:
    while True:
        try:
            return end.send(b"z" * 65536)
        except BlockingIOError:
            await asyncio.sleep(0)


def test_an_echo_comes_back_within_a_millisecond(tmp_path: Path) -> None:
    async def test() -> None:
        container = Container()
        async with served(tmp_path, container) as (reader, writer):
            writer.write(UPGRADE)
            await headers(reader)
            times = []
            for _ in range(200):
                started = time.perf_counter()
                writer.write(b"k")
                await container.send(await container.receive())
                assert await reader.readexactly(1) == b"k"
                times.append(time.perf_counter() - started)
            assert sorted(times)[len(times) // 2] < 0.001

    run(test)


def test_the_server_stops_although_a_stream_is_open(tmp_path: Path) -> None:
    async def test() -> None:
        container = Container()
        async with served(tmp_path, container) as (reader, writer):
            writer.write(UPGRADE)
            await headers(reader)
        await asyncio.wait_for(container.is_finished.wait(), 2)

    run(test)
