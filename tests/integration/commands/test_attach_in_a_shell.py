"""Tests of attach in a shell: a real terminal on one side, a real container on the other."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.run_settings import RunSettings
from tests.support.daemon import Daemon

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "jupyter_containers", "attach"]


def environment(daemon: Daemon) -> dict[str, str]:
    return {**os.environ, "DOCKER_HOST": daemon.host, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def shell(client: Client) -> str:
    """A container whose shell waits at a terminal."""
    client.containers.create(RunSettings("busybox", ("sh",), name="box", terminal=True, stdin=True, attached=False))
    client.containers.start("box")
    return "box"


@contextmanager
def terminal(daemon: Daemon, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*COMMAND, *words], stdin=theirs, stdout=theirs, stderr=theirs, env=environment(daemon))
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def read_until(fd: int, text: bytes, seconds: float = 20) -> bytes:
    found, end = b"", time.monotonic() + seconds
    while text not in found:
        ready, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
        assert ready, found
        found += os.read(fd, 65536)
    return found


def wake(fd: int) -> None:
    """Press Enter until the shell shows its prompt: what is typed before the keyboard is handed over is lost."""
    found, end = b"", time.monotonic() + 20
    while b"/ # " not in found:
        assert time.monotonic() < end, found
        os.write(fd, b"\n")
        while select.select([fd], [], [], 0.2)[0]:
            found += os.read(fd, 65536)


def test_keys_reach_the_container_and_leave_it_alone_again(daemon: Daemon, client: Client, shell: str) -> None:
    with terminal(daemon, shell) as (process, fd):
        wake(fd)
        os.write(fd, b"echo $((6*7))\n")
        read_until(fd, b"42\r\n")
        os.write(fd, b"\x10\x11")
        read_until(fd, b"box runs on; attach comes back to it")
        assert process.wait(20) == 0
    with terminal(daemon, "--detach-keys", "ctrl-x,x", shell) as (process, fd):
        wake(fd)
        os.write(fd, b"\x18x")
        read_until(fd, b"box runs on")
        assert process.wait(20) == 0
    with terminal(daemon, shell) as (process, fd):
        wake(fd)
        os.write(fd, b"exit 3\n")
        assert process.wait(20) == 3
    assert client.containers.inspect(shell)["State"]["ExitCode"] == 3


def test_without_a_terminal_output_is_watched_to_its_end(daemon: Daemon, client: Client) -> None:
    settings = RunSettings("busybox", ("sh", "-c", "read x; echo $x; echo err >&2; exit 4"), name="box", stdin=True)
    client.containers.create(settings)
    client.containers.start("box")
    run = subprocess.run([*COMMAND, "box"], input=b"typed\n", capture_output=True, env=environment(daemon), check=False)
    assert (run.returncode, run.stdout, run.stderr) == (4, b"typed\n", b"err\n")


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [("nobody", b"No such container: nobody", 1), ("box", b"attach: box does not run; start it", 2)],
)
def test_what_does_not_run_is_not_attached_to(
    daemon: Daemon, client: Client, words: str, message: bytes, code: int
) -> None:
    client.containers.create(RunSettings("busybox", ("true",), name="box", attached=False))
    run = subprocess.run([*COMMAND, words], stdin=subprocess.DEVNULL, capture_output=True, env=environment(daemon),
                         check=False)  # fmt: skip
    assert message in run.stderr
    assert run.stderr.count(b"\n") == 1
    assert run.returncode == code
