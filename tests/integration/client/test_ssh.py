"""A daemon through a real ssh: a server of its own on loopback, with its own keys and settings."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.client import connect
from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.errors import Unavailable
from tests.support.daemon import Daemon
from tests.support.eventually import eventually

PROGRAMS = ("ssh", "sshd", "ssh-keygen", "docker")
# sshd wants this folder, which a service manager makes otherwise.
PRIVILEGE_FOLDER = Path("/run/sshd")


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server on loopback; `ssh` on the PATH takes its settings from the test's folder instead of the user's."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    missing = [program for program in PROGRAMS if shutil.which(program, path=path) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed (packages openssh-client openssh-server docker.io)")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    (tmp_path / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/user.pub\n"
        f"PidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin prohibit-password\nSetEnv PATH={path}\n"
    )
    (tmp_path / "ssh_config").write_text(
        f"IdentityFile {tmp_path}/user\nIdentitiesOnly yes\nUserKnownHostsFile {tmp_path}/known_hosts\n"
        "StrictHostKeyChecking accept-new\nBatchMode yes\n"
    )
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "ssh"
    program.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {tmp_path}/ssh_config "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{path}")
    made = not PRIVILEGE_FOLDER.exists()
    PRIVILEGE_FOLDER.mkdir(exist_ok=True)
    server = subprocess.Popen([str(shutil.which("sshd", path=path)), "-D", "-e", "-f", tmp_path / "sshd_config"])
    try:
        eventually(lambda: answers(port))
        yield port
    finally:
        server.terminate()
        server.wait()
        if made:
            PRIVILEGE_FOLDER.rmdir()


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as end:
            return end.recv(4) == b"SSH-"
    except OSError:
        return False


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
