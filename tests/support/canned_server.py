"""A server on a unix socket that answers each connection with bytes given beforehand, and keeps what it was asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PING = b"HTTP/1.1 200 OK\r\nApi-Version: 1.44\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK"


def answer(content: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """Return an HTTP answer after which the connection is closed."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


class CannedServer:
    """Answers the pings of clients, and everything else in turn. `requests` has the heads and bodies as they came."""

    def __init__(self, path: Path, answers: Sequence[bytes]) -> None:
        self.path = path
        self.requests: list[str] = []
        self._answers = list(answers)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                request = _read(connection)
                if not request:
                    continue
                if " /_ping " in request.partition("\r\n")[0]:
                    connection.sendall(PING)
                    continue
                self.requests.append(request)
                connection.sendall(self._answers.pop(0))

    def close(self) -> None:
        # Closing a socket wakes nobody who waits in accept; shutting it down does.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def _read(connection: socket.socket) -> str:
    """Read a request: its head, and as much of a body as it announces."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65536)
        if not chunk:
            return ""
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0]):
        body += connection.recv(65536)
    while b"transfer-encoding: chunked" in head.lower() and not body.endswith(b"0\r\n\r\n"):
        body += connection.recv(65536)
    return (head + b"\r\n\r\n" + body).decode("utf-8", "replace")


@contextmanager
def canned_server(folder: Path, *answers: bytes) -> Iterator[CannedServer]:
    """Serve for the time of the block."""
    server = CannedServer(folder / "s", answers)
    try:
        yield server
    finally:
        server.close()
