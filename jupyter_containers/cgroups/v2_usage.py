"""What a cgroup v2 group used, from the files of its directory."""

from __future__ import annotations

from jupyter_containers.cgroups import files
from jupyter_containers.cgroups.manager import BlockTransfer, Usage


def read(directory: str) -> Usage:
    """Return the usage of the group; the numbers of a controller that it does not have stay zero or None."""
    cpu = files.read_table(directory, "cpu.stat")
    events = files.read_table(directory, "memory.events")
    return Usage(
        cpu_total_ns=cpu.get("usage_usec", 0) * 1000,
        cpu_user_ns=cpu.get("user_usec", 0) * 1000,
        cpu_system_ns=cpu.get("system_usec", 0) * 1000,
        periods=cpu.get("nr_periods", 0),
        throttled_periods=cpu.get("nr_throttled", 0),
        throttled_ns=cpu.get("throttled_usec", 0) * 1000,
        memory_bytes=files.read_number(directory, "memory.current"),
        memory_max_bytes=files.read_number(directory, "memory.peak"),  # Linux 5.19
        memory_limit_bytes=files.read_number(directory, "memory.max"),
        memory_failures=events.get("max"),
        memory_stat=files.read_table(directory, "memory.stat"),
        pids=files.read_number(directory, "pids.current"),
        pids_limit=files.read_number(directory, "pids.max"),
        blkio=_transfers((files.read(directory, "io.stat") or b"").decode()),
    )


def _transfers(text: str) -> tuple[BlockTransfer, ...]:
    """Read lines like "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6", or just "8:0"."""
    transfers = []
    for line in text.splitlines():
        device, *words = line.split()
        values = dict(word.partition("=")[::2] for word in words)
        major, _, minor = device.partition(":")
        for operation, letter in (("Read", "r"), ("Write", "w"), ("Discard", "d")):
            if f"{letter}bytes" in values:
                amount, requests = int(values[f"{letter}bytes"]), int(values.get(f"{letter}ios", 0))
                transfers.append(BlockTransfer(int(major), int(minor), operation, amount, requests))
    return tuple(transfers)
