"""The process as the launcher starts it: with the standard library alone, and fast."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import jupyter_containers.zygote
from jupyter_containers.zygote.protocol import ANSWER_BYTES, FORK, ORDER
from tests.support.eventually import eventually

ENTRY = Path(jupyter_containers.zygote.__file__).with_name("__main__.py")
# A request comes with a descriptor; without one it is answered all the same.
REFUSED = (-errno.EINVAL).to_bytes(ANSWER_BYTES, ORDER, signed=True)


def test_it_starts_isolated_serves_and_ends_at_the_end_of_its_socket() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(10)
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", ENTRY, str(theirs.fileno())], pass_fds=[theirs.fileno()], env={}, cwd="/"
    )
    theirs.close()
    ours.send(FORK)
    assert ours.recv(ANSWER_BYTES) == REFUSED
    assert Path(f"/proc/{process.pid}/cmdline").read_bytes().startswith(b"jc: zygote\0")
    ours.close()
    assert process.wait(10) == 0


def test_nothing_heavy_is_imported() -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(ENTRY.parents[2])!r}); import jupyter_containers.zygote.server;"
        "print(*sorted(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=True)
    heavy = {"asyncio", "ssl", "sqlite3", "logging", "subprocess", "typing_extensions", "site", "pyroute2", "aiohttp"}
    assert not heavy & set(run.stdout.split())


def test_a_zygote_is_ready_soon() -> None:
    def start() -> float:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(10)
        begun = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", ENTRY, str(theirs.fileno())], pass_fds=[theirs.fileno()]
        )
        theirs.close()
        ours.send(FORK)
        assert ours.recv(ANSWER_BYTES) == REFUSED
        seconds = time.monotonic() - begun
        ours.close()
        process.wait(10)
        return seconds

    # 110 ms here; a loose threshold, because other tests may run at the same time.
    eventually(lambda: start() < 0.5, within_seconds=10)


def test_no_signal_of_a_terminal_ends_it() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(10)
    process = subprocess.Popen([sys.executable, "-I", "-S", ENTRY, str(theirs.fileno())], pass_fds=[theirs.fileno()])
    theirs.close()
    for _ in range(2):
        ours.send(FORK)
        assert ours.recv(ANSWER_BYTES) == REFUSED
        os.kill(process.pid, signal.SIGINT)
    ours.close()
    assert process.wait(10) == 0
