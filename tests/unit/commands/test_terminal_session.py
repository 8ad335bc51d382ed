"""Tests of commands.terminal_session, with a socket pair in place of a daemon's stream."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jupyter_containers.client.raw import RawStream
from jupyter_containers.client.runs import Attend
from jupyter_containers.commands.terminal_session import PIECE_BYTES, TerminalSession
from jupyter_containers.errors import NotFound
from tests.support.eventually import eventually


class Line:
    """A way to a process that this test plays."""

    title = "sh in \x1bweb"

    def __init__(self, *, has_terminal: bool = True, code: int | None = 0) -> None:
        self.has_terminal, self.code = has_terminal, code
        self.here, self.there = socket.socketpair()
        self.sizes: list[tuple[int, int]] = []
        self.ended = threading.Event()

    def follow(self, client: Any, size: tuple[int, int], attend: Attend) -> int | None:
        with RawStream(self.there, framed=False) as stream:
            attend(stream, "id")
        return self.code

    def resize(self, client: Any, id_: str, rows: int, columns: int) -> None:
        self.sizes.append((rows, columns))

    def end(self, client: Any, id_: str) -> bool:
        self.ended.set()
        return True

    def close(self) -> None:
        self.here.close()


class Nobody:
    def close(self) -> None:
        pass


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.close()


def begin(session: TerminalSession, screen: Callable[[bytes], bool]) -> threading.Thread:
    thread = threading.Thread(target=session.run, args=(24, 80, screen))
    thread.start()
    return thread


def session_on(line: Line) -> TerminalSession:
    connect: Any = Nobody
    return TerminalSession(line, connect)


def test_one_that_is_closed_before_it_begins_begins_nothing(line: Line) -> None:
    session = session_on(line)
    session.end()
    session.run(24, 80, lambda _: True)
    assert session.started is None
    # Nobody has taken the other end of the line.
    assert line.there.fileno() >= 0
    line.there.close()


def test_keys_go_in_and_output_comes_out(line: Line) -> None:
    session, shown = session_on(line), bytearray()
    thread = begin(session, lambda content: shown.extend(content) is None)
    eventually(lambda: line.sizes == [(24, 80)])
    session.type("echo é\r")
    assert line.here.recv(100) == "echo é\r".encode()
    line.here.sendall("é\r\n".encode())
    eventually(lambda: shown == "é\r\n".encode())
    session.resize(12, 100)
    eventually(lambda: line.sizes == [(24, 80), (12, 100)])
    line.close()
    thread.join(10)
    assert session.exit_code == 0 and session.transcript == "é" and session
    assert session.text().startswith("é\n[sh in ?web: exit 0 after")


def test_a_screen_that_takes_nothing_stops_the_reading(line: Line) -> None:
    session, taken = session_on(line), threading.Event()
    got: list[int] = []

    def screen(content: bytes) -> bool:
        if taken.is_set():
            got.append(len(content))
        return taken.is_set()

    thread = begin(session, screen)
    line.here.setblocking(False)
    sent = 0

    def is_full() -> bool:
        nonlocal sent
        try:
            sent += line.here.send(b"x" * 65536)
        except BlockingIOError:
            return True
        return False

    eventually(is_full)
    taken.set()
    line.here.setblocking(True)
    line.close()
    thread.join(20)
    assert sum(got) == sent and max(got) <= PIECE_BYTES


def test_closing_asks_the_process_to_end(line: Line) -> None:
    session = session_on(line)
    thread = begin(session, lambda _: True)
    eventually(lambda: bool(line.sizes))
    session.end()
    assert line.ended.wait(10)
    line.code = 129
    line.close()
    thread.join(10)
    assert session and session.is_closed
    assert "(exit 129)" in session.state()


def test_a_process_that_does_not_end_is_let_go(line: Line) -> None:
    session, line.code = session_on(line), None
    thread = begin(session, lambda _: True)
    eventually(lambda: bool(line.sizes))
    session.end()
    thread.join(10)
    assert not thread.is_alive() and session.state().endswith("it runs on")


def test_what_prevented_it_is_said() -> None:
    def connect() -> Any:
        raise NotFound("no container is called web")

    line = Line()
    session = TerminalSession(line, connect)
    session.run(24, 80, lambda _: True)
    line.close()
    line.there.close()
    assert not session and session.state() == "no container is called web"
    session.end()


def test_without_a_terminal_lines_end_as_a_screen_wants() -> None:
    line = Line(has_terminal=False)
    session = session_on(line)
    assert session.take(b"a\nb\n") == b"a\r\nb\r\n"
    assert session.transcript == "a\nb"
    line.close()
    line.there.close()


def test_before_it_is_shown_it_says_so(line: Line) -> None:
    session = session_on(line)
    assert session.summary() == "sh in ?web: not opened: no front end has shown it"
    assert session.data()["exitCode"] is None
    line.there.close()
