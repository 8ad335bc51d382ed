"""Tests of client.following: a stream that is read in one thread is closed by another. More are in integration."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

import pytest

from jupyter_containers.client.addresses import Address
from jupyter_containers.client.following import Followings
from jupyter_containers.client.transport import Transport
from jupyter_containers.errors import Unavailable

PING = b"HTTP/1.1 200 OK\r\nApi-Version: 1.51\r\nContent-Length: 0\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENT = {"Type": "container", "Action": "die", "Actor": {"ID": "i", "Attributes": {}}, "timeNano": 10**18}


def chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


class Server:
    """Answers a ping, and then with one event; ends the stream only when told."""

    def __init__(self, path: Path) -> None:
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.connections: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self.listener.accept()
        self.connections.append(connection)
        while content := connection.recv(65536):
            connection.sendall(PING if b"_ping" in content else HEAD + chunk(json.dumps(EVENT).encode() + b"\n"))

    def close(self) -> None:
        self.listener.close()
        for connection in self.connections:
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path / "s")


def test_whoever_closes_ends_the_reading_without_an_error(server: Server, tmp_path: Path) -> None:
    transport = Transport(Address(tmp_path / "s"))
    following = Followings(transport).events()
    first, ended = threading.Event(), threading.Event()
    seen: list[str] = []

    def read() -> None:
        for event in following:
            seen.append(event.action)
            first.set()
        ended.set()

    thread = threading.Thread(target=read)
    thread.start()
    assert first.wait(10)
    following.close()
    assert ended.wait(10)
    thread.join()
    assert seen == ["die"]
    transport.close()
    server.close()


def test_a_daemon_that_goes_away_is_an_error(server: Server, tmp_path: Path) -> None:
    transport = Transport(Address(tmp_path / "s"))
    events = iter(Followings(transport).events())
    assert next(events).action == "die"
    server.close()
    with pytest.raises(Unavailable, match="went away in the middle of its answer"):
        next(events)
    transport.close()
