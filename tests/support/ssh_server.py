"""A real sshd on loopback, with keys of its own, and agents; nothing of this machine's or this user's is touched."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.eventually import eventually

PROGRAMS = ("ssh", "sshd", "ssh-keygen", "ssh-agent", "ssh-add", "git")
PACKAGES = "openssh-client openssh-server git"
# sshd wants this folder, which a service manager makes otherwise.
PRIVILEGE_FOLDER = Path("/run/sshd")
START_SECONDS = 30.0
SEARCH_PATH = f"{os.environ['PATH']}:/usr/sbin"


@dataclass(frozen=True)
class ShellServer:
    """`user` is a key that may log in as root, `stranger` one that may not; `host` is the server's own."""

    port: int
    folder: Path

    @property
    def host(self) -> Path:
        return self.folder / "host"

    @property
    def user(self) -> Path:
        return self.folder / "user"

    @property
    def stranger(self) -> Path:
        return self.folder / "stranger"

    @property
    def known(self) -> str:
        """The line for known hosts."""
        return f"[127.0.0.1]:{self.port} {self.host.with_suffix('.pub').read_text()}"

    def url(self, path: Path) -> str:
        return f"ssh://root@127.0.0.1:{self.port}{path}"


def need(*programs: str) -> None:
    """Skip the test where a program is missing."""
    missing = [program for program in programs if shutil.which(program, path=SEARCH_PATH) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed (packages {PACKAGES} docker.io)")


def new_key(path: Path, kind: str = "ed25519", *options: str) -> Path:
    """Make a key without a passphrase, unless the options say another."""
    passphrase = [] if "-N" in options else ["-N", ""]
    subprocess.run(["ssh-keygen", "-q", "-t", kind, *passphrase, "-C", kind, *options, "-f", path], check=True)
    return path


@contextmanager
def shell_server(folder: Path, settings: str = "") -> Iterator[ShellServer]:
    """Run sshd; its files are in `folder`. `settings` come before its own, and win."""
    need(*PROGRAMS)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = ShellServer(int(free.getsockname()[1]), folder)
    for path in (server.host, server.user, server.stranger):
        new_key(path)
    (folder / "sshd_config").write_text(
        f"{settings}\nListenAddress 127.0.0.1:{server.port}\nHostKey {server.host}\n"
        f"AuthorizedKeysFile {server.user}.pub\n"
        f"PidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin prohibit-password\nSetEnv PATH={SEARCH_PATH}\n"
        "MaxStartups 100\n"
    )
    made = not PRIVILEGE_FOLDER.exists()
    PRIVILEGE_FOLDER.mkdir(exist_ok=True)
    program = str(shutil.which("sshd", path=SEARCH_PATH))
    with (folder / "sshd.log").open("ab") as log:
        process = subprocess.Popen([program, "-D", "-e", "-f", folder / "sshd_config"], stderr=log)
    try:
        eventually(lambda: answers(server.port), START_SECONDS)
        yield server
    finally:
        process.terminate()
        process.wait()
        if made:
            PRIVILEGE_FOLDER.rmdir()


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as end:
            return end.recv(4) == b"SSH-"
    except OSError:
        return False


def listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as end:
        return end.connect_ex(str(path)) == 0


@contextmanager
def agent(folder: Path, *keys: Path) -> Iterator[Path]:
    """Run ssh-agent with keys in it; yields its socket."""
    path = folder / "agent.sock"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: listens(path), START_SECONDS)
        for key in keys:
            subprocess.run(["ssh-add", "-q", key], env={**os.environ, "SSH_AUTH_SOCK": str(path)}, check=True)
        yield path
    finally:
        process.terminate()
        process.wait()
