"""Talk over sockets of any namespace, from one asyncio test, and tell who seemed to be talking."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_SECONDS = 5.0
# Long enough for a packet to cross three namespaces many times over.
_SILENCE_SECONDS = 0.5


async def call(client: socket.socket, address: tuple[str, int], server: socket.socket) -> str:
    """Connect over TCP, send a word each way, half-close both; return the client's address as the server saw it."""
    loop = asyncio.get_running_loop()
    client.setblocking(False)
    server.setblocking(False)
    async with _closing(client), asyncio.timeout(_SECONDS):
        await loop.sock_connect(client, address)
        accepted, peer = await loop.sock_accept(server)
        accepted.setblocking(False)
        with accepted:
            await loop.sock_sendall(client, b"question")
            client.shutdown(socket.SHUT_WR)
            assert await _read_all(accepted) == b"question"
            await loop.sock_sendall(accepted, b"answer")
            accepted.shutdown(socket.SHUT_WR)
            assert await _read_all(client) == b"answer"
    return str(peer[0])


async def is_unreachable(client: socket.socket, address: tuple[str, int], server: socket.socket) -> bool:
    """Return whether a TCP connection to `address` never reaches the listening `server`."""
    try:
        async with asyncio.timeout(_SILENCE_SECONDS):
            await call(client, address, server)
    except (TimeoutError, OSError):
        return True
    return False


async def ask(client: socket.socket, address: tuple[str, int], server: socket.socket) -> str:
    """Send a datagram and an answer over UDP; return the client's address as the server saw it.

    The client is connected: an answer from any other address than the one asked would not arrive.
    """
    loop = asyncio.get_running_loop()
    client.setblocking(False)
    server.setblocking(False)
    async with _closing(client), asyncio.timeout(_SECONDS):
        client.connect(address)
        client.send(b"question")
        question, peer = await loop.sock_recvfrom(server, 100)
        assert question == b"question"
        server.sendto(b"answer", peer)
        assert await loop.sock_recv(client, 100) == b"answer"
    return str(peer[0])


@asynccontextmanager
async def _closing(sock: socket.socket) -> AsyncIterator[None]:
    with sock:
        yield


async def _read_all(sock: socket.socket) -> bytes:
    loop = asyncio.get_running_loop()
    content = b""
    while chunk := await loop.sock_recv(sock, 1 << 16):
        content += chunk
    return content
