"""A shim in a process of its own, without root and without a container: for tests of its conversation and its end."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_containers.cgroups.absent import AbsentManager
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.shim import process, protocol
from tests.support.eventually import eventually

IDENTIFIER = "5" * 64


@dataclass
class RunningShim:
    """`end` is the daemon's end of the control socket."""

    pid: int
    end: socket.socket
    run_root: Path
    bundle: Bundle
    code: int | None = None
    fds: list[int] = field(default_factory=list)
    _number: int = 0

    def ask(self, op: str, *passed: int, **parameters: Any) -> dict[str, Any]:
        """Send a request; return the whole answer."""
        self._number += 1
        protocol.send(self.end, {"id": self._number, "op": op, **parameters}, passed)
        message, self.fds = protocol.receive(self.end)
        assert message is not None
        assert message["id"] == self._number
        return message

    def create(self, **place: str) -> dict[str, Any]:
        """Ask for a container, here or in another `place`; return the whole answer."""
        here = {"container": IDENTIFIER, "bundle": self.bundle.place, "socket": str(self.socket_path)}
        return self.ask("create", place=here | place, namespaces=[], terminal=False, stdin_open=False)

    def connect(self) -> socket.socket:
        """Come as the next daemon does."""
        end = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        end.settimeout(10)
        end.connect(str(self.socket_path))
        return end

    @property
    def socket_path(self) -> Path:
        return protocol.socket_path(self.run_root, self.bundle.path)

    def has_ended(self) -> bool:
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code is not None

    def wait(self) -> int:
        eventually(self.has_ended)
        assert self.code is not None
        return self.code


@contextlib.contextmanager
def running_shim(place: Path, *, adopts: bool = True) -> Iterator[RunningShim]:
    """Fork a shim that is asked for a container, in vain: its bundle below `place` is empty. Killed afterwards."""
    bundle = Bundle(place / "bundle")
    bundle.path.mkdir()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            process.prepare()
            process.serve(theirs.fileno(), cgroups=AbsentManager("a test"))
            code = 0
        finally:
            os._exit(code)
    theirs.close()
    ours.settimeout(10)
    shim = RunningShim(pid, ours, place, bundle)
    shim.socket_path.parent.mkdir(mode=0o700)
    try:
        if adopts:
            assert shim.create()["error"]["kind"] == "not_found", "there is no spec in the bundle"
        yield shim
    finally:
        ours.close()
        if not shim.has_ended():
            os.kill(pid, 9)
            os.waitpid(pid, 0)
