from __future__ import annotations

import os
import select
import signal
from pathlib import Path

import pytest

from jupyter_containers.linux import processes
from tests.support.eventually import eventually


def child_that_waits() -> int:
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(0)
    return pid


def in_child(*steps: object) -> str:
    """Run steps in a forked child and return what the last one answered, as text."""
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            answers = [step() for step in steps]  # type: ignore[operator]
            os.write(write_fd, str(answers[-1]).encode())
        finally:
            os._exit(0)
    os.close(write_fd)
    with os.fdopen(read_fd) as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    return text


def test_a_process_is_alive_until_it_is_killed_even_before_it_is_reaped() -> None:
    pid = child_that_waits()
    started = processes.start_time(pid)
    assert processes.is_alive(pid, started)
    assert not processes.is_alive(pid, started - 1)
    pidfd = processes.pidfd_open(pid)
    try:
        processes.pidfd_send_signal(pidfd, signal.SIGKILL)
        assert select.select([pidfd], [], [], 5)[0] == [pidfd]
        assert not processes.is_alive(pid, started)
        os.waitpid(pid, 0)
        assert not processes.is_alive(pid, started)
        with pytest.raises(ProcessLookupError):
            processes.pidfd_send_signal(pidfd, 0)
    finally:
        os.close(pidfd)


def test_nobody_has_no_start_time() -> None:
    with pytest.raises(ProcessLookupError):
        processes.start_time(2**22 + 1)
    with pytest.raises(ProcessLookupError):
        processes.pidfd_open(2**22 - 1)


def test_a_name_with_spaces_and_parentheses_does_not_confuse() -> None:
    expected = str(processes.start_time(os.getpid()) > 0)
    answer = in_child(lambda: processes.set_title("a) R 1 (b"), lambda: processes.start_time(os.getpid()) > 0)
    assert answer == expected == "True"


def test_a_title_is_seen_and_leaves_the_environment_alone() -> None:
    environment = dict(os.environ)
    answer = in_child(
        lambda: processes.set_title("jc: test"),
        lambda: (Path("/proc/self/cmdline").read_bytes().rstrip(b"\0"), Path("/proc/self/comm").read_text()),
    )
    assert answer == str((b"jc: test", "jc: test\n"))
    assert Path("/proc/self/environ").read_bytes().count(b"\0") > 0
    assert dict(os.environ) == environment


def test_a_title_too_long_is_cut() -> None:
    room = len(Path("/proc/self/cmdline").read_bytes())
    answer = in_child(
        lambda: processes.set_title("x" * 5000), lambda: Path("/proc/self/cmdline").read_bytes().rstrip(b"\0")
    )
    assert answer == str(b"x" * (room - 1))


def test_a_subreaper_adopts_orphans() -> None:
    def grandchild_parent() -> int:
        processes.set_child_subreaper()
        read_fd, write_fd = os.pipe()
        if os.fork() == 0:
            middle = os.getpid()
            if os.fork() == 0:
                eventually(lambda: os.getppid() != middle)
                os.write(write_fd, str(os.getppid()).encode())
            os._exit(0)
        adopter = int(os.read(read_fd, 32))
        return adopter - os.getpid()

    assert in_child(grandchild_parent) == "0"


def test_a_child_dies_with_its_parent_when_asked() -> None:
    read_fd, write_fd = os.pipe()
    parent = os.fork()
    if parent == 0:
        if os.fork() == 0:
            processes.set_parent_death_signal(signal.SIGKILL)
            os.write(write_fd, str(os.getpid()).encode())
            signal.pause()
        signal.pause()
    os.close(write_fd)
    with os.fdopen(read_fd, "rb", buffering=0) as alive:
        alive.read(32)
        os.kill(parent, signal.SIGKILL)
        os.waitpid(parent, 0)
        assert select.select([alive], [], [], 5)[0], "the child still holds its pipe"
        assert alive.read(1) == b""


@pytest.mark.parametrize(
    ("step", "field"),
    [(processes.no_new_privileges, "NoNewPrivs:\t1"), (lambda: processes.set_dumpable(False), "NoNewPrivs:\t0")],
)
def test_a_process_gives_up_privileges(step: object, field: str) -> None:
    assert field in in_child(step, lambda: Path("/proc/self/status").read_text())


def test_an_undumpable_process_is_closed_to_its_user() -> None:
    answer = in_child(lambda: processes.set_dumpable(False), lambda: os.stat("/proc/self/environ").st_uid)
    assert answer == "0"
