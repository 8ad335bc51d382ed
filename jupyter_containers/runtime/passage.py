"""The last step into a pid namespace whose processes are not trusted.

    carrier ─ clone(CLONE_PARENT) ─▶ the process
    in all of the container's namespaces         born in the pid namespace, with the user, the capabilities
    but that of the pids: nobody sees it         and the filter that it shall have, and nothing more

With CAP_SYS_PTRACE a container may read, stop and rewrite whoever appears in its pid namespace; without it, stop them.
So what takes privileges is done by a carrier that cannot be seen from there, and what is born has nothing to lose.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import time
from collections.abc import Iterable
from dataclasses import replace

from jupyter_containers.errors import ContainersError
from jupyter_containers.linux import constants, namespaces, processes, terminals
from jupyter_containers.oci.runtime_spec import Process, Rlimit
from jupyter_containers.runtime import privileges
from jupyter_containers.runtime.handshake import Channel

Program = tuple[bytes, int]

# A container that is short of CPU needs seconds for what takes milliseconds.
PATIENCE_SECONDS = 30
_LOOK_MS = 50
_PROCESSES = "RLIMIT_NPROC"


def limits_of_carrier(limits: Iterable[Rlimit]) -> list[Rlimit]:
    """Return the limits to set before the birth: the carrier is one process more, and `live` takes the rest away."""
    soft, hard = (2**64 - 1 if value == -1 else value for value in resource.getrlimit(resource.RLIMIT_NPROC))
    return [
        replace(limit, soft=max(limit.soft, soft), hard=max(limit.hard, hard)) if limit.type == _PROCESSES else limit
        for limit in limits
    ]


def bear() -> int:
    """Clone the process out of its carrier; return its pid, 0 in the process itself. Raises OSError."""
    os.umask(0o022)
    return namespaces.clone(constants.CLONE_PARENT)


def live(process: Process, program: Program | None, channel: Channel) -> None:
    """Be the process from its birth until it is ready for `execve`; begins when the parent says so."""
    processes.set_parent_death_signal(signal.SIGKILL)
    # What the carrier says comes before anything from here.
    channel.expect("go")
    os.setsid()
    if process.terminal:
        terminals.make_controlling(0)
    privileges.set_limits(limit for limit in process.rlimits if limit.type == _PROCESSES)
    privileges.load_last(process, program)


def await_word(pid: int, channel: Channel, failed: str, step: str, *, is_last: bool = False) -> None:
    """Wait until there is something to receive from a child of this process; with `is_last` until it has hung up.

    Root of a container may stop it (SIGSTOP, ptrace) before its `execve`. Who waits here is the shim: for as long as it
    does, nobody could kill the container. Raises ContainersError, which begins with `failed`.
    """
    poll = select.poll()
    # Nobody is woken for what comes before a hang-up, and so takes the processor of whoever said it.
    poll.register(channel.fileno(), 0 if is_last else select.POLLIN)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not poll.poll(_LOOK_MS):
        if _is_stopped(pid) or time.monotonic() > deadline:
            reason = "something in the container has stopped it" if _is_stopped(pid) else "it takes too long"
            raise ContainersError(f"{failed}: the process could not be started: {reason}", step=step)


def _is_stopped(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return False
