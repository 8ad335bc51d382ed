"""Hijack: the connection of a request becomes a raw stream in both directions, as Docker's attach and exec need it.

    client ──HTTP──▶ aiohttp ──take_over──▶ Connection ◀──▶ Relay ◀──▶ the shim's socket

aiohttp's protocol object is replaced on the transport, because it would close the connection when the client closes
its writing half; the CLI does that at the end of stdin and goes on reading. Bytes that came with the request's last
packet are with aiohttp's parser already: they are handed over through the payload-parser door that web sockets use.
For that connections begin behind a Front (front.py).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

from aiohttp import web

from jupyter_containers.api.hangups import HangupWatch
from jupyter_containers.api.routing import API_VERSION
from jupyter_containers.api.streams import RAW_STREAM, STDOUT, DetachKeys, frame
from jupyter_containers.version import __version__

# How long a client may take to close its side after the end of the output; dockerd gives it no time at all.
CLOSE_SECONDS = 1.0
# What a client may send before anybody listens; then it has to wait.
EARLY_BYTES = 64 * 1024


class Receiver(Protocol):
    """Who gets what the client sends."""

    def received(self, content: bytes) -> None: ...

    def ended(self) -> None:
        """The client closed its writing half; it may still read."""

    def lost(self) -> None:
        """The connection is gone in both directions."""

    def paused(self) -> None:
        """The client reads slowly: send nothing until `resumed`."""

    def resumed(self) -> None: ...


class Hijacked(web.StreamResponse):
    """What a handler returns after the stream has ended: nothing more is to be sent."""

    @property
    def prepared(self) -> bool:
        return True

    async def prepare(self, request: web.BaseRequest) -> None:
        self.force_close()

    async def write_eof(self, data: bytes = b"") -> None:
        return


class Connection(asyncio.Protocol):
    """The client's connection as bytes. Made by `take_over`; `listen` hands over what came and will come.

    `closed` is done when the connection is gone in both directions.
    """

    def __init__(self, transport: asyncio.Transport, http: Any, early: bytes, *, has_ended: bool) -> None:
        self._transport = transport
        self._http = http
        self._receiver: Receiver | None = None
        self._early = early
        self._has_ended = False
        self._is_over = False
        self._is_full: asyncio.Future[None] | None = None
        self._hangup: HangupWatch | None = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if has_ended:
            self.eof_received()

    @property
    def is_lost(self) -> bool:
        return self.closed.done()

    def listen(self, receiver: Receiver) -> None:
        self._receiver = receiver
        early, self._early = self._early, b""
        if early:
            receiver.received(early)
        if self.is_lost:
            receiver.lost()
        elif self._has_ended:
            receiver.ended()
        else:
            self._transport.resume_reading()

    def hold(self) -> None:
        """Read nothing more until `release`: the other side is slow."""
        if not self._has_ended and not self.is_lost:
            self._transport.pause_reading()

    def release(self) -> None:
        if not self._has_ended and not self.is_lost:
            self._transport.resume_reading()

    def write(self, content: bytes) -> None:
        if not self.is_lost and not self._is_over:
            self._transport.write(content)

    async def drained(self) -> None:
        """Wait until a slow client has taken what was written."""
        while self._is_full is not None and not self.is_lost:
            await self._is_full

    def end(self) -> None:
        """Nothing more will be written. What the client still sends is read and thrown away for a moment.

        Closing at once would reset a connection with unread bytes, and the client could lose the end of its output.
        """
        if self.is_lost or self._is_over:
            return
        self._is_over = True
        self._receiver = None
        self._transport.write_eof()
        if self._has_ended:
            self._transport.close()
        else:
            self.release()
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._transport.close)

    # What asyncio calls:

    def data_received(self, data: bytes) -> None:
        if self._receiver is not None:
            self._receiver.received(data)
        elif not self._is_over:
            self._early += data
            if len(self._early) >= EARLY_BYTES:
                self._transport.pause_reading()

    def eof_received(self) -> bool:
        self._has_ended = True
        if self._is_over:
            return False
        self._watch_hangup()
        if self._receiver is not None:
            self._receiver.ended()
        return True

    def pause_writing(self) -> None:
        self._is_full = asyncio.get_running_loop().create_future()
        if self._receiver is not None:
            self._receiver.paused()

    def resume_writing(self) -> None:
        self._unblock()
        if self._receiver is not None:
            self._receiver.resumed()

    def _unblock(self) -> None:
        full, self._is_full = self._is_full, None
        if full is not None and not full.done():
            full.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch_hangup()
        self._unblock()
        self.closed.set_result(None)
        if self._receiver is not None:
            self._receiver.lost()
        # aiohttp counts its connections, and cancels the request's task when that is still at work: so not before the
        # task has seen the end by itself.
        asyncio.get_running_loop().call_soon(self._http.connection_lost, exc)

    def _watch_hangup(self) -> None:
        # With TLS the descriptor is still read, and tells.
        if self._transport.get_extra_info("sslcontext") is None:
            self._hangup = HangupWatch(self._transport, self._transport.abort)

    def _unwatch_hangup(self) -> None:
        if self._hangup is not None:
            self._hangup.stop()
            self._hangup = None


class Relay(asyncio.Protocol):
    """The container's end of an attached stream: passes bytes both ways, and the speed of the slower side too.

    With `keys` the detach sequence is looked for in what the client types; `is_detached` tells that it came. With
    `frames` what comes is put into frames of stdout.
    """

    def __init__(
        self, client: Connection, *, stdin: bool, keys: DetachKeys | None = None, frames: bool = False
    ) -> None:
        self._client = client
        self._frames = frames
        self._stdin = stdin
        self._keys = keys
        self._container: asyncio.Transport | None = None
        self.is_detached = False
        # Done when the container's side has nothing more to say.
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._container = cast(asyncio.Transport, transport)
        self._client.listen(self)

    def data_received(self, data: bytes) -> None:
        self._client.write(frame(STDOUT, data) if self._frames else data)

    def eof_received(self) -> None:
        self._finish()

    def pause_writing(self) -> None:
        self._client.hold()

    def resume_writing(self) -> None:
        self._client.release()

    def connection_lost(self, exc: Exception | None) -> None:
        self._container = None
        self._finish()

    def _finish(self) -> None:
        if not self.over.done():
            self.over.set_result(None)

    def received(self, content: bytes) -> None:
        if self._container is None or not self._stdin:
            return
        if self._keys is not None:
            content, self.is_detached = self._keys.feed(content)
        if content:
            self._container.write(content)
        if self.is_detached:
            self._container.close()

    def ended(self) -> None:
        if self._container is not None and self._stdin and not self._container.is_closing():
            self._container.write_eof()

    def lost(self) -> None:
        if self._container is not None:
            self._container.abort()

    def paused(self) -> None:
        if self._container is not None:
            self._container.pause_reading()

    def resumed(self) -> None:
        if self._container is not None:
            self._container.resume_reading()


async def relay(
    client: Connection,
    container: socket.socket,
    *,
    stdin: bool,
    keys: DetachKeys | None = None,
    frames: bool = False,
    settle: Callable[[], Awaitable[None]] | None = None,
) -> bool:
    """Pass bytes between a client and a container's stream until both are closed; tell whether the client detached.

    `settle` is waited for between the end of the output and telling the client of it: who sees the end may ask for the
    exit code at once. `frames` is for a client that expects frames where the container has a terminal. Closes
    `container`, also on cancellation.
    """
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_connection(
        lambda: Relay(client, stdin=stdin, keys=keys, frames=frames), sock=container
    )
    try:
        await asyncio.wait({protocol.over, client.closed}, return_when=asyncio.FIRST_COMPLETED)
        if settle is not None and not client.is_lost and not protocol.is_detached:
            await settle()
        client.end()
        await client.closed
    finally:
        transport.abort()
    return protocol.is_detached


class _Tail:
    """Catches the bytes behind the request that aiohttp has read already."""

    def __init__(self) -> None:
        self.content = b""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.content += data
        return False, b""

    def feed_eof(self) -> None:
        return


def take_over(request: web.Request, content_type: str = RAW_STREAM) -> Connection:
    """Answer the request, 101 when it asks for an upgrade and 200 else, and return its connection as a raw stream.

    The body must have been read. The handler goes on until `Connection.closed` and then returns `Hijacked()`.
    Raises ConnectionResetError when the client is gone already.
    """
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("the client is gone")
    tail = _Tail()
    http: Any = request.protocol
    http.set_parser(tail)
    front: Any = transport.get_protocol()
    has_ended = front.let_go()
    connection = Connection(transport, http, tail.content, has_ended=has_ended)
    transport.set_protocol(connection)
    connection.release()
    transport.write(_answer(request, content_type))
    return connection


def _answer(request: web.Request, content_type: str) -> bytes:
    is_upgrade = "upgrade" in request.headers.get("Connection", "").lower() or "Upgrade" in request.headers
    lines = [f"HTTP/1.1 {'101 UPGRADED' if is_upgrade else '200 OK'}", f"Content-Type: {content_type}"]
    if is_upgrade:
        lines += ["Connection: Upgrade", "Upgrade: tcp"]
    lines += ["Api-Version: {}.{}".format(*API_VERSION), f"Server: jupyter-containers/{__version__} (linux)"]
    return "\r\n".join([*lines, "", ""]).encode()
