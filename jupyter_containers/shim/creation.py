"""Making the container in other processes: the memory that this touches, 1.5 MB, goes when it is done.

    shim ─ "become" ─▶ init, which was born ahead (runtime/newborn.py)

    shim ─ fork ─▶ maker ─ clone(CLONE_PARENT) ─▶ init, made to order, a child of the shim
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
from typing import Any, NoReturn, Protocol

from jupyter_containers.cgroups.manager import CgroupManager
from jupyter_containers.errors import ContainersError, NotFound, from_data, to_data
from jupyter_containers.runtime import create as runtime
from jupyter_containers.runtime import newborn as newborns
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.create import Created
from jupyter_containers.runtime.newborn import Newborn
from jupyter_containers.shim import protocol

TellNetwork = Callable[[int, int], None]
Stdio = tuple[int, int, int]
_BURIAL_SECONDS = 5


class Making(Protocol):
    """A container under way. The shim may do other things meanwhile."""

    def finish(self) -> Created:
        """Wait for the container. Raises what the runtime raises; nothing is left then. Call it once."""


@dataclass(slots=True)
class Growing:
    """A newborn that becomes the container."""

    newborn: Newborn
    bundle: Bundle
    cgroups: CgroupManager

    def finish(self) -> Created:
        """See Making."""
        created, durations = newborns.follow(self.newborn, self.bundle, self.cgroups)
        durations.write(self.bundle.trace_path)
        return created


@dataclass(slots=True)
class Maker:
    """A maker at work."""

    pid: int
    end: socket.socket
    bundle: Bundle
    cgroups: CgroupManager

    def finish(self) -> Created:
        """See Making."""
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


def begin(
    bundle: Bundle,
    *,
    stdio: Stdio | None,
    cgroups: CgroupManager,
    tell_network: TellNetwork,
    newborn: Newborn | None = None,
) -> Making:
    """Begin the bundle's container with `newborn`, or a maker; descriptors as for runtime.create.

    `tell_network` is called at once, or in the maker.
    """
    if newborn is not None:
        newborns.become(newborn, bundle, stdio)
        tell_network(newborn.netns_fd, newborn.netlink_fd)
        return Growing(newborn, bundle, cgroups)
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
