"""The conversation between a parent and its cloned child."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.runtime.handshake import Channel


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    outside, inside = Channel.pair()
    yield outside, inside
    outside.close()
    inside.close()


def test_ready_carries_durations_and_a_terminal(ends: tuple[Channel, Channel]) -> None:
    outside, inside = ends
    reading, writing = os.pipe()
    inside.announce_ready([1, 2, 3], {"terminal": writing}, cgroup="a/b", preceding=[("plan", 7)])
    os.close(writing)
    message = outside.receive()
    assert (message.word, message.body) == (
        "ready",
        {"durations": [1, 2, 3], "fds": ["terminal"], "cgroup": "a/b", "preceding": [["plan", 7]]},
    )
    (fd,) = message.fds
    assert message.fd("terminal") == fd
    assert message.fd("mounts") is None
    os.write(fd, b"x")
    assert os.read(reading, 1) == b"x"
    assert not os.get_inheritable(fd)
    os.close(fd)
    os.close(reading)


def test_a_birth_carries_the_pid_and_the_terminal(ends: tuple[Channel, Channel]) -> None:
    outside, inside = ends
    inside.announce_birth(77, None)
    inside.announce_ready([], {}, 78)
    assert outside.receive().body == {"pid": 77}
    assert outside.receive().body == {"durations": [], "fds": [], "pid": 78}


def test_a_failure_arrives_with_its_step_kind_errno_and_path(ends: tuple[Channel, Channel]) -> None:
    outside, inside = ends
    inside.announce_failure(OSError(errno.EPERM, "mount: Operation not permitted", b"/proc"), "mount proc", [5])
    message = outside.receive()
    assert message.word == "failed"
    error = message.error()
    assert error.message == "mount: Operation not permitted: /proc"
    assert error.details == {"step": "mount proc", "errno": errno.EPERM, "path": "/proc"}
    assert message.body["durations"] == [5]


def test_a_kind_survives(ends: tuple[Channel, Channel]) -> None:
    outside, inside = ends
    inside.announce_failure(InvalidParameter("no", exit_code=127), "execute")
    error = outside.receive().error()
    assert isinstance(error, InvalidParameter)
    assert error.details == {"step": "execute", "exit_code": 127}


def test_the_end_of_the_conversation_is_the_empty_word(ends: tuple[Channel, Channel]) -> None:
    outside, inside = ends
    inside.close()
    assert outside.receive().word == ""


def test_the_parent_s_word_is_waited_for(ends: tuple[Channel, Channel]) -> None:
    outside, inside = ends
    outside.let_go()
    inside.expect("go")


def test_speaking_to_a_dead_child_raises(ends: tuple[Channel, Channel]) -> None:
    outside, inside = ends
    inside.close()
    with pytest.raises(BrokenPipeError):
        outside.let_go()


def test_both_ends_are_closed_by_execve(ends: tuple[Channel, Channel]) -> None:
    assert not any(os.get_inheritable(end.fileno()) for end in ends)


def test_a_channel_can_be_kept_as_a_descriptor(ends: tuple[Channel, Channel]) -> None:
    outside, inside = ends
    again = Channel.of(outside.release())
    again.let_go()
    inside.expect("go")
    again.close()


def test_a_child_whose_parent_is_gone_ends_without_a_word() -> None:
    outside, inside = Channel.pair()
    pid = os.fork()
    if pid == 0:
        outside.close()
        inside.expect("go")
        os._exit(0)
    inside.close()
    outside.close()
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 1


CALL = ["step", "mkdir", ["/x"], 0, 0, 3]


def test_calls_are_taken_before_the_word_that_is_waited_for() -> None:
    outside, inside = Channel.pair()
    inside.tell_calls([CALL] * 100)  # more than one packet holds
    inside.announce_ready([1], {})
    assert outside.receive().word == "ready"
    assert outside.calls == [CALL] * 100
    outside.close()
    inside.close()


def test_where_none_are_taken_they_are_no_word() -> None:
    """Whoever is on the other side may be the container's: it must not keep its parent waiting."""
    outside, inside = Channel.pair()
    outside.calls = None
    inside.tell_calls([CALL])
    assert outside.receive().word == "calls"
    outside.close()
    inside.close()
