"""A netlink conversation that is written down: each request with how long it took and what came of it.

Of another class than the usual one, so that whoever wants no record has no part in it.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from jupyter_containers.network import route_messages
from jupyter_containers.network.netlink import Netlink

# Rows in the form of runtime.calls.Row.to_json.
Rows = list[dict[str, Any]]


class RecordedNetlink(Netlink):
    """A conversation over somebody else's socket, whose requests are added to `rows`."""

    def __init__(self, sock: socket.socket, rows: Rows) -> None:
        super().__init__(sock)
        self._rows = rows

    def beside(self, sock: socket.socket) -> Self:
        """Return a conversation over another socket that is added to the same rows."""
        return type(self)(sock, self._rows)

    def change(self, what: str, *messages: tuple[Any, int, int]) -> None:
        """See Netlink.change."""
        with noting(self._rows, "netlink", what, [what, *(kind_name(kind) for _, kind, _ in messages)]):
            super().change(what, *messages)

    def ask(self, what: str, message: bytes, kind: int) -> bytes:
        """See Netlink.ask."""
        with noting(self._rows, "netlink", what, [what, kind_name(kind)]):
            return super().ask(what, message, kind)


@contextmanager
def noting(rows: Rows | None, call: str, step: str, arguments: Iterable[str]) -> Iterator[None]:
    """Add what the block does to `rows`, unless that is None."""
    if rows is None:
        yield
        return
    began, result = time.perf_counter_ns(), "0"
    try:
        yield
    except OSError as error:
        result = errno.errorcode.get(error.errno or 0, str(error.errno))
        raise
    finally:
        duration = (time.perf_counter_ns() - began) // 1000
        rows.append({
            "side": "network", "step": step, "call": call, "arguments": list(arguments), "result": result,
            "microseconds": duration, "times": 1,
        })  # fmt: skip


def kind_name(kind: int) -> str:
    """Return the name of a kind of route message, such as RTM_NEWLINK."""
    named = vars(route_messages).items()
    return next((name for name, value in named if name.startswith("RTM_") and value == kind), str(kind))
