"""Tests of commands.keyboard: carrying input and output between descriptors and a stream."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.client.raw import RawStream
from jupyter_containers.commands.keyboard import pump


@pytest.fixture
def echo() -> Iterator[RawStream]:
    """A stream whose other side sends back what it gets, until the input ends."""
    ours, theirs = socket.socketpair()

    def answer() -> None:
        while chunk := theirs.recv(65536):
            theirs.sendall(chunk)
        theirs.close()

    thread = threading.Thread(target=answer)
    thread.start()
    with RawStream(ours, b"prompt ", framed=False) as stream:
        yield stream
    thread.join()


def pumped(stream: RawStream, input_fd: int | None) -> bytes:
    written: list[bytes] = []
    pump(stream, input_fd, lambda _, content: written.append(content))
    return b"".join(written)


def test_input_goes_in_and_output_comes_out(echo: RawStream) -> None:
    read_fd, write_fd = os.pipe()
    os.write(write_fd, b"typed\n")
    os.close(write_fd)
    try:
        assert pumped(echo, read_fd) == b"prompt typed\n"
    finally:
        os.close(read_fd)


def test_a_file_as_input_is_poured_in(echo: RawStream, tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"from a file\n")
    with path.open("rb") as file:
        assert pumped(echo, file.fileno()) == b"prompt from a file\n"


def test_without_input_only_output_comes(echo: RawStream) -> None:
    echo.close_input()
    assert pumped(echo, None) == b"prompt "
