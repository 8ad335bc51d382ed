"""--init: PID 1 stays ours, forwards signals, reaps orphans, and ends as the process ends."""

from __future__ import annotations

import os
import signal

import pytest

from jupyter_containers.oci.runtime_spec import ANNOTATION_INIT, User
from jupyter_containers.runtime.create import start
from jupyter_containers.runtime.executable import CannotExecute
from tests.support.containers import Box, Container, read_terminal
from tests.support.eventually import eventually

pytestmark = pytest.mark.needs("root", "namespaces", "overlay", "openat2", "open_tree")

INIT = {"annotations": {ANNOTATION_INIT: "true"}}


def line(container: Container) -> str:
    return os.read(container.output, 4096).decode()


def test_the_process_is_a_child_of_pid_1(box: Box) -> None:
    text = box.sh("echo $$ $PPID; tr '\\0' ' ' < /proc/1/cmdline", **INIT)
    pid, parent = text.split()[:2]
    assert int(pid) > 1
    assert parent == "1"


@pytest.mark.parametrize("code", [0, 1, 42])
def test_it_ends_with_the_process_s_exit_code(box: Box, code: int) -> None:
    assert box.run("sh", "-c", f"exit {code}", **INIT).exit_code == code


def test_a_signal_that_kills_the_process_becomes_its_exit_code(box: Box) -> None:
    assert box.run("sh", "-c", "kill -9 $$", **INIT).exit_code == 137


def test_a_signal_is_forwarded(box: Box) -> None:
    script = "trap 'echo got; exit 5' TERM; echo ready; while :; do sleep 0.05; done"
    with box.running("sh", "-c", script, **INIT) as container:
        assert line(container) == "ready\n"
        os.kill(container.pid, signal.SIGTERM)
        assert container.wait().stdout == "got\n"
        assert container.reap() == 5


def test_a_process_without_a_handler_is_killed_by_sigterm_which_alone_as_pid_1_it_would_ignore(box: Box) -> None:
    with box.running("sleep", "60", **INIT) as container:
        os.kill(container.pid, signal.SIGTERM)
        assert container.reap() == 143


def test_orphans_are_reaped(box: Box) -> None:
    script = "(sh -c 'sleep 0.1 & exit 0'); sleep 0.5; grep -l '^State:.Z' /proc/[0-9]*/status | wc -l"
    assert box.sh(script, **INIT) == "0\n"


def test_the_process_starts_with_clean_signals(box: Box) -> None:
    text = box.run("grep", "-E", "Sig(Blk|Ign|Cgt)", "/proc/self/status", **INIT).stdout
    assert set(text.split()[1::2]) == {"0000000000000000"}


def test_pid_1_has_the_container_s_privileges_too(box: Box) -> None:
    with box.running("sleep", "60", **INIT, process={"user": User(username="alice")}) as container:
        status = container.outside("status")
        assert "CapEff:\t0000000000000000" in status
        assert "Uid:\t1000\t1000" in status
        assert "Seccomp:\t2" in status
        assert sorted(os.listdir(f"/proc/{container.pid}/fd")) == ["0", "1", "2"]


def test_a_command_that_cannot_run_is_told_through_pid_1(box: Box) -> None:
    with box.created("nope", **INIT) as container:
        with pytest.raises(CannotExecute) as caught:
            start(container.created)
        assert caught.value.exit_code == 127
        assert container.reap() == 127


def test_control_c_in_a_terminal_reaches_the_process_once(box: Box) -> None:
    script = "trap 'echo int' INT; echo ready; sleep 60 & wait; wait; exit 3"
    with box.running("sh", "-c", script, **INIT, process={"terminal": True}) as container:
        master_fd = container.created.terminal_fd
        assert master_fd is not None
        seen = b""

        def says(word: bytes) -> bool:
            nonlocal seen
            os.set_blocking(master_fd, False)
            try:
                seen += os.read(master_fd, 4096)
            except BlockingIOError:
                pass
            return word in seen

        eventually(lambda: says(b"ready"))
        os.write(master_fd, b"\x03")
        eventually(lambda: says(b"int"))
        os.set_blocking(master_fd, True)
        os.kill(container.pid, signal.SIGKILL)
        assert (seen.decode() + read_terminal(master_fd, close=False)).count("int") == 1
