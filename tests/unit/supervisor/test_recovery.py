"""What is found after a restart of the daemon: a living shim, an end written down, or nothing but a state."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.linux import processes
from jupyter_containers.shim import protocol
from jupyter_containers.shim.protocol import Exit
from jupyter_containers.supervisor.connection import Shim
from jupyter_containers.supervisor.recovery import LOST_EXIT_CODE, reconnect
from tests.support.children import waiting_child
from tests.support.shims import IDENTIFIER, RunningShim, running_shim


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "bundle"
    path.mkdir()
    (tmp_path / "s").mkdir()
    return path


@pytest.fixture
def shim(tmp_path: Path) -> Iterator[RunningShim]:
    with running_shim(tmp_path) as made:
        made.ask("describe")
        yield made


def found_in(run_root: Path, bundle: Path) -> Shim | Exit:
    async def main() -> Shim | Exit:
        found = await reconnect(run_root, IDENTIFIER, bundle)
        if isinstance(found, Shim):
            found.close()
        return found

    return asyncio.run(asyncio.wait_for(main(), 10))


def test_a_living_shim_is_connected_to(shim: RunningShim) -> None:
    found = found_in(shim.run_root, shim.bundle.path)
    assert isinstance(found, Shim)
    assert (found.pid, found.container_id) == (shim.pid, IDENTIFIER)


def test_an_end_that_was_written_down_is_returned_and_the_dead_name_removed(tmp_path: Path, bundle: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as dead:
        path = protocol.socket_path(tmp_path, bundle)
        dead.bind(str(path))
    ended = Exit(5, 77, oom_killed=True)
    (bundle / "exit.json").write_text(json.dumps(ended.to_json()))
    assert found_in(tmp_path, bundle) == ended
    assert not path.exists()


def test_a_shim_that_left_no_word_is_said_to_be_lost(tmp_path: Path, bundle: Path) -> None:
    before = time.time_ns()
    found = found_in(tmp_path, bundle)
    assert isinstance(found, Exit)
    assert found.exit_code == LOST_EXIT_CODE
    assert found.reason.startswith("shim lost")
    assert before <= found.at_ns <= time.time_ns()


def test_what_a_lost_shim_left_running_is_killed(tmp_path: Path, bundle: Path) -> None:
    with waiting_child() as pid:
        started = processes.start_time(pid)
        (bundle / "state.json").write_text(json.dumps({"pid": pid, "pid_start_time": started}))
        found_in(tmp_path, bundle)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -9


def test_another_process_that_has_the_number_by_now_is_left_alone(tmp_path: Path, bundle: Path) -> None:
    with waiting_child() as pid:
        started = processes.start_time(pid) - 1
        (bundle / "state.json").write_text(json.dumps({"pid": pid, "pid_start_time": started}))
        found_in(tmp_path, bundle)
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)


def test_a_number_that_nobody_has_any_more_is_fine(tmp_path: Path, bundle: Path) -> None:
    with waiting_child() as pid:
        started = processes.start_time(pid)
    (bundle / "state.json").write_text(json.dumps({"pid": pid, "pid_start_time": started}))
    assert isinstance(found_in(tmp_path, bundle), Exit)


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_broken_files_count_as_none(tmp_path: Path, bundle: Path, content: str) -> None:
    for name in ("exit.json", "state.json"):
        (bundle / name).write_text(content)
    found = found_in(tmp_path, bundle)
    assert isinstance(found, Exit)
    assert found.reason


def test_a_shim_that_ends_while_it_is_asked_has_written_down_how(tmp_path: Path, bundle: Path) -> None:
    (bundle / "exit.json").write_text(json.dumps(Exit(4, 1).to_json()))
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(protocol.socket_path(tmp_path, bundle)))
        listener.listen()
        pid = os.fork()
        if pid == 0:
            try:
                listener.accept()[0].close()
            finally:
                os._exit(0)
        assert found_in(tmp_path, bundle) == Exit(4, 1)
        os.waitpid(pid, 0)
