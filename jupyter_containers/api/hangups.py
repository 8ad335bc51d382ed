"""Noticing that a client is gone for good after it had closed its writing half."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Callable


def has_hung_up(transport: asyncio.BaseTransport) -> bool:
    """Tell whether both directions are closed. Only a unix socket knows: TCP hears of it with its next byte out."""
    end = transport.get_extra_info("socket")
    if end is None or end.family != socket.AF_UNIX:
        return True
    poll = select.poll()
    poll.register(end.fileno(), 0)
    return bool(poll.poll(0))


class HangupWatch:
    """Calls `hung_up` once when both directions are closed. `stop` before the transport lets go of its descriptor.

    After the end of input asyncio no longer looks at the descriptor, and a client that then goes away for good would
    stay unnoticed until the next byte of output. An epoll that asks for nothing still reports EPOLLHUP, which a socket
    has only when both directions are closed; and an epoll can itself be waited for.
    """

    def __init__(self, transport: asyncio.BaseTransport, hung_up: Callable[[], None]) -> None:
        self._call = hung_up
        self._epoll: select.epoll | None = select.epoll()
        self._epoll.register(transport.get_extra_info("socket").fileno(), 0)
        asyncio.get_running_loop().add_reader(self._epoll.fileno(), self._hung_up)

    def _hung_up(self) -> None:
        self.stop()
        self._call()

    def stop(self) -> None:
        if self._epoll is not None:
            asyncio.get_running_loop().remove_reader(self._epoll.fileno())
            self._epoll.close()
            self._epoll = None
