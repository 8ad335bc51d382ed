"""A connection taken over as a raw stream: output as it comes, input beside it, each half closing on its own."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from jupyter_containers.client.streams import STDOUT, Demultiplexer

_READ_BYTES = 64 * 1024


class RawStream:
    """The stream of an attach or exec. Owns its socket, or what behaves like one; `early` came with the headers."""

    def __init__(self, sock: Any, early: bytes = b"", *, framed: bool) -> None:
        self._sock = sock
        self._early = early
        self._frames = Demultiplexer() if framed else None

    def fileno(self) -> int:
        return int(self._sock.fileno())

    @property
    def has_early_bytes(self) -> bool:
        """True if `receive` returns at once, which no selector can know."""
        return bool(self._early) or getattr(self._sock, "has_pending", False)

    def receive(self) -> list[tuple[int, bytes]] | None:
        """Return what is there as (stream, bytes), waiting for something; None at the end."""
        content, self._early = self._early, b""
        content = content or self._received()
        if not content:
            return None
        return self._frames.feed(content) if self._frames else [(STDOUT, content)]

    def _received(self) -> bytes:
        try:
            content: bytes = self._sock.recv(_READ_BYTES)
        except ConnectionError:
            return b""
        return content

    def send(self, content: bytes) -> None:
        """Send input, waiting until all is on its way. Raises OSError."""
        self._sock.sendall(content)

    def close_input(self) -> None:
        """Say that no more input comes; output goes on."""
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other side has gone already, and needs no telling

    def exchange(self, stdin: bytes | None = None) -> Iterator[tuple[int, bytes]]:
        """Send `stdin` and its end while yielding output as (stream, bytes), until the other side ends.

        None leaves the input open: nobody listens to it. A process that stops reading does not stop its output.
        """
        pending = memoryview(stdin or b"")
        if stdin is not None and not pending:
            self.close_input()
        with selectors.DefaultSelector() as selector:
            selector.register(self._sock, selectors.EVENT_READ | (selectors.EVENT_WRITE if pending else 0))
            while True:
                events = selectors.EVENT_READ if self.has_early_bytes else selector.select()[0][1]
                if events & selectors.EVENT_WRITE:
                    pending = self.send_some(pending)
                    if not pending and not getattr(self._sock, "has_unsent", False):
                        self.close_input()
                        selector.modify(self._sock, selectors.EVENT_READ)
                if events & selectors.EVENT_READ:
                    pieces = self.receive()
                    if pieces is None:
                        return
                    yield from pieces

    def send_some(self, pending: memoryview) -> memoryview:
        """Send what goes without waiting; return the rest, and nothing when nobody listens any more."""
        try:
            return pending[self._sock.send(pending[:_READ_BYTES], socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            return pending
        except OSError:
            return memoryview(b"")

    def close(self) -> None:
        self._sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
