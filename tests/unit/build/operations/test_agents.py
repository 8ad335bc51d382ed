"""Tests of build.operations.agents, with an agent that answers in capitals."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from jupyter_containers.build.operations import agents
from jupyter_containers.build.operations.agents import MAX_MESSAGE_BYTES, forwarded
from jupyter_containers.errors import InvalidParameter

LIMIT_SECONDS = 20.0
LIST, SIGN = b"\x0b", b"\x0d"


@asynccontextmanager
async def agent(path: Path) -> AsyncIterator[list[bytes]]:
    """Answer each message in capitals, or, when one says `long`, too much; yields what was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                length = await reader.readexactly(4)
                asked.append(await reader.readexactly(int.from_bytes(length, "big")))
                long = asked[-1].endswith(b"long")
                writer.write((MAX_MESSAGE_BYTES + 1).to_bytes(4, "big") if long else length + asked[-1].upper())
        except EOFError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_unix_server(serve, path)
    try:
        yield asked
    finally:
        server.close()


def message(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


async def answers(place: Path, *requests: bytes) -> bytes:
    """Return all that is answered on one connection, which ends after the requests."""
    reader, writer = await asyncio.open_unix_connection(place)
    try:
        writer.write(b"".join(requests))
        writer.write_eof()
        return await reader.read()
    finally:
        writer.close()


def forwarding(test: Callable[[Path, list[bytes]], Awaitable[None]], tmp_path: Path) -> None:
    """Do `test` with the place of a socket that is forwarded to an agent, and what that is asked."""

    async def main() -> None:
        async with agent(tmp_path / "agent") as asked:
            place = tmp_path / "socket"
            async with forwarded(tmp_path / "agent", place, mode=0o620, uid=os.getuid(), gid=os.getgid()):
                await test(place, asked)

    asyncio.run(main())


def test_what_comes_to_the_socket_goes_to_the_agent_and_back(tmp_path: Path) -> None:
    async def main() -> None:
        async with agent(tmp_path / "agent"):
            place = tmp_path / "socket"
            async with forwarded(tmp_path / "agent", place, mode=0o620, uid=os.getuid(), gid=os.getgid()):
                assert place.stat().st_mode & 0o777 == 0o620
                for text in (LIST, SIGN + b"one", SIGN + b"x" * (MAX_MESSAGE_BYTES - 1)):
                    assert await answers(place, message(text)) == message(text.upper())
                hanging, kept = await asyncio.open_unix_connection(place)
                kept.write(message(LIST))
                assert await hanging.readexactly(5) == message(LIST)
            assert await hanging.read() == b""
            kept.close()
            with pytest.raises(OSError):
                await asyncio.open_unix_connection(place)

    asyncio.run(main())


def test_the_socket_is_the_users_and_its_folder_does_not_stay_open(tmp_path: Path) -> None:
    owner = (7, 8) if os.getuid() == 0 else (os.getuid(), os.getgid())

    def opened() -> list[str]:
        links = []
        for name in os.listdir("/proc/self/fd"):
            with suppress(FileNotFoundError):
                links.append(os.readlink(f"/proc/self/fd/{name}"))
        return [link for link in links if link == str(tmp_path)]

    async def main() -> None:
        async with agent(tmp_path / "agent"):
            place = tmp_path / "socket"
            async with forwarded(tmp_path / "agent", place, mode=0o600, uid=owner[0], gid=owner[1]):
                assert (place.stat().st_uid, place.stat().st_gid) == owner
                assert opened() == [str(tmp_path)]
            assert opened() == []

    asyncio.run(main())


def test_what_would_change_an_agent_fails_and_does_not_reach_it(tmp_path: Path) -> None:
    async def test(place: Path, asked: list[bytes]) -> None:
        # Add, remove, remove all, lock, unlock, an extension, nothing, and what nobody knows.
        others = [bytes([kind]) + b"x" for kind in (17, 25, 18, 19, 22, 23, 27, 0, 255)]
        for other in (*others, b""):
            assert await answers(place, message(other), message(LIST)) == message(b"\5") + message(LIST)
        assert asked == [LIST] * 10

    forwarding(test, tmp_path)


def test_nonsense_ends_its_connection_and_costs_no_memory(tmp_path: Path) -> None:
    async def test(place: Path, asked: list[bytes]) -> None:
        for nonsense in (b"\xff" * 1000, (MAX_MESSAGE_BYTES + 1).to_bytes(4, "big"), b"GET / HTTP/1.1\r\n\r\n"):
            reader, writer = await asyncio.open_unix_connection(place)
            writer.write(nonsense)
            assert await reader.read() == b""
            writer.close()
        assert await answers(place, message(SIGN)[:-1]) == b""
        assert await answers(place, message(SIGN + b"long")) == b""
        assert asked == [SIGN + b"long"]

    forwarding(test, tmp_path)


def test_so_many_may_ask_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(place: Path, asked: list[bytes]) -> None:
        reader, writer = await asyncio.open_unix_connection(place)
        writer.write(message(LIST))
        assert await reader.readexactly(5) == message(LIST)
        # One too many is hung up on, though it says nothing.
        refused, other = await asyncio.open_unix_connection(place)
        async with asyncio.timeout(LIMIT_SECONDS):
            assert await refused.read() == b""
        other.close()
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        # Who has gone takes no place.
        for _ in range(3):
            assert await answers(place, message(LIST)) == message(LIST)

    monkeypatch.setattr(agents, "MAX_CONNECTIONS", 1)
    forwarding(test, tmp_path)


def test_where_no_agent_answers_is_said(tmp_path: Path) -> None:
    async def main() -> None:
        async with forwarded(tmp_path / "none", tmp_path / "s", mode=0o600, uid=0, gid=0):
            raise AssertionError("nobody answers there")

    with pytest.raises(InvalidParameter, match=r"no ssh agent answers at .*none: No such file"):
        asyncio.run(main())
