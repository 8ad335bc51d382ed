"""The life of the daemon's process: start, refusals, signals, and what it leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Daemon, running_daemon
from tests.support.eventually import eventually

pytestmark = pytest.mark.needs("root", "overlay")


def refused(*flags: str) -> str:
    """Start a daemon that is to refuse; return what it said."""
    command = [sys.executable, "-m", "jupyter_containers", "daemon", *flags]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 1, run.stderr
    assert "Traceback" not in run.stderr
    return run.stderr


def test_it_serves_says_its_pid_and_leaves_nothing_but_its_data(tmp_path: Path) -> None:
    with running_daemon(tmp_path) as daemon:
        assert (daemon.run / "daemon.pid").read_text() == f"{daemon.pid}\n"
        assert Path(f"/proc/{daemon.pid}/cmdline").read_text().startswith("jc: daemon")
        assert os.readlink(f"/proc/{daemon.pid}/ns/mnt") != os.readlink("/proc/self/ns/mnt")
        assert 'level=info room=daemon.main msg="ready: listening on unix://' in daemon.log
    assert not (daemon.run / "daemon.pid").exists()
    assert not daemon.socket.exists()
    assert (daemon.data / "VERSION").read_text() == "1\n"


def test_a_second_daemon_on_either_root_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    with running_daemon(tmp_path) as daemon:
        for data, run in ((daemon.data, tmp_path / "r2"), (tmp_path / "d2", daemon.run)):
            said = refused("--data-root", str(data), "--exec-root", str(run))
            assert f"in use by the daemon with pid {daemon.pid}" in said
        assert Api(os.fspath(daemon.socket)).get("/_ping").status == 200


def test_a_root_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "VERSION").write_text("99\n")
    said = refused("--data-root", str(tmp_path / "data"), "--exec-root", str(tmp_path / "run"))
    assert "has layout 99" in said
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["VERSION", "daemon.lock"]


def test_an_address_that_cannot_be_served_is_refused_and_all_ends(tmp_path: Path) -> None:
    roots = ("--data-root", str(tmp_path / "data"), "--exec-root", str(tmp_path / "run"))
    assert "without TLS" in refused(*roots, "-H", "tcp://127.0.0.1:2375")
    assert "is for loopback addresses" in refused(*roots, "-H", "tcp://0.0.0.0:2375", "--insecure-tcp")
    missing = ("--tlsverify", "--tlscacert", "/no/ca", "--tlscert", "/no/cert", "--tlskey", "/no/key")
    assert "cannot use --tlscacert /no/ca: No such file" in refused(*roots, "-H", "tcp://127.0.0.1:0", *missing)
    assert "no sockets were passed" in refused(*roots, "-H", "fd://")
    assert not (tmp_path / "run" / "daemon.pid").exists()


def test_both_signals_end_it_with_a_listener_on_the_line(tmp_path: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        daemon = Daemon(tmp_path)
        daemon.start()
        listening = subprocess.Popen(
            ["docker", "-H", daemon.host, "events"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert daemon.process is not None
        daemon.process.send_signal(number)
        assert daemon.process.wait(20) == 0, daemon.log
        listening.wait(20)
        eventually(lambda gone=daemon.socket: not gone.exists())
