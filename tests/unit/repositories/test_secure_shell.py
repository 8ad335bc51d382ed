"""What a server says by ssh, as it is kept; with a real server: tests/integration/repositories/test_secure_shell.py."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from jupyter_containers.repositories.secure_shell import COMPLAINT_BYTES, FULL_BYTES, Session, printable


class Channel:
    """Whether the server may go on, as it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause_reading(self) -> None:
        self.told.append("wait")

    def resume_reading(self) -> None:
        self.told.append("go on")


def begun() -> tuple[Session, Channel]:
    session, channel = Session(), Channel()
    session.connection_made(cast(Any, channel))
    return session, channel


def test_a_server_waits_when_nobody_takes_what_it_says() -> None:
    session, channel = begun()
    session.data_received(bytes(FULL_BYTES - 1), None)
    assert channel.told == []
    session.data_received(b"1", None)
    assert channel.told == ["wait"]
    asyncio.run(session.more(0))
    assert channel.told == ["wait", "go on"]


def test_of_its_complaints_the_last_are_kept_and_they_are_no_content() -> None:
    session, _ = begun()
    session.data_received(b"a" * COMPLAINT_BYTES, 1)
    session.data_received(b"end", 1)
    assert session.complaints == b"a" * (COMPLAINT_BYTES - 3) + b"end"
    assert bytes(session.content) == b""


def test_who_waits_for_more_gets_it_or_hears_of_the_end() -> None:
    async def main() -> None:
        session, _ = begun()
        waiting = asyncio.create_task(session.more(0))
        await asyncio.sleep(0)
        session.data_received(b"refs", None)
        await asyncio.wait_for(waiting, 5)
        waiting = asyncio.create_task(session.more(4))
        await asyncio.sleep(0)
        assert not waiting.done()
        session.connection_lost(None)
        await asyncio.wait_for(waiting, 5)
        assert (bytes(session.content), session.ended) == (b"refs", True)
        await asyncio.wait_for(session.more(4), 5)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("said", "shown"),
    [("no\x1b[2J entry\r\n", "no [2J entry"), ("x" * 600, "x" * 500), ("\u202eevil", "evil"), ("", "")],
)
def test_what_a_stranger_says_is_on_one_line(said: str, shown: str) -> None:
    assert printable(said) == shown
