"""The life of a shim around containers: connections, its name, its end."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from jupyter_containers.cgroups.absent import AbsentManager
from jupyter_containers.shim import process, protocol
from jupyter_containers.shim.target import Target
from tests.support.children import exit_of
from tests.support.eventually import eventually
from tests.support.shims import IDENTIFIER, running_shim


def test_a_shim_ends_when_its_daemon_is_gone_before_anything_was_created(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        assert shim.ask("describe")["ok"]["state"] is None
        shim.end.close()
        assert shim.wait() == 0
        assert not shim.socket_path.exists()


def test_the_next_daemon_finds_it_by_its_bundle(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        shim.ask("describe")
        with shim.connect() as second:
            shim.end.close()
            protocol.send(second, {"id": 1, "op": "describe"})
            message, _ = protocol.receive(second)
            assert message is not None
            assert message["ok"]["shim_pid"] == shim.pid
            assert not shim.has_ended()
        assert shim.wait() == 0


def test_only_its_user_can_connect(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        shim.ask("describe")
        assert shim.socket_path.stat().st_mode & 0o777 == 0o600
        assert shim.socket_path.parent.stat().st_mode & 0o777 == 0o700


def test_it_leaves_everything_of_its_parent(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        shim.ask("describe")
        assert os.getsid(shim.pid) == shim.pid
        assert os.readlink(f"/proc/{shim.pid}/cwd") == str(shim.bundle.path)
        files = {os.readlink(f"/proc/{shim.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{shim.pid}/fd")}
        assert {name for name in files if not name.startswith(("socket:", "anon_inode:"))} == {"/dev/null"}
        title = Path(f"/proc/{shim.pid}/cmdline").read_bytes()
        assert title.startswith(f"jc: shim {IDENTIFIER[:12]}".encode())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE])
def test_signals_meant_for_others_do_not_end_it(tmp_path: Path, number: int) -> None:
    with running_shim(tmp_path) as shim:
        shim.ask("describe")
        os.kill(shim.pid, number)
        assert "ok" in shim.ask("describe")


def test_who_does_not_speak_the_protocol_is_let_go(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        shim.ask("describe")
        with shim.connect() as stranger:
            stranger.send(b"GET / HTTP/1.1")
            assert protocol.receive(stranger) == (None, [])
        assert "ok" in shim.ask("describe")


def test_an_idle_shim_does_not_wake(tmp_path: Path) -> None:
    def switches() -> int:
        status = Path(f"/proc/{shim.pid}/status").read_text()
        return sum(int(line.split()[1]) for line in status.splitlines() if "ctxt_switches" in line)

    def sleeps() -> bool:
        return Path(f"/proc/{shim.pid}/wchan").read_text().startswith(("ep_poll", "do_epoll", "schedule"))

    with running_shim(tmp_path) as shim:
        shim.ask("describe")
        children = Path(f"/proc/{shim.pid}/task/{shim.pid}/children")
        eventually(lambda: not children.read_text() and sleeps())  # its maker's end wakes it once
        before = switches()
        signal.sigtimedwait([], 0.3)  # idleness can only be seen over some time
        assert switches() == before


def test_a_name_that_the_next_shim_has_taken_is_left_alone(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        shim.ask("describe")
        shim.socket_path.unlink()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as other:
            other.bind(str(shim.socket_path))
            shim.end.close()
            shim.wait()
            assert shim.socket_path.exists()


def test_a_number_that_two_processes_had_one_after_the_other_is_the_living_one_s(tmp_path: Path) -> None:
    def work() -> None:
        (tmp_path / "bundle").mkdir()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        shim = process.Shim(cgroups=AbsentManager("a test"))
        shim.listen_to(theirs)
        shim.adopt(IDENTIFIER, str(tmp_path / "bundle"), str(tmp_path / "socket"))
        old, new = Target("old", is_terminal=False, pid=77), Target("new", is_terminal=False, pid=77)
        old.record(3 << 8, 1, oom_killed=False)
        shim.execs |= {"old": old, "new": new}
        shim.found(77, 5 << 8)
        assert old.exit is not None
        assert new.exit is not None
        assert (old.exit.exit_code, new.exit.exit_code) == (3, 5)
        message, _ = protocol.receive(ours)
        assert message is not None
        assert (message["event"], message["target"], message["exit_code"]) == ("exit", "new", 5)
        shim.stop_listening()

    assert exit_of(work) == 0


def test_a_daemon_that_is_killed_while_it_is_answered_takes_nothing_with_it(tmp_path: Path) -> None:
    def work() -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        shim = process.Shim(cgroups=AbsentManager("a test"))
        shim.listen_to(theirs)
        ours.close()
        # As for a request that is answered with descriptors first: the second one finds the connection closed.
        shim.tell(theirs, {"event": "name_server"})
        shim.tell(theirs, {"id": 1, "ok": {}})

    assert exit_of(work) == 0


def test_an_answer_that_no_packet_holds_is_an_error_for_who_asked(tmp_path: Path) -> None:
    def work() -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        shim = process.Shim(cgroups=AbsentManager("a test"))
        shim.listen_to(theirs)
        shim.tell(theirs, {"id": 7, "ok": {"pids": list(range(200_000))}})
        message, _ = protocol.receive(ours)
        assert message is not None
        assert message["id"] == 7
        assert message["error"]["message"] == "the answer is over the limit of 1048576 bytes"

    assert exit_of(work) == 0
