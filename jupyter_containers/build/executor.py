"""What a build needs of the world to run a process: one verb. The composition root hands an implementation in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from jupyter_containers.oci.runtime_spec import Mount

# "default", "none", "host", or the name of a network.
NetworkMode: TypeAlias = str

STDOUT = 1
STDERR = 2

# Mount points that a runtime makes in the root when the image lacks them. They are no work of the process, so the build
# takes them out of the layer again; see operations/stubs.py. A runtime that needs others must not leave them behind.
RUNTIME_MOUNT_POINTS = (
    "dev", "dev/console", "dev/mqueue", "dev/pts", "dev/shm", "proc", "sys", "sys/fs/cgroup",
    "etc/hosts", "etc/hostname", "etc/resolv.conf",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StepLimits:
    """What the processes of a build may use, and what they find in /etc/hosts; no part of what a step is.

    0 or empty is "not set". Sizes in bytes, CPU times in microseconds; `ulimits` are name, soft and hard limit.
    """

    memory: int = 0
    memory_swap: int = 0
    cpu_shares: int = 0
    cpu_period: int = 0
    cpu_quota: int = 0
    cpuset_cpus: str = ""
    cpuset_mems: str = ""
    shm_size: int = 0
    ulimits: tuple[tuple[str, int, int], ...] = ()
    extra_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One process to run to its end.

    `id` is 64 hex digits, unique, free for a container id. `rootfs` are the mounts that make the writable root, bottom
    first. `user` is Docker's `user[:group]`, names looked up in the root. `args` are complete: a shell stands in them.
    `is_privileged` is what it is for containers.
    """

    id: str
    rootfs: tuple[Mount, ...]
    args: tuple[str, ...]
    env: tuple[str, ...] = ()
    cwd: str = "/"
    user: str = ""
    network: NetworkMode = "default"
    hostname: str = ""
    mounts: tuple[Mount, ...] = ()
    limits: StepLimits = StepLimits()
    is_privileged: bool = False


class Executor(Protocol):
    async def run(self, step: Step, *, output: Callable[[int, bytes], None]) -> int:
        """Run the step's process and return its exit code (128 + signal when killed).

        `output(stream, bytes)` is called on the event loop, stream 1 or 2, all of it before the return. Standard input
        is empty. Raises the runtime's error when the process cannot be executed, with details exit_code 126 or 127.
        After cancellation: every process of the step is dead and nothing of it is mounted, before CancelledError
        leaves; the snapshot behind `rootfs` belongs to the caller.
        """
