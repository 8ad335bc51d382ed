"""`RUN --mount=type=ssh`: the socket of an agent, forwarded into a step.

The step gets a socket of ours, with the owner and mode that the mount asks for; what comes there goes on to the agent.
The agent itself looks at who connects (SO_PEERCRED), and that is the daemon. No key ever comes here.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from jupyter_containers.errors import InvalidParameter

_CHUNK = 64 * 1024


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
            await _relay(agent, reader, writer)
        except (OSError, asyncio.CancelledError):
            # The step went away, or the agent; nobody is left to be told.
            pass
        finally:
            connections.discard(task)
            writer.close()

    server = await asyncio.start_unix_server(serve, socket)
    try:
        os.chown(socket, uid, gid)
        os.chmod(socket, mode)
        yield
    finally:
        server.close()
        for task in tuple(connections):
            task.cancel()


async def _relay(agent: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    from_agent, to_agent = await asyncio.open_unix_connection(agent)
    try:
        async with asyncio.TaskGroup() as group:
            back = group.create_task(_copy(from_agent, writer))
            await _copy(reader, to_agent)
            back.cancel()
    finally:
        to_agent.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
