"""Streams that go on until somebody has had enough: events and logs, read in one thread and closed by another."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from jupyter_containers.client.containers import Filters, container_path, filters_text
from jupyter_containers.client.streams import STDOUT, Demultiplexer, json_lines
from jupyter_containers.client.values import Event
from jupyter_containers.errors import ContainersError

if TYPE_CHECKING:
    import requests

    from jupyter_containers.client.transport import Transport

T = TypeVar("T")


class Following(Generic[T]):
    """What comes in an answer, piece by piece. `close`, from whatever thread, ends the reading."""

    def __init__(
        self, transport: Transport, answer: requests.Response, read: Callable[[Iterator[bytes]], Iterator[T]]
    ) -> None:
        self._transport = transport
        self._answer = answer
        self._read = read
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[T]:
        try:
            yield from self._read(self._transport.chunks(self._answer))
        except ContainersError:
            if not self._closed.is_set():
                raise

    def close(self) -> None:
        """End it: whoever reads gets no more, and no error."""
        self._closed.set()
        # Closing a socket wakes nobody who waits for it; shutting it down does.
        with suppress(OSError, AttributeError, ValueError):
            connection: Any = self._answer.raw.connection
            connection.sock.shutdown(socket.SHUT_RDWR)


class Followings:
    """Opens such streams. Raises what Transport does."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def events(self, *, since: str = "", filters: Filters | None = None) -> Following[Event]:
        """Follow what happens; the daemon takes note from before this returns."""
        query = {"since": since, "filters": filters_text(filters)}
        answer = self._transport.request("GET", "/events", query=query, stream=True)
        return Following(self._transport, answer, lambda chunks: map(Event.from_wire, json_lines(chunks)))

    def logs(
        self, name: str, *, framed: bool, since: str = "", until: str = "", tail: str = "all", timestamps: bool = False
    ) -> Following[tuple[int, bytes]]:
        """Follow what a container writes, as (stream, bytes), to its end. `framed`: it has no terminal."""
        query = {
            "stdout": True, "stderr": True, "follow": True, "tail": tail, "since": since, "until": until,
            "timestamps": timestamps,
        }  # fmt: skip
        answer = self._transport.request("GET", f"{container_path(name)}/logs", query=query, stream=True)

        def pieces(chunks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
            frames = Demultiplexer()
            for chunk in chunks:
                yield from frames.feed(chunk) if framed else [(STDOUT, chunk)]

        return Following(self._transport, answer, pieces)

    def now(self) -> str:
        """Return the daemon's clock, as `since` has it."""
        text = str(self._transport.request("GET", "/info").json()["SystemTime"])
        return f"{datetime.fromisoformat(text).timestamp():.6f}"
