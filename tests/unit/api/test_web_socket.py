"""Web sockets between a client and a container's stream."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from jupyter_containers.api import web_socket
from jupyter_containers.api.streams import DetachKeys, Unframed, frame
from jupyter_containers.api.web_socket import typed
from jupyter_containers.errors import InvalidParameter


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        (WSMsgType.TEXT, "é", b"\xc3\xa9"), (WSMsgType.BINARY, b"\xff", b"\xff"), (WSMsgType.PING, b"x", b""),
        (WSMsgType.CLOSE, 1000, b""),
    ],
)  # fmt: skip
def test_text_and_bytes_are_typed(kind: WSMsgType, content: object, expected: bytes) -> None:
    assert typed(kind, content) == expected


async def through(folder: Path, written: bytes, sent: str) -> tuple[list[aiohttp.WSMessage], bytes, bool]:
    """Let a container write something while a client sends something; return what each got, and who left."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    detached = asyncio.get_running_loop().create_future()

    async def serve(request: web.Request) -> web.StreamResponse:
        client = await web_socket.open_web_socket(request)
        keys = DetachKeys(b"ab")
        left = await web_socket.relay(client, ours, stdin=True, unframed=Unframed(), as_text=False, keys=keys)
        detached.set_result(left)
        return client

    application = web.Application()
    application.router.add_get("/", serve)
    runner = web.AppRunner(application)
    await runner.setup()
    path = str(folder / "s")
    await web.UnixSite(runner, path).start()
    try:
        connector = aiohttp.UnixConnector(path)
        async with aiohttp.ClientSession(connector=connector) as session, session.ws_connect("http://d/") as client:
            theirs.sendall(written)
            got = [await client.receive()]
            await client.send_str(sent)
            got += [message async for message in client]
        return got, theirs.recv(100), await detached
    finally:
        theirs.close()
        await runner.cleanup()


def test_keys_leave_and_everything_before_them_is_typed(tmp_path: Path) -> None:
    async def test() -> None:
        async with asyncio.timeout(20):
            got, seen, detached = await through(tmp_path, frame(1, b"hello"), "xab")
            assert [message.data for message in got] == [b"hello"]
            assert (seen, detached) == (b"x", True)

    asyncio.run(test())


def test_a_request_for_something_else_is_refused() -> None:
    from aiohttp.test_utils import make_mocked_request

    with pytest.raises(InvalidParameter, match="not websocket protocol"):
        asyncio.run(web_socket.open_web_socket(make_mocked_request("GET", "/")))
