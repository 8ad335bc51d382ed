"""Limits that no kernel accepts, refused before anything is written, in words about the limit.

The bounds are the kernel's: kernel/sched/core.c for CPU, documentation of cgroup v1 blkio for the weight.
"""

from __future__ import annotations

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.runtime_spec import Resources

_RANGES = {
    "cpu_shares": (2, 262144, "CPU shares"),
    "cpu_period": (1000, 1000000, "CPU period in microseconds"),
    "blkio_weight": (10, 1000, "block I/O weight"),
    "memory_swappiness": (0, 100, "memory swappiness"),
}


def check_values(resources: Resources) -> None:
    """Raise InvalidParameter for a limit that is out of its range or contradicts another one."""
    for name, (low, high, words) in _RANGES.items():
        value = getattr(resources, name)
        if value is not None and not low <= value <= high:
            raise InvalidParameter(f"invalid {words} {value}: must be from {low} to {high}")
    quota = resources.cpu_quota
    if quota is not None and 0 < quota < 1000:
        raise InvalidParameter(f"invalid CPU quota {quota}: must be at least 1000 microseconds")
    limit, swap = resources.memory_limit, resources.memory_swap
    for words, value in (("memory limit", limit), ("memory reservation", resources.memory_reservation)):
        if value is not None and value <= 0 and value != -1:
            raise InvalidParameter(f"invalid {words} {value}: must be a number of bytes, or -1 for none")
    if swap is not None and swap != -1 and swap <= 0:
        raise InvalidParameter(f"invalid memory and swap limit {swap}: must be a number of bytes, or -1 for none")
    if swap is not None and swap != -1 and limit is not None and swap < limit:
        raise InvalidParameter(f"invalid memory and swap limit {swap}: must not be less than the memory limit {limit}")
