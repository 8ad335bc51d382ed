"""Receive a request with a descriptor, fork a shim, answer its pid; again until the daemon is gone."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from jupyter_containers.cgroups.manager import CgroupManager, choose
from jupyter_containers.linux import processes
from jupyter_containers.runtime import defaults, privileges
from jupyter_containers.shim import process as shim
from jupyter_containers.shim import protocol
from jupyter_containers.zygote.protocol import Launch, Launched


def serve(end: socket.socket) -> None:
    """Fork shims until the other end of `end` is closed. The calling process must have one thread."""
    processes.set_title("jc: zygote")
    # Shims are nobody's business here: the kernel reaps them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Signals are ignored here as they are there: the daemon decides when this ends, by closing its end.
    shim.prepare()
    # Done once here, and found in memory by every shim: the default profile takes 10 ms, the hierarchies 3.
    privileges.compile_filter(defaults.default_seccomp(), defaults.default_capabilities())
    cgroups = choose()
    gc.collect()
    # What is here now is never looked at by a collection again, so its pages stay shared with all shims.
    gc.freeze()
    while True:
        message, fds = protocol.receive(end)
        if message is None:
            return
        answer = _launch(Launch.from_json(message), end, fds, cgroups)
        for fd in fds:
            os.close(fd)
        protocol.send(end, answer.to_json())


def _launch(request: Launch, end: socket.socket, fds: list[int], cgroups: CgroupManager) -> Launched:
    if len(fds) != 1:
        return Launched(request.id, error=f"a launch comes with one descriptor, not {len(fds)}")
    try:
        pid = os.fork()
    except OSError as error:
        return Launched(request.id, error=f"cannot fork a shim: {error.strerror}")
    if pid == 0:
        end.close()
        _become_shim(request, fds[0], cgroups)
    return Launched(request.id, pid)


def _become_shim(request: Launch, control_fd: int, cgroups: CgroupManager) -> NoReturn:
    """Run the shim; never return into the zygote's loop."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        shim.serve(request.id, Path(request.bundle), Path(request.run), control_fd, cgroups=cgroups)
        code = 0
    except BaseException:  # noqa: BLE001 - the end of the process: a trace in the bundle is all that can be left
        with open(os.path.join(request.bundle, "shim.trace"), "w", encoding="utf-8") as file:
            traceback.print_exc(file=file)
    finally:
        os._exit(code)


def main(fd: int) -> None:
    """Serve on an inherited descriptor: the entry of the process."""
    sys.stdin.close()
    serve(protocol.roomy(socket.socket(fileno=fd)))
