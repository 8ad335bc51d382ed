"""Making the container in a process of its own: the memory that this touches, 1.5 MB, goes when it is done.

    shim ─ fork ─▶ maker ─ clone(CLONE_PARENT) ─▶ init, a child of the shim
           ◀── {"made": …} + the descriptor to start it, its terminal ──┘

A fork shares all pages until one of the two writes, and Python writes wherever it looks (reference counts). The shim
stays for as long as its container; the maker is there for some milliseconds.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from jupyter_containers.cgroups.manager import CgroupManager
from jupyter_containers.errors import ContainersError, NotFound, from_data, to_data
from jupyter_containers.runtime import create as runtime
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.create import Created
from jupyter_containers.shim import protocol

TellNetwork = Callable[[int, int], None]
Stdio = tuple[int, int, int]
_BURIAL_SECONDS = 5


@dataclass(slots=True)
class Maker:
    """A maker at work: `finish` once. The shim may do other things meanwhile."""

    pid: int
    end: socket.socket
    bundle: Bundle
    cgroups: CgroupManager

    def finish(self) -> Created:
        """Wait for the container. Raises what the runtime raises; nothing is left then."""
        with self.end as end:
            answer, fds = protocol.receive(end)
        if answer is None:
            self._bury()
            raise ContainersError(f"{runtime.CREATE_FAILED}: the process that made it has died", step="create")
        if "error" in answer:
            raise from_data(answer["error"])
        made = answer["made"]
        return Created(
            pid=made["pid"], pid_start_time=made["pid_start_time"], pidfd=-1, netns_fd=None, netlink_fd=None,
            cgroup=self.cgroups.open(made["cgroup"]), go_fd=fds[0], terminal_fd=fds[1] if len(fds) > 1 else None,
        )  # fmt: skip

    def _bury(self) -> None:
        """Remove the group of a container whose maker was killed; its init ends by itself, as nobody can start it."""
        try:
            group = self.cgroups.open(runtime.cgroup_path(self.bundle, self.bundle.load_spec()))
        except NotFound:
            return
        group.kill(signal.SIGKILL)
        deadline = time.monotonic() + _BURIAL_SECONDS
        while group.processes() and time.monotonic() < deadline:
            time.sleep(0.002)
        group.remove()


def begin(bundle: Bundle, *, stdio: Stdio | None, cgroups: CgroupManager, tell_network: TellNetwork) -> Maker:
    """Fork a maker for the bundle's container; descriptors as for runtime.create. `tell_network` is called in it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        pid = os.fork()
        if pid == 0:
            _make(theirs, bundle, stdio, cgroups, tell_network)
    return Maker(pid, ours, bundle, cgroups)


def _make(
    end: socket.socket, bundle: Bundle, stdio: Stdio | None, cgroups: CgroupManager, tell_network: TellNetwork
) -> NoReturn:
    """Make it, say how it went, and be gone."""
    try:
        # The socket behind it is the shim's, too.
        signal.set_wakeup_fd(-1)
        answer, fds = _made(bundle, stdio, cgroups, tell_network)
        protocol.send(end, answer, fds)
    except BaseException as error:  # noqa: BLE001 - the shim must hear of it, whatever it was
        protocol.send(end, {"error": to_data(error)})
    finally:
        os._exit(0)


def _made(
    bundle: Bundle, stdio: Stdio | None, cgroups: CgroupManager, tell_network: TellNetwork
) -> tuple[dict[str, Any], list[int]]:
    spec = bundle.load_spec()
    created = runtime.create(
        bundle, stdio=stdio, cgroup_manager=cgroups, spec=spec, on_network=tell_network, as_sibling=True
    )
    made = {
        "pid": created.pid,
        "pid_start_time": created.pid_start_time,
        "cgroup": runtime.cgroup_path(bundle, spec),
    }
    return {"made": made}, [created.go_fd, *([] if created.terminal_fd is None else [created.terminal_fd])]
