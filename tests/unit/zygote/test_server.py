"""A zygote forked from the test itself: what it forks, and who survives whom."""

from __future__ import annotations

import errno
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.cgroups.absent import AbsentManager
from jupyter_containers.linux import descriptors
from jupyter_containers.shim import protocol
from jupyter_containers.zygote import server
from jupyter_containers.zygote.protocol import ANSWER_BYTES, FORK, ORDER, pid_of
from tests.support.children import exit_of
from tests.support.eventually import eventually


class Zygote:
    def __init__(self, place: Path) -> None:
        self.place = place
        self.end, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.end.settimeout(10)
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                self.end.close()
                server.serve(theirs)
                code = 0
            finally:
                os._exit(code)
        theirs.close()

    def launch(self, *fds: int) -> bytes:
        descriptors.send(self.end, FORK, fds)
        return self.end.recv(ANSWER_BYTES)

    def shim(self) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(10)
        answer = self.launch(theirs.fileno())
        theirs.close()
        return pid_of(answer), ours

    def wait(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.fixture
def zygote(tmp_path: Path) -> Iterator[Zygote]:
    made = Zygote(tmp_path)
    yield made
    made.end.close()
    try:
        os.kill(made.pid, signal.SIGKILL)
        os.waitpid(made.pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass  # the test has waited for it


def ask(end: socket.socket, op: str) -> dict[str, Any]:
    protocol.send(end, {"id": 1, "op": op})
    message, _ = protocol.receive(end)
    assert message is not None
    return message


def is_there(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


def test_a_shim_answers_on_the_socket_that_came_with_the_request(zygote: Zygote) -> None:
    pid, end = zygote.shim()
    assert ask(end, "describe")["ok"]["shim_pid"] == pid
    end.close()
    eventually(lambda: not is_there(pid))


def test_each_shim_hears_its_own_daemon_only(zygote: Zygote) -> None:
    (one, first), (other, second) = zygote.shim(), zygote.shim()
    first.close()
    eventually(lambda: not is_there(one))
    assert ask(second, "describe")["ok"]["shim_pid"] == other
    second.close()
    eventually(lambda: not is_there(other))


@pytest.mark.parametrize("count", [0, 2])
def test_a_request_with_other_than_one_descriptor_is_refused_and_the_next_one_served(
    zygote: Zygote, count: int
) -> None:
    zygote.launch()  # from here on it is in its loop
    before = len(os.listdir(f"/proc/{zygote.pid}/fd"))
    assert zygote.launch(*[zygote.end.fileno()] * count) == (-errno.EINVAL).to_bytes(ANSWER_BYTES, ORDER, signed=True)
    assert len(os.listdir(f"/proc/{zygote.pid}/fd")) == before
    pid, end = zygote.shim()
    end.close()
    eventually(lambda: not is_there(pid))


def test_it_ends_with_its_daemon_and_its_shims_do_not(zygote: Zygote) -> None:
    pid, end = zygote.shim()
    zygote.end.close()
    assert zygote.wait() == 0
    assert ask(end, "describe")["ok"]["shim_pid"] == pid
    end.close()
    eventually(lambda: not is_there(pid))


def test_a_killed_zygote_takes_no_shim_along(zygote: Zygote) -> None:
    pid, end = zygote.shim()
    os.kill(zygote.pid, signal.SIGKILL)
    assert zygote.wait() == -signal.SIGKILL
    assert ask(end, "describe")["ok"]["shim_pid"] == pid
    end.close()
    eventually(lambda: not is_there(pid))


def test_dead_shims_are_not_kept(zygote: Zygote) -> None:
    pid, end = zygote.shim()
    ask(end, "describe")
    os.kill(pid, signal.SIGKILL)
    end.close()
    eventually(lambda: not is_there(pid))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_to_the_daemon_s_group_do_not_end_it(zygote: Zygote, number: int) -> None:
    first, end = zygote.shim()
    end.close()
    os.kill(zygote.pid, number)
    second, end = zygote.shim()
    end.close()
    eventually(lambda: not is_there(first) and not is_there(second))


def test_a_shim_that_breaks_leaves_its_trace_where_it_works(tmp_path: Path) -> None:
    def work() -> None:
        os.chdir(tmp_path)
        server._become_shim(1 << 20, AbsentManager("a test"), waits=False)

    assert exit_of(work) == 1
    assert "Bad file descriptor" in (tmp_path / "shim.trace").read_text()


def test_a_shim_has_nothing_of_the_zygote_s(zygote: Zygote) -> None:
    pid, end = zygote.shim()
    ask(end, "describe")
    other, second = zygote.shim()
    ask(second, "describe")
    for shim in (pid, other):
        sockets = [fd for fd in os.listdir(f"/proc/{shim}/fd") if "socket" in os.readlink(f"/proc/{shim}/fd/{fd}")]
        # Its control socket, and the pair that SIGCHLD wakes it by.
        assert len(sockets) == 3
    end.close()
    second.close()
    eventually(lambda: not is_there(pid) and not is_there(other))
