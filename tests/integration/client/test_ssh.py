"""A daemon through a real ssh: a server of its own on loopback, with its own keys and settings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.client import connect
from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.errors import Unavailable
from tests.support.daemon import Daemon
from tests.support.ssh_server import SEARCH_PATH, need, shell_server


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server on loopback; `ssh` on the PATH takes its settings from the test's folder instead of the user's."""
    need("docker")
    with shell_server(tmp_path) as server:
        (tmp_path / "ssh_config").write_text(
            f"IdentityFile {server.user}\nIdentitiesOnly yes\nUserKnownHostsFile {tmp_path}/known_hosts\n"
            "StrictHostKeyChecking accept-new\nBatchMode yes\n"
        )
        (tmp_path / "bin").mkdir()
        program = tmp_path / "bin" / "ssh"
        program.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {tmp_path}/ssh_config "$@"\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}/bin:{SEARCH_PATH}")
        yield server.port


def test_a_run_through_ssh(daemon: Daemon, tidy: None, port: int) -> None:
    with connect(f"ssh://root@127.0.0.1:{port}{daemon.socket}") as client:
        content, kept = os.urandom(500_000), bytearray()
        settings = RunSettings("busybox", ("sh", "-c", "cat; exit 4"), auto_remove=True, stdin=True)
        outcome = client.runs.run(settings, lambda _, piece: kept.extend(piece), stdin=content)
        assert (outcome.exit_code, bytes(kept) == content) == (4, True)
        assert client.containers.list(every=True) == []


def test_what_goes_wrong_is_said_by_ssh(daemon: Daemon, port: int, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"ssh: .*nobody-is-called-so@127\.0\.0\.1: Permission denied"):
        connect(f"ssh://nobody-is-called-so@127.0.0.1:{port}")
    with pytest.raises(Unavailable, match=r"ssh: .*no/such"):
        connect(f"ssh://root@127.0.0.1:{port}/no/such/socket")
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{port} {(tmp_path / 'user.pub').read_text()}")
    with pytest.raises(Unavailable, match=r"ssh: Host key verification failed\."):
        connect(f"ssh://root@127.0.0.1:{port}{daemon.socket}")
