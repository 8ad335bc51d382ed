"""What a cgroup v1 group used, from the files of its controllers."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_containers.cgroups import files
from jupyter_containers.cgroups.manager import BlockTransfer, Usage

# page_counter's "no limit" is the highest number of whole pages in a long.
_UNLIMITED = 1 << 62
_TICK_NS = 10_000_000  # cpuacct.stat counts in USER_HZ, 100 on every architecture of ours


def read(directories: Mapping[str, str]) -> Usage:
    """Return the usage of the group with these directories by controller; a missing controller leaves its zeros."""
    cpuacct, cpu, memory = (directories.get(name, "") for name in ("cpuacct", "cpu", "memory"))
    pids, blkio = directories.get("pids", ""), directories.get("blkio", "")
    user, system = _cpu_split(cpuacct)
    quota = files.read_table(cpu, "cpu.stat")
    limit = files.read_number(memory, "memory.limit_in_bytes")
    return Usage(
        cpu_total_ns=files.read_number(cpuacct, "cpuacct.usage") or 0,
        cpu_user_ns=user,
        cpu_system_ns=system,
        per_cpu_ns=tuple(map(int, (files.read(cpuacct, "cpuacct.usage_percpu") or b"").split())),
        periods=quota.get("nr_periods", 0),
        throttled_periods=quota.get("nr_throttled", 0),
        throttled_ns=quota.get("throttled_time", 0),
        memory_bytes=files.read_number(memory, "memory.usage_in_bytes"),
        memory_max_bytes=files.read_number(memory, "memory.max_usage_in_bytes"),
        memory_limit_bytes=limit if limit is not None and limit < _UNLIMITED else None,
        memory_failures=files.read_number(memory, "memory.failcnt"),
        memory_stat=files.read_table(memory, "memory.stat"),
        pids=files.read_number(pids, "pids.current"),
        pids_limit=files.read_number(pids, "pids.max"),
        blkio=_transfers(blkio),
    )


def _cpu_split(cpuacct: str) -> tuple[int, int]:
    user, system = (files.read_number(cpuacct, f"cpuacct.usage_{kind}") for kind in ("user", "sys"))
    if user is None or system is None:  # Linux before 4.7
        ticks = files.read_table(cpuacct, "cpuacct.stat")
        return ticks.get("user", 0) * _TICK_NS, ticks.get("system", 0) * _TICK_NS
    return user, system


def _transfers(blkio: str) -> tuple[BlockTransfer, ...]:
    # BFQ counts only what went through its scheduler; the throttling layer counts everything, on most kernels.
    for policy in ("throttle", "bfq"):
        amounts = _by_operation(blkio, f"blkio.{policy}.io_service_bytes_recursive")
        requests = _by_operation(blkio, f"blkio.{policy}.io_serviced_recursive")
        if amounts:
            return tuple(BlockTransfer(*key, amount, requests.get(key, 0)) for key, amount in amounts.items())
    return ()


def _by_operation(blkio: str, name: str) -> dict[tuple[int, int, str], int]:
    """Read lines like "8:0 Read 4096"; the last one, "Total 4096", is of all disks together."""
    table = {}
    for line in (files.read(blkio, name) or b"").decode().splitlines():
        device, *rest = line.split()
        if ":" in device and len(rest) == 2:
            major, minor = device.split(":")
            table[int(major), int(minor), rest[0]] = int(rest[1])
    return table
