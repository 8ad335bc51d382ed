"""The two sides of a comparison: a daemon of ours and a dockerd, each with its socket, and what they use at rest."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.performance.engine_api import EngineApi
from tests.support.busybox_image import rootfs_tar
from tests.support.daemon import Docker, answers

IMAGE = "busybox"
START_SECONDS = 60
MEMORY = Path("/dev/shm")  # the only place that is in memory on every Linux


@dataclass(frozen=True)
class Side:
    """One daemon under measurement. `api` is one kept connection; `pid` the daemon's own."""

    name: str
    host: str
    api: EngineApi
    docker: Docker
    pid: int

    def family(self) -> list[int]:
        """Return the daemon and the processes that serve it (our zygote, dockerd's containerd), without shims."""
        return [self.pid, *(pid for pid in children(self.pid) if "shim" not in command(pid))]


# What is measured, in words; and what prepares it on a side and returns what is timed.
Timed = tuple[str, Callable[[Side], Callable[[], None]]]


@contextmanager
def both() -> Iterator[tuple[Side, Side]]:
    """Run a daemon of ours beside dockerd: the one at COMPAT_HOST, or one of our own."""
    with ExitStack() as stack:
        folder = stack.enter_context(temporary())
        ours = stack.enter_context(running(our_command(folder / "ours"), folder / "ours"))
        theirs = os.environ.get("COMPAT_HOST")
        if theirs is None:
            theirs = stack.enter_context(running(dockerd_command(folder / "dockerd"), folder / "dockerd"))
        yield stack.enter_context(_side("jupyter_containers", ours)), stack.enter_context(_side("dockerd", theirs))


@contextmanager
def _side(name: str, host: str) -> Iterator[Side]:
    docker, api = Docker(host), EngineApi(host)
    if docker("image", "inspect", IMAGE, code=None).returncode:
        docker("import", "-c", 'CMD ["sh"]', "-c", "ENV PATH=/bin", "-", IMAGE, stdin=rootfs_tar())
    try:
        yield Side(name, host, api, docker, listener_pid(host))
    finally:
        api.close()


def our_command(folder: Path) -> list[str]:
    """Return the command of our daemon."""
    roots = ["--data-root", str(folder / "data"), "--exec-root", str(_in_memory(folder))]
    return [sys.executable, "-m", "jupyter_containers", "daemon", *roots, "-H", f"unix://{folder}/d.sock"]


def dockerd_command(folder: Path) -> list[str]:
    """Return the command of a dockerd in a network namespace of its own: it cannot take another one's bridge."""
    roots = ["--data-root", str(folder / "data"), "--exec-root", str(_in_memory(folder)), "--pidfile", f"{folder}/pid"]
    return ["unshare", "--net", "dockerd", *roots, "-H", f"unix://{folder}/d.sock"]


def _in_memory(folder: Path) -> Path:
    """Return a run root in memory, where /run is on most hosts; `temporary` removes it."""
    return MEMORY / folder.parent.name / folder.name


@contextmanager
def running(words: list[str], folder: Path) -> Iterator[str]:
    """Run a daemon with its socket at `<folder>/d.sock`; yield its address once it answers."""
    process, _ = start(words, folder)
    try:
        yield f"unix://{folder}/d.sock"
    finally:
        stop(process)


def start(words: list[str], folder: Path) -> tuple[subprocess.Popen[bytes], float]:
    """Start a daemon; return it, and the seconds until its first `_ping` was answered."""
    folder.mkdir(parents=True, exist_ok=True)
    # As installed: with compiled modules beside the sources.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with open(folder / "log", "ab") as log:
        began = time.perf_counter()
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
    while not answers(folder / "d.sock"):
        if process.poll() is not None or time.perf_counter() - began > START_SECONDS:
            raise AssertionError(f"{words[0]} did not start:\n{(folder / 'log').read_text(errors='replace')}")
        time.sleep(0.002)
    return process, time.perf_counter() - began


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a daemon to stop, and wait."""
    process.send_signal(signal.SIGTERM)
    process.wait(START_SECONDS)


@contextmanager
def temporary() -> Iterator[Path]:
    """Yield a folder whose name is short enough for sockets; on the disk, as overlay wants it."""
    folder = Path(tempfile.mkdtemp(prefix="jcp-"))
    try:
        yield folder
    finally:
        shutil.rmtree(MEMORY / folder.name, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


# --- what /proc says -------------------------------------------------------------------------------------------------


def listener_pid(host: str) -> int:
    """Return who listens at a unix socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(host.removeprefix("unix://"))
        content = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid: int = struct.unpack("3i", content)[0]
    return pid


def children(pid: int) -> list[int]:
    """Return the children of all threads of a process."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, path.read_text().split())
    return found


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def resident_bytes(pid: int) -> int:
    """Return what a process holds in memory, shared pages included."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def private_bytes(pid: int) -> int:
    """Return the memory that would be free again if this process were not there."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) * 1024


def cpu_ns(pid: int) -> int:
    """Return the processor time that a process has had, with threads that have ended: it never shrinks.

    Source: clock_getcpuclockid(3); the number of the clock is made as Linux makes it.
    """
    return time.clock_gettime_ns((~pid << 3) | 2)
