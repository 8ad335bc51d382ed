"""`RUN --mount=type=ssh`: the socket of an agent, forwarded into a step.

The step gets a socket of ours, with the owner and mode that the mount asks for. Whole messages of it go on to the
agent, and only two kinds: which keys there are, and sign with one of them. What would change the agent, or what this
file does not know, fails, as with BuildKit; what is no message, or too long for one, ends its connection. The agent
itself looks at who connects (SO_PEERCRED), and that is the daemon. No key ever comes here. Source: the internet draft
draft-miller-ssh-agent; moby/buildkit, session/sshforward/sshprovider.
"""

from __future__ import annotations

import asyncio
import os
import socket as sockets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from jupyter_containers.errors import InvalidParameter

# As in OpenSSH. Source: ssh-agent.c, AGENT_MAX_LEN.
MAX_MESSAGE_BYTES = 256 * 1024
# Of a mount at a time; each takes two descriptors of the daemon.
MAX_CONNECTIONS = 50
_REQUEST_IDENTITIES, _SIGN_REQUEST = 11, 13
_FAILURE = b"\0\0\0\1\5"


@asynccontextmanager
async def forwarded(agent: Path, socket: Path, *, mode: int, uid: int, gid: int) -> AsyncIterator[None]:
    """Listen at `socket` while the block runs. Raises InvalidParameter if no agent answers at `agent`.

    Leaving, also by cancellation, ends every connection; the socket's folder is the caller's to remove.
    """
    try:
        _, probe = await asyncio.open_unix_connection(agent)
    except OSError as error:
        raise InvalidParameter(
            f"no ssh agent answers at {agent}: {error.strerror or error}; start one, or set SSH_AUTH_SOCK"
        ) from error
    probe.close()
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            if len(connections) <= MAX_CONNECTIONS:
                await _relay(agent, reader, writer)
        except (OSError, EOFError, _TooLong, asyncio.CancelledError):
            # The step went away, or the agent, or somebody talks nonsense; nobody is left to be told.
            pass
        finally:
            connections.discard(task)
            writer.close()

    with _bound(socket) as listener:
        server = await asyncio.start_unix_server(serve, sock=listener)
        try:
            os.chown(socket, uid, gid)
            os.chmod(socket, mode)
            yield
        finally:
            server.close()
            for task in tuple(connections):
                task.cancel()


@contextmanager
def _bound(path: Path) -> Iterator[sockets.socket]:
    """Yield a socket at `path`, however long that is: an address has room for 107 bytes, so its folder is opened."""
    folder_fd = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as listener:
            listener.bind(f"/proc/self/fd/{folder_fd}/{path.name}")
            yield listener
    finally:
        os.close(folder_fd)


class _TooLong(Exception):
    """What comes is longer than any message."""


async def _relay(agent: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    from_agent, to_agent = await asyncio.open_unix_connection(agent)
    try:
        while True:
            request = await _message(reader)
            if request[4:5] and request[4] in (_REQUEST_IDENTITIES, _SIGN_REQUEST):
                to_agent.write(request)
                await to_agent.drain()
                writer.write(await _message(from_agent))
            else:
                writer.write(_FAILURE)
            await writer.drain()
    finally:
        to_agent.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Return a message with its length before it. Raises EOFError at the end, _TooLong for what is none."""
    length = await reader.readexactly(4)
    count = int.from_bytes(length, "big")
    if count > MAX_MESSAGE_BYTES:
        raise _TooLong
    return length + await reader.readexactly(count)
