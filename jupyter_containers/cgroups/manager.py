"""What a cgroup backend offers, the values it answers with, and the choice of the backend for this host."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from jupyter_containers.oci.runtime_spec import Resources


@dataclass(frozen=True, slots=True)
class BlockTransfer:
    """What went to or came from one disk: bytes, and number of requests, by operation ("Read", "Write", …)."""

    major: int
    minor: int
    operation: str
    transferred_bytes: int
    requests: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a group used since it was made. None where this kernel, or a limit that is not set, has no number."""

    cpu_total_ns: int = 0
    cpu_user_ns: int = 0
    cpu_system_ns: int = 0
    per_cpu_ns: tuple[int, ...] = ()  # empty on v2, which does not count it
    periods: int = 0  # enforcement periods of the CPU quota that have passed
    throttled_periods: int = 0
    throttled_ns: int = 0
    memory_bytes: int | None = None
    memory_max_bytes: int | None = None  # the highest so far
    memory_limit_bytes: int | None = None  # None: unlimited
    memory_failures: int | None = None  # how often the limit was hit
    memory_stat: Mapping[str, int] = field(default_factory=dict, hash=False)  # the kernel's own words
    pids: int | None = None
    pids_limit: int | None = None
    blkio: tuple[BlockTransfer, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Usage:
        transfers = tuple(BlockTransfer(**transfer) for transfer in data["blkio"])
        return cls(**{**data, "blkio": transfers, "per_cpu_ns": tuple(data["per_cpu_ns"])})


class Cgroup(Protocol):
    """One group. A value: it holds paths and no descriptors, so it survives fork and can be made again by `open`."""

    @property
    def paths(self) -> Mapping[str, str]:
        """Return the directories by controller; {"unified": …} on v2."""

    def add(self, pid: int) -> None:
        """Move a process into the group. Raises OSError (ProcessLookupError when it is gone)."""

    def enter(self) -> None:
        """Move the calling process, which must have one thread, into the group; much cheaper than `add`.

        Must come before the process unshares its cgroup namespace, whose root is the group at that moment, and
        before the host's cgroup mounts are out of sight. Raises OSError.
        """

    def directory_fd(self) -> int | None:
        """Return a descriptor for namespaces.clone(cgroup_fd=…), which the caller closes; None on v1."""

    def update(self, resources: Resources) -> None:
        """Change the limits that are set in `resources`; None leaves a limit as it is.

        Raises InvalidParameter for a limit that the kernel refuses, Unsupported for one it does not have.
        """

    def processes(self) -> list[int]:
        """Return the pids in the group and in groups that the container made below it."""

    def kill(self, signal: int = 9) -> None:
        """Send a signal to every process in the group; 9 also to those that fork meanwhile, frozen or not.

        Returns when the signals are sent, which is before the processes are gone. An absent group is an empty one.
        """

    def freeze(self) -> None:
        """Stop all processes; return when they are stopped. Raises DeadlineExceeded (the group is thawed again)."""

    def thaw(self) -> None:
        """Let the processes go on."""

    def usage(self) -> Usage:
        """Return what was used so far. Raises NotFound when the group was removed."""

    def oom_kills(self) -> int:
        """Return how many processes the kernel has killed for memory in this group; 0 when it does not count."""

    def oom_event_fd(self) -> int | None:
        """Return a descriptor that becomes readable when memory ran out, or None; the caller closes it.

        Readable only means: look at `oom_kills` again, after having read the descriptor empty.
        """

    def remove(self) -> None:
        """Remove the group and those below it; an absent group is fine. Raises Conflict while processes are in it."""


class CgroupManager(Protocol):
    """The backend of this host. Stateless: every answer is read from the kernel."""

    @property
    def version(self) -> int:
        """Return 1 or 2, or 0 when there are no cgroups to use."""

    def create(self, path: str, resources: Resources) -> Cgroup:
        """Make the group `path`, relative to the hierarchy's root, with its limits; nothing is left on failure.

        Raises InvalidParameter for impossible limits, Unsupported (with the reason) for one whose controller is
        missing, Conflict when processes are in a group of that path.
        """

    def open(self, path: str) -> Cgroup:
        """Return a group that `create` made. Raises NotFound."""

    def capabilities(self) -> frozenset[str]:
        """Return the kinds of limits that work here, out of those in LIMITS."""

    def tidy(self, path: str) -> None:
        """Remove the group `path` that only held others (the parent of all containers) when it is empty."""

    @property
    def reason(self) -> str:
        """Return why what is missing is missing, in a sentence; empty when nothing is."""


# memory: limit and usage; swap: memory_swap; swappiness, oom_kill_disable: v1 only; cpu: shares and quota; devices: the
# rules are enforced (without it a container must not keep CAP_MKNOD); blkio: counted; blkio_weight: can be set.
LIMITS = frozenset({
    "memory", "swap", "swappiness", "oom_kill_disable", "cpu", "cpuset", "pids", "freezer", "devices", "blkio",
    "blkio_weight",
})  # fmt: skip


def choose(root: str | os.PathLike[str] = "/sys/fs/cgroup") -> CgroupManager:
    """Return the backend for the hierarchies mounted at `root`: v2 when the root is unified, else v1, else absent."""
    # Imported here because each of them imports this module's values, and a host needs one of them.
    if os.path.exists(os.path.join(root, "cgroup.controllers")):
        from jupyter_containers.cgroups import v2

        return v2.find(root)
    from jupyter_containers.cgroups import absent, v1

    hierarchies = v1.find_hierarchies(root)
    if hierarchies:
        return v1.LegacyManager(hierarchies)
    return absent.AbsentManager(f"no cgroup hierarchy that this user may write to is mounted at {root}")
