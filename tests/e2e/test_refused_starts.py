"""A daemon that cannot start says why in one sentence, and harms neither the roots nor the daemon that has them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.daemon import Daemon, Docker, answers


def refused(*flags: str) -> str:
    """Start a daemon that must not come up, and return what it says."""
    command = [sys.executable, "-m", "jupyter_containers", "daemon", *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("jupyter-containers daemon: ")
    return done.stderr


def roots(folder: Path) -> tuple[str, ...]:
    return "--data-root", str(folder / "data"), "--exec-root", str(folder / "run")


def test_a_data_root_of_a_newer_layout_is_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "VERSION").write_text("2\n")
    assert "has layout 2, this version knows layouts up to 1" in refused(*roots(tmp_path))
    assert {path.name for path in data.iterdir()} == {"VERSION", "daemon.lock"}
    assert (data / "VERSION").read_text() == "2\n"


def test_a_second_daemon_on_the_same_roots_is_refused_and_the_first_works_on(daemon: Daemon, tmp_path: Path) -> None:
    pid = str(daemon.pid)
    assert f"exec-root {daemon.run} is in use by the daemon with pid {pid}" in refused(*roots(tmp_path))
    other = ("--data-root", str(daemon.data), "--exec-root", str(tmp_path / "other"))
    assert f"data-root {daemon.data} is in use by the daemon with pid {pid}" in refused(*other)
    other = ("--data-root", str(tmp_path / "other"), "--exec-root", str(tmp_path / "run2"), "-H", daemon.host)
    assert f"cannot listen on {daemon.socket}: another server answers there" in refused(*other)
    assert answers(daemon.socket)
    assert Docker(daemon.host)("run", "--rm", "busybox", "echo", "here").stdout == "here\n"


def test_a_socket_path_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 100) / "daemon.sock"
    text = refused(*roots(tmp_path), "-H", f"unix://{path}")
    assert "socket path is too long" in text
    assert str(path) in text
    assert not (tmp_path / "run" / "daemon.pid").exists()


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (("-H", "tcp://127.0.0.1:2375"), "without TLS: whoever reaches it is root here"),
        (("-H", "nonsense"), "expected unix:///absolute/path"),
        (("--group", "no-such-group"), "no group 'no-such-group'"),
        (("--config-file", "/no/such/file"), "cannot read the configuration file /no/such/file"),
    ],
)
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, flags: tuple[str, ...], text: str) -> None:
    assert text in refused(*roots(tmp_path), *flags)


def test_a_stale_socket_is_replaced(daemon: Daemon) -> None:
    daemon.kill()
    assert daemon.socket.is_socket()
    daemon.start()
    assert answers(daemon.socket)


def test_a_file_where_the_socket_belongs_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("kept")
    assert "there is something that is not a socket" in refused(*roots(tmp_path), "-H", f"unix://{path}")
    assert path.read_text() == "kept"


def test_a_damaged_database_is_named_and_kept(daemon: Daemon, tmp_path: Path) -> None:
    daemon.stop()
    database = daemon.data / "metadata.db"
    whole = database.read_bytes()
    database.write_bytes(b"no database" * 1000)
    assert "cannot read database" in refused(*roots(tmp_path))
    assert database.read_bytes() == b"no database" * 1000
    database.write_bytes(whole)
    daemon.start()


def test_a_socket_of_another_program_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "other.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(os.fspath(path))
        other.listen()
        assert "another server answers there" in refused(*roots(tmp_path), "-H", f"unix://{path}")
        assert path.is_socket()
