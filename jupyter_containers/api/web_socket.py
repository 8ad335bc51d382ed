"""A container's streams over a web socket: messages both ways, output without frames, as dockerd's attach/ws has them.

What the container writes comes in binary messages; to clients before API 1.28 in text, where bytes that are not UTF-8
become U+FFFD. What the client sends, of either kind, is typed. Source: moby, api/server/router/container.
"""

from __future__ import annotations

import asyncio
import codecs
import socket

from aiohttp import WSMsgType, web

from jupyter_containers.api.streams import DetachKeys, Unframed
from jupyter_containers.errors import InvalidParameter

READ_BYTES = 64 * 1024
# Since this version output comes in binary messages, and `stdin`, `stdout` and `stderr` count.
BINARY_SINCE, CHOICE_SINCE = (1, 28), (1, 42)


async def open_web_socket(request: web.Request) -> web.WebSocketResponse:
    """Answer the request with a web socket. Raises InvalidParameter for a request that does not ask for one."""
    response = web.WebSocketResponse(max_msg_size=0)
    if not response.can_prepare(request).ok:
        raise InvalidParameter("not websocket protocol")
    await response.prepare(request)
    return response


async def relay(
    client: web.WebSocketResponse,
    container: socket.socket,
    *,
    stdin: bool,
    unframed: Unframed | None,
    as_text: bool,
    keys: DetachKeys | None = None,
) -> bool:
    """Pass content between a client and a container's stream until either ends; tell whether the client detached.

    `unframed` takes the frames apart that the container's end comes in; None where there are none. Closes `container`,
    also on cancellation.
    """
    with container:
        output = asyncio.ensure_future(_send(client, container, unframed, as_text=as_text))
        typing = asyncio.ensure_future(_receive(client, container, stdin=stdin, keys=keys))
        try:
            await asyncio.wait({output, typing}, return_when=asyncio.FIRST_COMPLETED)
            return typing.done() and typing.result()
        finally:
            for task in (output, typing):
                task.cancel()
            await asyncio.gather(output, typing, return_exceptions=True)
            await client.close()


async def _send(
    client: web.WebSocketResponse, container: socket.socket, unframed: Unframed | None, *, as_text: bool
) -> None:
    loop, decoder = asyncio.get_running_loop(), codecs.getincrementaldecoder("utf-8")("replace")
    while content := await loop.sock_recv(container, READ_BYTES):
        parts = unframed.feed(content) if unframed is not None else [content]
        for part in filter(None, parts):
            if as_text:
                await client.send_str(decoder.decode(part))
            else:
                await client.send_bytes(part)


async def _receive(
    client: web.WebSocketResponse, container: socket.socket, *, stdin: bool, keys: DetachKeys | None
) -> bool:
    loop = asyncio.get_running_loop()
    async for message in client:
        content = typed(message.type, message.data)
        if not stdin:
            continue
        content, is_detached = keys.feed(content) if keys is not None else (content, False)
        try:
            await loop.sock_sendall(container, content)
        except OSError:
            stdin = False  # it does not read any more, and may go on to write
        if is_detached:
            return True
    return False


def typed(kind: WSMsgType, content: object) -> bytes:
    """Return what a message types. Pure."""
    if kind is WSMsgType.TEXT and isinstance(content, str):
        return content.encode()
    return bytes(content) if kind is WSMsgType.BINARY and isinstance(content, bytes | bytearray) else b""
