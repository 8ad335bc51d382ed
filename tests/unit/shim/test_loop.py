from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from jupyter_containers.shim.loop import GONE, READ, WRITE, Loop


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


def test_a_ready_descriptor_is_told_of_its_events(loop: Loop) -> None:
    read_fd, write_fd = os.pipe()
    seen: list[tuple[int, int]] = []
    loop.watch(read_fd, READ, lambda fd, events: seen.append((fd, events)))
    os.write(write_fd, b"x")
    loop.turn()
    assert seen == [(read_fd, READ)]
    loop.forget(read_fd)
    os.close(read_fd)
    os.close(write_fd)


def test_a_hang_up_is_told_even_when_nothing_is_of_interest(loop: Loop) -> None:
    ours, theirs = socket.socketpair()
    seen: list[int] = []
    loop.watch(ours.fileno(), 0, lambda _fd, events: seen.append(events))
    theirs.close()
    loop.turn()
    assert seen[0] & GONE
    loop.forget(ours.fileno())
    ours.close()


def test_interest_can_be_changed(loop: Loop) -> None:
    ours, theirs = socket.socketpair()
    seen: list[int] = []
    loop.watch(ours.fileno(), 0, lambda _fd, events: seen.append(events))
    loop.watch(ours.fileno(), WRITE, lambda _fd, events: seen.append(events))
    loop.turn()
    assert seen == [WRITE]
    ours.close()
    theirs.close()


def test_one_that_was_forgotten_in_the_same_round_is_not_called(loop: Loop) -> None:
    pipes = [os.pipe() for _ in range(2)]
    seen: list[int] = []

    def ready(fd: int, _events: int) -> None:
        seen.append(fd)
        for read_fd, _ in pipes:
            loop.forget(read_fd)

    for read_fd, write_fd in pipes:
        os.write(write_fd, b"x")
        loop.watch(read_fd, READ, ready)
    loop.turn()
    assert len(seen) == 1
    for pair in pipes:
        os.close(pair[0])
        os.close(pair[1])


def test_forgetting_what_is_not_watched_is_fine(loop: Loop) -> None:
    loop.forget(77)


def test_something_later_is_done_once(loop: Loop) -> None:
    done: list[str] = []
    loop.later(0.02, lambda: done.append("second"))
    loop.later(0.0, lambda: done.append("first"))
    loop.turn()
    assert done == ["first"]
    loop.turn()
    assert done == ["first", "second"]
