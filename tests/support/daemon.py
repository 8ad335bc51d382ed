"""A daemon of our own for tests: started as a user starts it, with roots in a folder, and checked for leftovers."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Far more than a start takes: the machine may be at ten other things.
START_SECONDS = 60
STOP_SECONDS = 60


class Daemon:
    """A `jupyter-containers daemon` process. `host` is its address for clients; `log` what it wrote."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.data, self.run = folder / "data", folder / "run"
        self.socket = self.run / "daemon.sock"
        self.log_path = folder / "daemon.log"
        self._flags = flags
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        return f"unix://{self.socket}"

    @property
    def tcp_address(self) -> str:
        """Its address on TCP, whose port it may have chosen."""
        return re.findall(r"listening on .*(tcp://[^\s,\"]+)", self.log)[-1]

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Start and wait until it answers."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "jupyter_containers", "daemon", "--data-root", str(self.data)]
        command += ["--exec-root", str(self.run), "--debug", *self._flags]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not answers(self.socket):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"the daemon did not start:\n{self.log}")
            time.sleep(0.005)

    def stop(self) -> None:
        """Ask it to stop, as an init system does, and wait."""
        if self.process is not None:
            self.process.terminate()
            code = self.process.wait(STOP_SECONDS)
            self.process = None
            assert code == 0, f"the daemon ended with {code}:\n{self.log}"

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None


@contextmanager
def running_daemon(folder: Path, *flags: str) -> Iterator[Daemon]:
    """Run a daemon for the time of the block; its containers are removed before it stops."""
    daemon = Daemon(folder, *flags)
    daemon.start()
    try:
        yield daemon
        docker = Docker(daemon.host)
        ids = docker("ps", "-aq").stdout.split()
        if ids:
            docker("rm", "-fv", *ids)
    finally:
        daemon.stop()


def answers(path: Path) -> bool:
    """Tell whether a server answers `_ping` at the socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(START_SECONDS)
        try:
            client.connect(os.fspath(path))
            client.sendall(b"GET /_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
            return b" 200 " in client.recv(64)
        except OSError:
            return False


class Docker:
    """The real docker CLI, pointed at a host. `docker("run", "--rm", "busybox", "true")`."""

    def __init__(self, host: str) -> None:
        self.host = host

    def __call__(
        self, *words: str, code: int | None = 0, stdin: bytes | str | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a command and check its exit code (None: any)."""
        content = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            self.command(*words), input=content, stdin=subprocess.DEVNULL if content is None else None,
            capture_output=True, timeout=timeout, env=self.environment, check=False,
        )  # fmt: skip
        out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        if code is not None:
            assert done.returncode == code, f"docker {' '.join(words)}: exit {done.returncode}\n{out}{err}"
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def command(self, *words: str) -> list[str]:
        return ["docker", "-H", self.host, *words]

    @property
    def environment(self) -> dict[str, str]:
        # The classic builder also where a BuildKit plugin is installed; no configuration of this user.
        return {**os.environ, "DOCKER_BUILDKIT": "0", "DOCKER_CONFIG": "/nonexistent", "DOCKER_CLI_HINTS": "false"}

    def open(self, *words: str, **options: object) -> subprocess.Popen[bytes]:
        """Start a command and return its process; pipes unless told otherwise."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(self.command(*words), env=self.environment, **{**pipes, **options})  # type: ignore[call-overload, no-any-return]
