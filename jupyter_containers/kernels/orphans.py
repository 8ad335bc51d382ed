"""Containers of kernels whose server has died without ending them: found by a label that says who their server is."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_containers.client import Client
from jupyter_containers.errors import ContainersError
from jupyter_containers.kernels.container_plan import LABEL

OWNER_LABEL = f"{LABEL}.owner"
SPEC_LABEL = f"{LABEL}.name"
_START_TIME_FIELD = 22


def labels(kernel_id: str, spec_name: str) -> tuple[str, ...]:
    """Return the labels of a kernel's container that this process starts."""
    return (f"{LABEL}={kernel_id}", f"{SPEC_LABEL}={spec_name}", f"{OWNER_LABEL}={_owner(os.getpid())}")


def remove_orphans(client: Client) -> list[str]:
    """Remove containers of kernels whose server is gone; return their names. Whose server is not known stays."""
    removed = []
    for container in client.containers.list(every=True, filters={"label": [OWNER_LABEL]}):
        if _is_gone(container.labels.get(OWNER_LABEL, "")):
            try:
                client.containers.remove(container.id, force=True, volumes=True)
            except ContainersError:
                continue  # somebody else is at it
            removed.append(container.name)
    return removed


def _owner(pid: int) -> str:
    """Return what tells one process from all others: its pid, when it began, and in which namespace that counts."""
    return f"{pid}:{_start_time(pid)}:{_namespace()}"


def _is_gone(owner: str) -> bool:
    pid, _, rest = owner.partition(":")
    if not pid.isdigit() or rest.partition(":")[2] != _namespace():
        return False
    return _owner(int(pid)) != owner and (bool(_start_time(int(pid))) or not _is_there(int(pid)))


def _is_there(pid: int) -> bool:
    """Tell whether there is a process, also when /proc hides that of somebody else."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _start_time(pid: int) -> str:
    """Return when a process began, in ticks since the boot; "" when there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    # The name may hold blanks and brackets; it ends at the last bracket.
    return text.rpartition(")")[2].split()[_START_TIME_FIELD - 3]


def _namespace() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{os.readlink('/proc/self/ns/pid')}:{boot}"
