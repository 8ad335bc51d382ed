"""Tests of build.operations.agents, with an agent that answers in capitals."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from jupyter_containers.build.operations.agents import forwarded
from jupyter_containers.errors import InvalidParameter


@asynccontextmanager
async def agent(path: Path) -> AsyncIterator[list[int]]:
    """Answer at `path`; yields how many connections have begun."""
    begun: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun.append(1)
        while text := await reader.read(100):
            writer.write(text.upper())
        writer.close()

    server = await asyncio.start_unix_server(serve, path)
    try:
        yield begun
    finally:
        server.close()


def test_what_comes_to_the_socket_goes_to_the_agent_and_back(tmp_path: Path) -> None:
    async def main() -> None:
        async with agent(tmp_path / "agent"):
            place = tmp_path / "socket"
            async with forwarded(tmp_path / "agent", place, mode=0o620, uid=os.getuid(), gid=os.getgid()):
                assert place.stat().st_mode & 0o777 == 0o620
                for text in (b"one", b"two"):
                    reader, writer = await asyncio.open_unix_connection(place)
                    writer.write(text)
                    assert await reader.read(3) == text.upper()
                    writer.close()
                    await writer.wait_closed()
                hanging, kept = await asyncio.open_unix_connection(place)
                kept.write(b"x")
                assert await hanging.read(1) == b"X"
            assert await hanging.read() == b""
            kept.close()
            with pytest.raises(OSError):
                await asyncio.open_unix_connection(place)

    asyncio.run(main())


def test_where_no_agent_answers_is_said(tmp_path: Path) -> None:
    async def main() -> None:
        async with forwarded(tmp_path / "none", tmp_path / "s", mode=0o600, uid=0, gid=0):
            raise AssertionError("nobody answers there")

    with pytest.raises(InvalidParameter, match=r"no ssh agent answers at .*none: No such file"):
        asyncio.run(main())
