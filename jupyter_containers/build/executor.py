"""What a build needs of the world to run a process: one verb. The composition root hands an implementation in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from jupyter_containers.oci.runtime_spec import Mount

NetworkMode = Literal["default", "none", "host"]

STDOUT = 1
STDERR = 2

# Mount points that a runtime makes in the root when the image lacks them. They are no work of the process, so the build
# takes them out of the layer again; see operations/stubs.py. A runtime that needs others must not leave them behind.
RUNTIME_MOUNT_POINTS = (
    "dev", "dev/console", "dev/mqueue", "dev/pts", "dev/shm", "proc", "sys", "sys/fs/cgroup",
    "etc/hosts", "etc/hostname", "etc/resolv.conf",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One process to run to its end.

    `id` is 64 hex digits, unique, free for a container id. `rootfs` are the mounts that make the writable root, bottom
    first. `user` is Docker's `user[:group]`, names looked up in the root. `args` are complete: a shell stands in them.
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


class Executor(Protocol):
    async def run(self, step: Step, *, output: Callable[[int, bytes], None]) -> int:
        """Run the step's process and return its exit code (128 + signal when killed).

        `output(stream, bytes)` is called on the event loop, stream 1 or 2, all of it before the return. Standard input
        is empty. Raises the runtime's error when the process cannot be executed, with details exit_code 126 or 127.
        After cancellation: every process of the step is dead and nothing of it is mounted, before CancelledError
        leaves; the snapshot behind `rootfs` belongs to the caller.
        """
