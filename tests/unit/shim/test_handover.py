"""A shim that takes over from its maker, without a container: the rest is in tests/integration/shim."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from jupyter_containers.cgroups.absent import AbsentManager
from jupyter_containers.errors import ContainersError, to_data
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.state import State, Status
from jupyter_containers.shim import handover, protocol
from jupyter_containers.shim.process import Shim
from jupyter_containers.shim.protocol import VERSION
from tests.support.children import exit_of
from tests.support.shims import running_shim


def test_a_create_that_failed_is_answered_by_the_shim_which_lives_on(tmp_path: Path) -> None:
    with running_shim(tmp_path, adopts=False) as shim:
        assert shim.create()["error"]["kind"] == "not_found"
        assert shim.ask("describe")["ok"]["version"] == VERSION
        assert shim.socket_path.exists()


def test_a_second_create_comes_too_late(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        answer = shim.create()
        assert answer["error"]["kind"] == "conflict"
        assert "it is too late to create" in answer["error"]["message"]


def test_whoever_is_asked_first_the_shim_that_listens_is_the_one_of_the_bundle(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        shim.ask("describe")
        with shim.connect():
            assert os.readlink(f"/proc/{shim.pid}/cwd") == shim.bundle.place


def test_a_bundle_that_is_not_there_is_an_answer_and_not_the_end(tmp_path: Path) -> None:
    with running_shim(tmp_path, adopts=False) as shim:
        gone = str(tmp_path / "gone")
        assert shim.create(bundle=gone, socket=f"{gone}/s")["error"]["kind"] == "not_found"
        assert shim.ask("describe")["ok"]["shim_pid"] == shim.pid
        assert shim.ask("delete")["ok"] == {}


def test_a_process_that_ended_before_the_failure_was_heard_of_has_the_failure_s_code(tmp_path: Path) -> None:
    bundle = Bundle(str(tmp_path))

    def work() -> None:
        shim = Shim(cgroups=AbsentManager("not here"))
        shim.id, shim.bundle = "c", bundle
        maker, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        daemon, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        shim.follow(end, control)
        pid = os.fork()
        if pid == 0:
            os._exit(1)
        shim.found(*os.waitpid(pid, 0))
        state = State("c", Status.RUNNING, pid, 1, os.getpid(), 1, "2026-01-01T00:00:00Z")
        failed = {"id": 3, "error": to_data(ContainersError("no such program", exit_code=127))}
        made = {"pid": pid, "terminal": False, "cgroup": "", "keeps_mounts": False}
        create = {"id": 2, "log": None, "stdin_once": False}
        outputs = []
        for _ in range(2):
            read_fd, write_fd = os.pipe()
            os.close(write_fd)
            outputs.append(read_fd)
        message = {"create": create, "made": made, "state": state.to_json(), "failed": failed}
        protocol.send(maker, message, outputs)
        handover.take(shim, end, control)
        assert shim.first.exit is not None
        assert shim.first.exit.exit_code == 127
        answers = [protocol.receive(daemon)[0] for _ in range(2)]
        assert {"id": 3, "error": failed["error"]} in answers

    assert exit_of(work) == 0
