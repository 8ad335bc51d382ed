"""Limits: numbers that a request must keep, and those that this host's kernel makes nothing of. Pure.

Docker's words where dockerd has the rule, because people search for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from jupyter_containers.engine.containers.record import Limits
from jupyter_containers.errors import InvalidParameter, Unsupported

MIN_MEMORY_BYTES = 6 * 1024 * 1024
# Of a CPU or memory node.
_HIGHEST_NUMBER = 8192
# A field of Limits, what the cgroup manager must know to keep it (None: nothing knows it), what is kept instead, why.
_DISCARDED: tuple[tuple[str, str | None, dict[str, Any], str], ...] = (
    (
        "memory", "swap", {"memory_swap": -1},
        "Your kernel does not support swap limit capabilities or the cgroup is not mounted. "
        "Memory limited without swap.",
    ),
    (
        "has_swappiness", "swappiness", {"memory_swappiness": None},
        "Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. "
        "Memory swappiness discarded.",
    ),
    (
        "oom_kill_disable", "oom_kill_disable", {"oom_kill_disable": None},
        "Your kernel does not support OomKillDisable. OomKillDisable discarded.",
    ),
    (
        "kernel_memory", None, {"kernel_memory": 0},
        "Your kernel does not support kernel memory limit capabilities or the cgroup is not mounted. "
        "Limitation discarded.",
    ),
    (
        "kernel_memory_tcp", None, {"kernel_memory_tcp": 0},
        "Your kernel does not support kernel memory TCP limit capabilities or the cgroup is not mounted. "
        "Limitation discarded.",
    ),
    ("cpu_percent", None, {"cpu_percent": 0}, "linux does not support CPU percent. Percent discarded."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HostLimits:
    """What this host can give: CPUs and memory nodes by number, and the cgroup manager's words."""

    cpus: Collection[int]
    memory_nodes: Collection[int]
    supported: Collection[str]


def settle_limits(limits: Limits) -> Limits:
    """Fill in what Docker derives: twice the memory for memory and swap together, when only memory is said."""
    if limits.memory > 0 and limits.memory_swap == 0:
        limits = replace(limits, memory_swap=limits.memory * 2)
    # Without a limit is what a container is born with: nothing to write, so no controller is needed.
    if limits.pids_limit is not None and limits.pids_limit <= 0:
        limits = replace(limits, pids_limit=None)
    return limits


def discard(limits: Limits, supported: Callable[[], Collection[str]]) -> tuple[Limits, tuple[str, ...]]:
    """Return the limits without those that no kernel, or not this one, knows any more, and a warning for each.

    Only for what Docker discards with a warning as well, and what old compose files are full of. `supported` (the
    cgroup manager's words) is asked only when there is something to ask.
    """
    changes: dict[str, Any] = {}
    warnings = []
    for field, needed, instead, words in _DISCARDED:
        if getattr(limits, field) and (needed is None or needed not in supported()):
            changes |= instead
            warnings.append(words)
    found = replace(limits, **changes) if changes else limits
    if found.oom_kill_disable and not found.memory:
        warnings.append(
            "OOM killer is disabled for the container, but no memory limit is set, this can result in the system "
            "running out of resources."
        )
    return found, tuple(warnings)


def check_limits(limits: Limits, host_limits: Callable[[], HostLimits]) -> None:
    """Raises InvalidParameter for numbers the kernel or Docker would not take, Unsupported for a missing controller.

    `host_limits` is asked only when there is something to compare.
    """
    if limits == Limits():
        return
    host = host_limits()
    _check_memory(limits)
    _check_cpu(limits, host)
    _check_support(limits, host)


def _check_memory(limits: Limits) -> None:
    memory, swap, reservation = limits.memory, limits.memory_swap, limits.memory_reservation
    if 0 < memory < MIN_MEMORY_BYTES or memory < 0:
        raise InvalidParameter("Minimum memory limit allowed is 6MB")
    if memory > 0 and 0 < swap < memory:
        raise InvalidParameter("Minimum memoryswap limit should be larger than memory limit, see usage")
    if memory == 0 and swap > 0:
        raise InvalidParameter("You should always set the Memory limit when using Memoryswap limit, see usage")
    swappiness = limits.memory_swappiness
    if swappiness is not None and not -1 <= swappiness <= 100:
        raise InvalidParameter(f"Invalid value: {swappiness}, valid memory swappiness range is 0-100")
    if 0 < reservation < MIN_MEMORY_BYTES or reservation < 0:
        raise InvalidParameter("Minimum memory reservation allowed is 6MB")
    if 0 < limits.kernel_memory < MIN_MEMORY_BYTES:
        raise InvalidParameter("Minimum kernel memory limit allowed is 6MB")
    if memory and reservation > memory:
        raise InvalidParameter("Minimum memory limit can not be less than memory reservation limit, see usage")


def _check_cpu(limits: Limits, host: HostLimits) -> None:
    if limits.nano_cpus and (limits.cpu_period or limits.cpu_quota):
        other = "Period" if limits.cpu_period else "Quota"
        raise InvalidParameter(f"Conflicting options: Nano CPUs and CPU {other} cannot both be set")
    if limits.nano_cpus < 0 or limits.nano_cpus > len(host.cpus) * 10**9 or 0 < limits.nano_cpus < 10**7:
        raise InvalidParameter(
            f"Range of CPUs is from 0.01 to {len(host.cpus)}.00, as there are only {len(host.cpus)} CPUs available"
        )
    if limits.cpu_period and not 1000 <= limits.cpu_period <= 1_000_000:
        raise InvalidParameter("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")
    if 0 < limits.cpu_quota < 1000:
        raise InvalidParameter("CPU cfs quota can not be less than 1ms (i.e. 1000)")
    for value, available, word, what in (
        (limits.cpuset_cpus, host.cpus, "CPUs", "cpuset cpus"),
        (limits.cpuset_mems, host.memory_nodes, "memory nodes", "cpuset mems"),
    ):
        if not parse_list(value, what) <= set(available):
            raise InvalidParameter(
                f"Requested {word} are not available - requested {value}, available: {_ranges(available)}"
            )
    _check_weights(limits)


def _check_weights(limits: Limits) -> None:
    if limits.blkio_weight and not 10 <= limits.blkio_weight <= 1000:
        raise InvalidParameter("Range of blkio weight is from 10 to 1000")
    for device in limits.blkio_weight_devices or ():
        if device.rate and not 10 <= device.rate <= 1000:
            raise InvalidParameter(f"Range of blkio weight of {device.path} is from 10 to 1000")


def _check_support(limits: Limits, host: HostLimits) -> None:
    rates = limits.blkio_read_bps or limits.blkio_write_bps or limits.blkio_read_iops or limits.blkio_write_iops
    wanted = (
        ("memory", "memory limit", limits.memory or limits.memory_reservation),
        ("cpu", "CPU limit", limits.nano_cpus or limits.cpu_quota or limits.cpu_period or limits.cpu_shares),
        ("cpuset", "cpuset", limits.cpuset_cpus or limits.cpuset_mems),
        ("pids", "pids limit", (limits.pids_limit or 0) > 0),
        ("blkio_weight", "block I/O weight", limits.blkio_weight or limits.blkio_weight_devices),
        ("blkio", "block I/O rate", rates),
    )
    for word, name, value in wanted:
        if value and word not in host.supported:
            raise Unsupported(f"cannot set a {name} on this host: the kernel's {word} controller is not available")


def parse_list(text: str, what: str) -> set[int]:
    """Return the numbers of a list such as `0-2,7`. Raises InvalidParameter."""
    numbers: set[int] = set()
    for part in text.split(",") if text else ():
        match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", part)
        if match is None or int(match[2] or match[1]) < int(match[1]):
            raise InvalidParameter(f"Invalid value {text} for {what}: invalid format: {part}")
        if int(match[2] or match[1]) > _HIGHEST_NUMBER:
            raise InvalidParameter(f"Invalid value {text} for {what}: value of out range, maximum is {_HIGHEST_NUMBER}")
        numbers.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return numbers


def _ranges(numbers: Collection[int]) -> str:
    ordered, parts, start = sorted(numbers), [], 0
    for place, number in enumerate(ordered):
        if place + 1 == len(ordered) or ordered[place + 1] != number + 1:
            first = ordered[start]
            parts.append(str(first) if first == number else f"{first}-{number}")
            start = place + 1
    return ",".join(parts)
