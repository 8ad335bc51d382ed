from __future__ import annotations

import errno
import os
import select
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.linux import descriptors


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with left, right:
        yield left, right


def open_fds() -> set[int]:
    return {int(name) for name in os.listdir("/proc/self/fd")}


def test_a_message_arrives_whole_with_its_descriptors(pair: tuple[socket.socket, socket.socket]) -> None:
    read_fd, write_fd = os.pipe()
    descriptors.send(pair[0], b"hello", [read_fd, write_fd])
    message, received = descriptors.receive(pair[1], 100, 4)
    try:
        assert message == b"hello"
        assert len(received) == 2
        assert not any(map(os.get_inheritable, received))
        os.write(received[1], b"through")
        assert os.read(read_fd, 10) == b"through"
    finally:
        for fd in (read_fd, write_fd, *received):
            os.close(fd)


def test_the_end_is_an_empty_message(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[0].close()
    assert descriptors.receive(pair[1], 100, 1) == (b"", [])


def test_what_was_said_before_a_reset_is_received(pair: tuple[socket.socket, socket.socket]) -> None:
    descriptors.send(pair[1], b"never read")
    descriptors.send(pair[0], b"last words")
    pair[0].close()
    assert [descriptors.receive(pair[1], 100)[0] for _ in range(2)] == [b"last words", b""]


def test_without_a_message_a_non_blocking_socket_says_so(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        descriptors.receive(pair[1], 100)


@pytest.mark.parametrize(("size", "max_fds"), [(3, 2), (100, 1), (100, 0)])
def test_what_does_not_fit_is_refused_and_closed(
    pair: tuple[socket.socket, socket.socket], size: int, max_fds: int
) -> None:
    with open(os.devnull, "rb") as file:
        descriptors.send(pair[0], b"hello", [file.fileno(), file.fileno()])
        before = open_fds()
        with pytest.raises(OSError) as caught:
            descriptors.receive(pair[1], size, max_fds)
        assert caught.value.errno == errno.EMSGSIZE
        assert open_fds() == before


def test_sending_to_nobody_raises_instead_of_killing(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].close()
    with pytest.raises(BrokenPipeError):
        descriptors.send(pair[0], b"x")


@pytest.mark.parametrize("with_close_range", [True, False])
def test_all_but_the_kept_are_closed(with_close_range: bool) -> None:
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            kept = os.dup2(write_fd, 40)
            for fd in (30, 41, 77):
                os.dup2(write_fd, fd)
            if not with_close_range:
                # What Linux before 5.9 answers.
                descriptors.constants.SYS_CLOSE_RANGE = 9999
            descriptors.close_all_except([kept, 1, 30])
            os.write(kept, " ".join(str(fd) for fd in range(3, 100) if _is_open(fd)).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(write_fd)
    with os.fdopen(read_fd) as answer:
        assert answer.read() == "30 40"
    assert os.waitpid(pid, 0)[1] == 0


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_text("0")
    fd = descriptors.watch_modified(str(file))
    try:
        assert select.select([fd], [], [], 0)[0] == []
        file.write_text("1")
        assert select.select([fd], [], [], 5)[0] == [fd]
    finally:
        os.close(fd)
    with pytest.raises(FileNotFoundError):
        descriptors.watch_modified(str(tmp_path / "missing"))
