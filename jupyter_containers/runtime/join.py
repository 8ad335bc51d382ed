"""One more process inside a running container: what `docker exec` asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_containers.cgroups.manager import Cgroup
from jupyter_containers.oci.runtime_spec import Process
from jupyter_containers.runtime.state import State


@dataclass(frozen=True, slots=True)
class Joined:
    """A running exec: a child of the caller, who reaps it and closes both descriptors."""

    pid: int
    pid_start_time: int
    pidfd: int
    terminal_fd: int | None


def join(
    container: State,
    cgroup: Cgroup,
    process: Process,
    *,
    stdio: tuple[int, int, int] | None,
    seccomp: Mapping[str, Any] | None,
) -> Joined:
    """Run a process in all namespaces and the cgroup of a container; return when its `execve` has happened.

    `stdio` as in create.create; `seccomp` is the container's profile (spec.linux.seccomp), None for none.
    Raises: CannotExecute (details exit_code 126 or 127), Conflict when the container is not running.
    """
    raise NotImplementedError
