"""Receive a request with a descriptor, fork a shim, answer its pid; again until the daemon is gone."""

from __future__ import annotations

import errno
import gc
import os
import signal
import socket
import struct
import sys
import traceback
from typing import NoReturn

from jupyter_containers.cgroups.manager import CgroupManager, choose
from jupyter_containers.linux import memory, processes
from jupyter_containers.runtime import rehearsal
from jupyter_containers.shim import process as shim
from jupyter_containers.zygote.protocol import ANSWER_BYTES, FORK, ORDER, STOCK

# Room for a few descriptors, so that too many are known as such.
_SPACE = socket.CMSG_SPACE(4 * 4)


def serve(end: socket.socket) -> None:
    """Fork shims until the other end of `end` is closed. The calling process must have one thread."""
    processes.set_title("jc: zygote")
    # Shims are nobody's business here: the kernel reaps them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Signals are ignored here as they are there: the daemon decides when this ends, by closing its end.
    shim.prepare()
    # Done once here, and found in memory by every shim: the default profile takes 10 ms, the hierarchies 3.
    cgroups = choose()
    rehearsal.rehearse(cgroups)
    gc.collect()
    # What is here now is never looked at by a collection again, so its pages stay shared with all shims.
    gc.freeze()
    _filling = memory.fill_pools()
    while True:
        # Few objects, and so few pages: see protocol.py.
        try:
            request, ancillary, _, _ = end.recvmsg(len(FORK), _SPACE, socket.MSG_CMSG_CLOEXEC)
        except ConnectionResetError:
            return
        if not request:
            return
        fds = [fd for _, _, content in ancillary for fd in struct.unpack(f"{len(content) // 4}i", content)]
        pid = -errno.EINVAL
        if len(fds) == 1:
            try:
                pid = os.fork()
            except OSError as error:
                pid = -(error.errno or errno.EAGAIN)
            if pid == 0:
                end.close()
                _become_shim(fds[0], cgroups, waits=request == STOCK)
        for fd in fds:
            os.close(fd)
        end.send(pid.to_bytes(ANSWER_BYTES, ORDER, signed=True))


def _become_shim(control_fd: int, cgroups: CgroupManager, *, waits: bool) -> NoReturn:
    """Run the shim; never return into the zygote's loop."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        shim.serve(control_fd, cgroups=cgroups, waits=waits)
        code = 0
    except BaseException:  # noqa: BLE001 - the end of the process: a trace in the bundle is all that can be left
        # The bundle is where a shim is at work; one without a container is in the root, where nothing is to be left.
        if os.getcwd() != "/":
            with open("shim.trace", "w", encoding="utf-8") as file:
                traceback.print_exc(file=file)
    finally:
        os._exit(code)


def main(fd: int) -> None:
    """Serve on an inherited descriptor: the entry of the process."""
    sys.stdin.close()
    serve(socket.socket(fileno=fd))
