from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from jupyter_containers.shim.client import MAX_BEHIND, Client
from jupyter_containers.shim.protocol import STDERR, STDIN, STDOUT

ALL = frozenset({STDIN, STDOUT, STDERR})


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    yield ours, theirs
    ours.close()
    theirs.close()


def receive(end: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        content += end.recv(size - len(content))
    return content


def test_output_goes_out_in_stdcopy_frames(pair: tuple[socket.socket, socket.socket]) -> None:
    client = Client(pair[0], ALL, raw=False)
    client.offer(STDOUT, b"out\n")
    client.offer(STDERR, b"e")
    assert receive(pair[1], 21) == b"\x01\0\0\0\0\0\0\x04out\n" + b"\x02\0\0\0\0\0\0\x01e"


def test_a_terminal_s_output_goes_out_raw(pair: tuple[socket.socket, socket.socket]) -> None:
    Client(pair[0], ALL, raw=True).offer(STDOUT, b"out\r\n")
    assert receive(pair[1], 5) == b"out\r\n"


def test_who_wants_the_errors_of_a_terminal_gets_its_one_stream(pair: tuple[socket.socket, socket.socket]) -> None:
    Client(pair[0], frozenset({STDERR}), raw=True).offer(STDOUT, b"x")
    assert receive(pair[1], 1) == b"x"


def test_a_stream_that_was_not_asked_for_is_left_out(pair: tuple[socket.socket, socket.socket]) -> None:
    client = Client(pair[0], frozenset({STDERR}), raw=False)
    client.offer(STDOUT, b"no")
    client.offer(STDERR, b"yes")
    assert receive(pair[1], 11)[8:] == b"yes"


def test_who_gives_input_alone_gets_nothing_of_a_terminal(pair: tuple[socket.socket, socket.socket]) -> None:
    client = Client(pair[0], frozenset({STDIN}), raw=True)
    client.offer(STDOUT, b"x")
    pair[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        pair[1].recv(1)


def test_what_a_slow_client_has_not_read_waits_in_order(pair: tuple[socket.socket, socket.socket]) -> None:
    client = Client(pair[0], ALL, raw=True)
    sent = b""
    while not client.is_behind:
        block = bytes([len(sent) // 65536 % 251]) * 65536
        client.offer(STDOUT, block)
        sent += block
    assert client.has_waiting
    assert len(sent) >= MAX_BEHIND
    got = b""
    while len(got) < len(sent):
        got += pair[1].recv(1 << 20)
        client.flush()
    assert got == sent
    assert not client.has_waiting
    assert not client.is_behind


def test_frames_stay_whole_when_the_socket_takes_half_of_one(pair: tuple[socket.socket, socket.socket]) -> None:
    client = Client(pair[0], ALL, raw=False)
    for _ in range(20):
        client.offer(STDOUT, b"x" * 60000)
    total, got = 20 * 60008, b""
    while len(got) < total:
        got += pair[1].recv(1 << 20)
        client.flush()
    assert all(got[start : start + 8] == b"\x01\0\0\0\0\0\xea\x60" for start in range(0, total, 60008))


def test_a_vanished_client_is_gone_and_holds_nothing(pair: tuple[socket.socket, socket.socket]) -> None:
    client = Client(pair[0], ALL, raw=False)
    pair[1].close()
    client.offer(STDOUT, b"x")
    assert client.is_gone
    assert client.is_finished
    assert not client.has_waiting


def test_an_ending_client_gets_what_waits_and_nothing_new(pair: tuple[socket.socket, socket.socket]) -> None:
    client = Client(pair[0], ALL, raw=True)
    while not client.has_waiting:
        client.offer(STDOUT, b"x" * 65536)
    client.is_ending = True
    client.offer(STDOUT, b"new")
    assert not client.is_finished
    got = b""
    while not client.is_finished:
        got += pair[1].recv(1 << 20)
        client.flush()
    pair[0].close()
    while rest := pair[1].recv(1 << 20):
        got += rest
    assert got == b"x" * len(got)


def test_input_is_read_to_its_end(pair: tuple[socket.socket, socket.socket]) -> None:
    client = Client(pair[0], ALL, raw=False)
    assert client.read(10) is None
    pair[1].sendall(b"abc")
    pair[1].shutdown(socket.SHUT_WR)
    assert client.read(10) == b"abc"
    assert client.read(10) == b""
    assert not client.is_gone
