"""Tests of client.raw, over a pair of sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from jupyter_containers.client.raw import RawStream


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_bytes_that_came_with_the_headers_are_the_first_output(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].close()
    stream = RawStream(pair[0], b"early", framed=False)
    assert stream.has_early_bytes
    assert list(stream.exchange()) == [(1, b"early")]


def test_frames_are_taken_apart(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].sendall(b"\x02\0\0\0\0\0\0\x03err")
    pair[1].close()
    assert list(RawStream(pair[0], framed=True).exchange()) == [(2, b"err")]


def test_input_and_output_larger_than_the_buffers_do_not_block_each_other(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    content = bytes(3_000_000)

    def echo() -> None:
        while chunk := pair[1].recv(65536):
            pair[1].sendall(chunk)
        pair[1].shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=echo)
    thread.start()
    received = b"".join(piece for _, piece in RawStream(pair[0], framed=False).exchange(content))
    thread.join()
    assert received == content


def test_an_empty_input_ends_at_once(pair: tuple[socket.socket, socket.socket]) -> None:
    stream = RawStream(pair[0], framed=False).exchange(b"")
    pair[1].sendall(b"x")
    assert next(stream) == (1, b"x")
    assert pair[1].recv(1) == b""


def test_without_input_the_writing_half_stays_open(pair: tuple[socket.socket, socket.socket]) -> None:
    stream = RawStream(pair[0], framed=False).exchange()
    pair[1].sendall(b"x")
    assert next(stream) == (1, b"x")
    with pytest.raises(BlockingIOError):
        pair[1].recv(1, socket.MSG_DONTWAIT)


def test_a_reader_that_stops_reading_does_not_stop_its_output(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].shutdown(socket.SHUT_RD)
    pair[1].sendall(b"bye")
    pair[1].shutdown(socket.SHUT_WR)
    assert list(RawStream(pair[0], framed=False).exchange(bytes(1_000_000))) == [(1, b"bye")]
