"""The limits of cgroup v1: which file of which controller, in which order, and what is impossible."""

from __future__ import annotations

import itertools
import mmap
import os
from collections.abc import Mapping

from jupyter_containers.cgroups import files
from jupyter_containers.cgroups.checks import check_values
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.oci.block_rates import NO_RATES, BlockRates
from jupyter_containers.oci.runtime_spec import DeviceRule, Resources

_MEMSW = "memory.memsw.limit_in_bytes"

# Field of Resources → controller, and the words for a message.
_NEEDS: Mapping[str, tuple[str, str]] = {
    "memory_limit": ("memory", "memory"),
    "memory_reservation": ("memory", "memory reservation"),
    "memory_swap": ("memory", "memory and swap"),
    "memory_swappiness": ("memory", "swappiness"),
    "cpu_shares": ("cpu", "CPU shares"),
    "cpu_quota": ("cpu", "CPU quota"),
    "cpu_period": ("cpu", "CPU period"),
    "cpuset_cpus": ("cpuset", "CPUs"),
    "cpuset_mems": ("cpuset", "memory nodes"),
    "pids_limit": ("pids", "processes"),
    "blkio_weight": ("blkio", "block I/O weight"),
}


def supported(hierarchies: Mapping[str, str]) -> frozenset[str]:
    """Return the kinds of limits that work with these hierarchies (names of manager.LIMITS)."""
    kinds = {name for name in ("memory", "cpu", "cpuset", "pids", "freezer", "devices", "blkio") if name in hierarchies}
    # The root groups of v1 have these files as well.
    if "memory" in hierarchies:
        memory = hierarchies["memory"]
        candidates = {"swap": _MEMSW, "swappiness": "memory.swappiness", "oom_kill_disable": "memory.oom_control"}
        kinds |= {kind for kind, name in candidates.items() if os.path.exists(f"{memory}/{name}")}
    # BFQ's weight is only in groups below the root, its counters also there.
    if "blkio" in hierarchies and any(
        os.path.exists(f"{hierarchies['blkio']}/{name}") for name in ("blkio.weight", "blkio.bfq.io_service_bytes")
    ):
        kinds.add("blkio_weight")
    return frozenset(kinds)


def missing(controller: str, what: str) -> Unsupported:
    """Return the error for a limit whose controller is not there."""
    return Unsupported(f"cannot limit {what}: cgroup controller {controller} is not mounted or not writable")


def check(resources: Resources, directories: Mapping[str, str]) -> None:
    """Refuse what cannot be, before anything is made. Raises InvalidParameter, Unsupported."""
    check_values(resources)
    for name, (controller, what) in _NEEDS.items():
        value = getattr(resources, name)
        if value is not None and controller not in directories and not (name == "memory_swap" and value == -1):
            raise missing(controller, what)
    if resources.oom_kill_disable and "memory" not in directories:
        raise missing("memory", "memory")
    if resources.block_rates != NO_RATES and "blkio" not in directories:
        raise missing("blkio", "block I/O")
    if resources.devices and "devices" not in directories:
        raise missing("devices", "devices")


def write(resources: Resources, directories: Mapping[str, str]) -> None:
    """Write the limits that are set; None leaves the kernel's value alone. Raises InvalidParameter, Unsupported."""
    if "memory" in directories:
        _write_memory(resources, directories["memory"])
    if "cpu" in directories:
        _write_cpu(resources, directories["cpu"])
    if resources.cpuset_cpus is not None:
        _write_cpuset(directories["cpuset"], "cpuset.cpus", resources.cpuset_cpus, "CPUs")
    if resources.cpuset_mems is not None:
        _write_cpuset(directories["cpuset"], "cpuset.mems", resources.cpuset_mems, "memory nodes")
    if resources.pids_limit is not None:
        value = resources.pids_limit if resources.pids_limit > 0 else "max"
        files.write_limit(directories["pids"], "pids.max", value, limit="number of processes")
    if resources.blkio_weight is not None:
        name = _weight_file(directories["blkio"]) or "blkio.weight"
        files.write_limit(directories["blkio"], name, resources.blkio_weight, limit="block I/O weight")
    if resources.block_rates != NO_RATES:
        _write_block_rates(resources.block_rates, directories["blkio"])
    if resources.devices:
        _write_devices(resources.devices, directories["devices"])


def _write_block_rates(rates: BlockRates, blkio: str) -> None:
    weight_file = f"{_weight_file(blkio) or 'blkio.weight'}_device"
    for name, entries, what in (
        (weight_file, rates.weights, "block I/O weight"),
        ("blkio.throttle.read_bps_device", rates.read_bps, "bytes read each second"),
        ("blkio.throttle.write_bps_device", rates.write_bps, "bytes written each second"),
        ("blkio.throttle.read_iops_device", rates.read_iops, "reads each second"),
        ("blkio.throttle.write_iops_device", rates.write_iops, "writes each second"),
    ):
        for entry in entries:
            files.write_limit(blkio, name, f"{entry.major}:{entry.minor} {entry.rate}", limit=what)


def _write_memory(resources: Resources, memory: str) -> None:
    limit, swap = resources.memory_limit, resources.memory_swap
    if swap is not None and _grows(memory, swap):
        _write_swap(memory, swap)
        swap = None
    if limit is not None:
        # The kernel keeps memory <= memory+swap at every moment, so the one that makes room goes first.
        _refuse_over_swap(memory, limit, swap)
        files.write_limit(memory, "memory.limit_in_bytes", limit, limit="memory limit")
    if swap is not None:
        _write_swap(memory, swap)
    if resources.memory_reservation is not None:
        value = resources.memory_reservation
        files.write_limit(memory, "memory.soft_limit_in_bytes", value, limit="memory reservation")
    if resources.memory_swappiness is not None:
        files.write_limit(memory, "memory.swappiness", resources.memory_swappiness, limit="swappiness")
    if resources.oom_kill_disable:
        files.write_limit(memory, "memory.oom_control", 1, limit="OOM killer")


def _grows(memory: str, swap: int) -> bool:
    current = files.read_number(memory, _MEMSW)
    return current is not None and (swap == -1 or swap > current)


def _write_swap(memory: str, swap: int) -> None:
    if swap == -1 and not os.path.exists(f"{memory}/{_MEMSW}"):
        return  # no accounting of swap, no limit to lift
    files.write_limit(memory, _MEMSW, swap, limit="memory and swap limit")


def _refuse_over_swap(memory: str, limit: int, swap: int | None) -> None:
    current = files.read_number(memory, _MEMSW)
    # The kernel keeps whole pages of what it is told.
    limit -= limit % mmap.PAGESIZE if limit > 0 else 0
    if swap is None and current is not None and (limit > current or (limit == -1 and current < 1 << 62)):
        raise InvalidParameter(
            f"memory limit {limit} is over the memory and swap limit {current} already set; set both at the same time"
        )


def _write_cpu(resources: Resources, cpu: str) -> None:
    if resources.cpu_shares is not None:
        files.write_limit(cpu, "cpu.shares", resources.cpu_shares, limit="CPU shares")
    quota, period = resources.cpu_quota, resources.cpu_period
    if quota is not None and period is not None:
        # Each alone must make a valid pair with the other's old value; lifting the quota first always does.
        files.write_limit(cpu, "cpu.cfs_quota_us", -1, limit="CPU quota")
    if period is not None:
        files.write_limit(cpu, "cpu.cfs_period_us", period, limit="CPU period")
    if quota is not None:
        files.write_limit(cpu, "cpu.cfs_quota_us", quota if quota > 0 else -1, limit="CPU quota")


def _write_cpuset(cpuset: str, name: str, value: str, what: str) -> None:
    try:
        files.write(cpuset, name, value)
    except OSError as error:
        available = (files.read(os.path.dirname(cpuset), name) or b"?").decode().strip()
        message = f"requested {what} are not available: requested {value}, available: {available}"
        raise InvalidParameter(message, errno=error.errno, path=f"{cpuset}/{name}") from error


def _write_devices(rules: tuple[DeviceRule, ...], devices: str) -> None:
    # The order counts: what is allowed after "deny all" stays allowed.
    for allow, group in itertools.groupby(rules, lambda rule: rule.allow):
        name = "devices.allow" if allow else "devices.deny"
        files.write_limit(devices, name, *map(_rule_text, group), limit="devices")


def _rule_text(rule: DeviceRule) -> str:
    major = "*" if rule.major is None else rule.major
    minor = "*" if rule.minor is None else rule.minor
    return f"{rule.type} {major}:{minor} {rule.access}"


def _weight_file(blkio: str) -> str | None:
    for name in ("blkio.weight", "blkio.bfq.weight"):
        if os.path.exists(f"{blkio}/{name}"):
            return name
    return None
