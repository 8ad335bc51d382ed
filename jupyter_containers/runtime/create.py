"""Outside: from a bundle to a container that waits before `execve`, and the word that lets it go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jupyter_containers.cgroups.manager import Cgroup, CgroupManager
from jupyter_containers.runtime.bundle import Bundle


@dataclass(frozen=True, slots=True)
class Created:
    """A container that is set up and waits. All descriptors are the caller's to close, `go_fd` by `start`."""

    pid: int
    pid_start_time: int
    pidfd: int
    netns_fd: int | None
    netlink_fd: int | None
    cgroup: Cgroup
    terminal_fd: int | None
    go_fd: int


def create(
    bundle: Bundle,
    *,
    stdio: tuple[int, int, int] | None,
    cgroup_manager: CgroupManager,
    on_network: Callable[[int, int], None] | None = None,
) -> Created:
    """Set a container up until its PID 1 waits before `execve`.

    `stdio` are descriptors for 0, 1 and 2 (stay open, the caller's); None with a terminal. `on_network` is called with
    (netns_fd, netlink_fd) as soon as the new network namespace exists, while set-up goes on: both stay the caller's
    and are returned again in Created. Raises: ContainersError with details step, errno, path; nothing is left then.
    """
    raise NotImplementedError


def start(created: Created) -> None:
    """Let init `execve`; return when it has. Closes `go_fd`. Raises: CannotExecute (details exit_code 126 or 127);
    init is dead then, but not reaped: the caller, who waits for it anyway, does that."""
    raise NotImplementedError
