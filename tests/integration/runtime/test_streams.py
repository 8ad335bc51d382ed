"""Standard streams of a new process."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from jupyter_containers.runtime import streams
from tests.support.containers import read_all


def in_child(step: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            step()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def test_they_are_taken_even_when_they_lie_crosswise_in_each_other_s_place() -> None:
    first, second = os.pipe(), os.pipe()

    def step() -> None:
        os.dup2(first[1], 2)
        os.dup2(second[1], 1)
        null_fd = os.open("/dev/null", os.O_RDONLY)
        streams.take((null_fd, 2, 1), ())
        os.write(1, b"first")
        os.write(2, b"second")

    assert in_child(step) == 0
    os.close(first[1])
    os.close(second[1])
    assert (read_all(first[0]), read_all(second[0])) == ("first", "second")
    os.close(first[0])
    os.close(second[0])


def test_all_others_are_closed_but_those_to_keep() -> None:
    kept = os.open("/dev/null", os.O_RDONLY)
    lost = os.open("/dev/null", os.O_RDONLY)

    def step() -> None:
        streams.take(None, {kept})
        os.fstat(kept)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(lost)

    assert in_child(step) == 0
    os.close(kept)
    os.close(lost)


def test_without_streams_there_is_the_null_device() -> None:
    def step() -> None:
        streams.take(None, ())
        assert {os.fstat(fd).st_rdev for fd in (0, 1, 2)} == {os.makedev(1, 3)}
        assert all(os.get_inheritable(fd) for fd in (0, 1, 2))

    assert in_child(step) == 0
