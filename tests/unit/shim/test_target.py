from __future__ import annotations

import os
import signal
import socket

import pytest

from jupyter_containers.shim import target as targets
from jupyter_containers.shim.client import Client
from jupyter_containers.shim.loop import Loop
from jupyter_containers.shim.protocol import STDERR, STDOUT
from jupyter_containers.shim.streams import Streams
from jupyter_containers.shim.target import Pipes, Target
from tests.support.children import exit_of, waiting_child


@pytest.mark.parametrize(("status", "code"), [(0, 0), (3 << 8, 3), (signal.SIGKILL, 137), (signal.SIGTERM, 143)])
def test_an_end_is_counted_as_shells_do(status: int, code: int) -> None:
    target = Target("", is_terminal=False, pid=1)
    assert target.record(status, 5, oom_killed=False).exit_code == code


def test_what_could_not_be_executed_ends_with_its_verdict() -> None:
    target = Target("", is_terminal=False, pid=1, verdict=127)
    assert target.record(1 << 8, 5, oom_killed=False).exit_code == 127


def test_one_that_has_ended_is_not_signalled_any_more() -> None:
    with waiting_child() as pid:
        target = Target("", is_terminal=False, pid=pid)
        target.record(0, 5, oom_killed=False)
        target.kill(signal.SIGKILL)
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)


def test_who_comes_early_gets_the_streams_when_they_are_there() -> None:
    loop = Loop()
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    target = Target("e", is_terminal=False)
    target.attach(Client(theirs, frozenset({STDOUT}), raw=False))
    assert not target.has_clients
    read_fd, write_fd = os.pipe()
    os.write(write_fd, b"first")
    target.connect(Streams(loop, {read_fd: STDOUT}, None, is_terminal=False, keeps_input=False, log=None))
    assert target.has_clients
    loop.turn()
    assert ours.recv(100)[8:] == b"first"
    os.close(write_fd)
    target.abandon()
    assert ours.recv(100) == b""
    ours.close()
    loop.close()


def test_who_comes_early_to_a_process_that_never_came_is_let_go() -> None:
    ours, theirs = socket.socketpair()
    target = Target("e", is_terminal=False)
    target.attach(Client(theirs, frozenset({STDOUT}), raw=False))
    target.abandon()
    assert ours.recv(100) == b""
    ours.close()


@pytest.mark.parametrize("with_input", [True, False])
def test_pipes_connect_both_sides(with_input: bool) -> None:
    pipes = Pipes(with_input=with_input)
    if pipes.input_fd is not None:
        os.write(pipes.input_fd, b"in")
    assert os.read(pipes.given[0], 10) == (b"in" if with_input else b"")
    for fd, stream in pipes.outputs.items():
        os.write(pipes.given[stream], b"o%d" % stream)
        assert os.read(fd, 10) == b"o%d" % stream
    assert sorted(pipes.outputs.values()) == [STDOUT, STDERR]
    pipes.give_away()
    assert all(os.read(fd, 10) == b"" for fd in pipes.outputs)
    pipes.close()


def test_all_children_are_reaped() -> None:
    def work() -> None:
        children = {}
        for code in (0, 3):
            pid = os.fork()
            if pid == 0:
                os._exit(code)
            children[pid] = code << 8
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        found: dict[int, int] = {}
        targets.reap(found.__setitem__)
        assert found == children

    assert exit_of(work) == 0
