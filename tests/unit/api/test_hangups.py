"""Hang-ups: told apart from a half that is closed."""

from __future__ import annotations

import asyncio
import os
import socket

from jupyter_containers.api.hangups import HangupWatch, has_hung_up


class _Transport(asyncio.BaseTransport):
    def __init__(self, end: socket.socket) -> None:
        super().__init__({"socket": end})


def test_a_closed_half_is_no_hangup_and_a_closed_socket_is_told_once() -> None:
    async def run() -> None:
        ours, theirs = socket.socketpair()
        with ours:
            told: list[str] = []
            transport, before = _Transport(ours), len(os.listdir("/proc/self/fd"))
            watch = HangupWatch(transport, lambda: told.append("gone"))
            theirs.shutdown(socket.SHUT_WR)
            await asyncio.sleep(0)
            assert (has_hung_up(transport), told) == (False, [])
            theirs.close()
            async with asyncio.timeout(5):
                while not told:
                    await asyncio.sleep(0)
            assert (has_hung_up(transport), told) == (True, ["gone"])
            watch.stop()
            assert len(os.listdir("/proc/self/fd")) == before - 1

    asyncio.run(run())


def test_what_was_stopped_tells_nothing() -> None:
    async def run() -> None:
        ours, theirs = socket.socketpair()
        with ours:
            told: list[str] = []
            HangupWatch(_Transport(ours), lambda: told.append("gone")).stop()
            theirs.close()
            await asyncio.sleep(0.01)
            assert told == []

    asyncio.run(run())


def test_tcp_does_not_know_and_a_closed_half_is_taken_for_the_end() -> None:
    with socket.socket() as end:
        assert has_hung_up(_Transport(end))
