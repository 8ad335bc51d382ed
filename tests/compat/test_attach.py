"""Attaching by web socket, and what is the same for all ways of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from tests.support.api_client import Api
from tests.support.daemon import Docker
from tests.support.eventually import eventually

Socket = aiohttp.ClientWebSocketResponse
BINARY, TEXT = aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT


@pytest.fixture
def name() -> str:
    return f"w{uuid.uuid4().hex[:12]}"


@pytest.fixture
def api(docker: Docker) -> Api:
    return Api(docker.host.removeprefix("unix://"), "1.41")


@pytest.fixture
def box(api: Api, name: str) -> Iterator[Callable[..., str]]:
    """Makes the one container of a test."""

    def make(script: str, **config: Any) -> str:
        return api.create("sh", "-c", script, name=name, OpenStdin=True, StdinOnce=True, **config)

    yield make
    api.remove(name)


@asynccontextmanager
async def attached(api: Api, container: str, *, version: str = "1.41", **query: Any) -> AsyncIterator[Socket]:
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(api.path)) as session:
        url = f"http://d/v{version}/containers/{container}/attach/ws"
        async with session.ws_connect(url, params=query) as socket:
            yield socket


def run(test: Awaitable[None]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(30):
            await test

    asyncio.run(whole())


async def read(socket: Socket, until: bytes | None = None) -> bytes:
    """Read what comes in binary messages, to the end or until something was seen."""
    content = b""
    while until is None or until not in content:
        message = await socket.receive()
        if message.type is not BINARY:
            break
        content += message.data
    return content


def test_output_comes_without_frames_until_the_end(api: Api, box: Callable[..., str]) -> None:
    container = box("printf 'out\\377\\n'; sleep 0.2; echo err >&2")

    async def test() -> None:
        async with attached(api, container, stream=1, stdout=1, stderr=1) as socket:
            await asyncio.to_thread(api.post, f"/containers/{container}/start")
            assert await read(socket) == b"out\xff\nerr\n"

    run(test())


def test_what_is_sent_is_typed(api: Api, box: Callable[..., str]) -> None:
    container = box("while read line; do echo got $line; done")
    api.post(f"/containers/{container}/start")

    async def test() -> None:
        async with attached(api, container, stream=1, stdin=1, stdout=1) as socket:
            await socket.send_str("text\n")
            assert await read(socket, b"text") == b"got text\n"
            await socket.send_bytes(b"binary \xc3\xa9\n")
            assert await read(socket, b"\n") == "got binary é\n".encode()

    run(test())
    # The client's end is the end of the input.
    eventually(lambda: api.state(container)["Status"] == "exited")


def test_a_terminal_and_the_keys_that_leave_it(api: Api, box: Callable[..., str]) -> None:
    container = box("stty -echo; echo ready; cat", Tty=True)
    api.post(f"/containers/{container}/start")

    async def test() -> None:
        async with attached(api, container, stream=1, stdin=1, stdout=1, logs=1, detachKeys="a,b") as socket:
            assert await read(socket, b"ready") == b"ready\r\n"
            await socket.send_str("xay\n")
            assert (await read(socket, b"\n")).strip() == b"xay"
            await socket.send_str("zab")
            while (message := await socket.receive()).type is BINARY:
                pass
            assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)

    run(test())
    assert api.state(container)["Running"]


def test_what_was_said_before_can_be_had(api: Api, box: Callable[..., str]) -> None:
    container = box("echo before; exit 0")
    api.post(f"/containers/{container}/start")
    api.wait(container)

    async def test() -> None:
        async with attached(api, container, logs=1, stdout=1) as socket:
            assert await read(socket) == b"before\n"

    run(test())


def test_old_clients_get_text(api: Api, box: Callable[..., str]) -> None:
    container = box("sleep 0.1; printf 'é\\n'")

    async def test() -> None:
        async with attached(api, container, version="1.27", stream=1, stdout=1) as socket:
            await asyncio.to_thread(api.post, f"/containers/{container}/start")
            message = await socket.receive()
            assert (message.type, message.data) == (TEXT, "é\n")

    run(test())


def test_a_container_that_is_not_there_or_paused_is_refused(api: Api, box: Callable[..., str]) -> None:
    container = box("sleep 600")
    api.post(f"/containers/{container}/start")
    api.post(f"/containers/{container}/pause")

    async def status(name: str) -> int:
        with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
            async with attached(api, name, stream=1):
                pass
        return raised.value.status

    assert asyncio.run(status("nobody")) == 404
    assert api.request("GET", f"/containers/{container}/attach/ws", stream=1).status >= 400
