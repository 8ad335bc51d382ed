"""A glance at a group: the few numbers that are drawn over time, read so cheaply that it may be done again and again.

`Cgroup.usage` reads all that the kernel counts; this reads one number per file, and parses no table but the two lines
that it needs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from jupyter_containers.cgroups import files

_IO = re.compile(rb"rbytes=(\d+) wbytes=(\d+)")
_BLKIO = re.compile(rb"^\d+:\d+ (Read|Write) (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Glance:
    """What a group used since it was made. `memory_bytes` is without the file cache that can be given back."""

    cpu_ns: int
    memory_bytes: int
    pids: int
    read_bytes: int
    written_bytes: int
    out_of_memory_kills: int


def look(paths: Mapping[str, str]) -> Glance | None:
    """Return a glance at the group with these directories (Cgroup.paths); None when the group has gone."""
    return _unified(paths["unified"]) if "unified" in paths else _legacy(paths)


def _unified(directory: str) -> Glance | None:
    cpu = files.read(directory, "cpu.stat")
    if cpu is None:
        return None
    transfers = _IO.findall(files.read(directory, "io.stat") or b"")
    return Glance(
        cpu_ns=_value(cpu, b"usage_usec ") * 1000,
        memory_bytes=_memory(directory, "memory.current", b"inactive_file "),
        pids=_number(directory, "pids.current"),
        read_bytes=sum(int(read) for read, _ in transfers),
        written_bytes=sum(int(written) for _, written in transfers),
        out_of_memory_kills=_value(files.read(directory, "memory.events") or b"", b"oom_kill "),
    )


def _legacy(paths: Mapping[str, str]) -> Glance | None:
    cpu = files.read(paths.get("cpuacct", ""), "cpuacct.usage")
    if cpu is None:
        return None
    memory = paths.get("memory", "")
    transfers = _BLKIO.findall(files.read(paths.get("blkio", ""), "blkio.throttle.io_service_bytes_recursive") or b"")
    return Glance(
        cpu_ns=int(cpu),
        memory_bytes=_memory(memory, "memory.usage_in_bytes", b"total_inactive_file "),
        pids=_number(paths.get("pids", ""), "pids.current"),
        read_bytes=sum(int(amount) for word, amount in transfers if word == b"Read"),
        written_bytes=sum(int(amount) for word, amount in transfers if word == b"Write"),
        out_of_memory_kills=_value(files.read(memory, "memory.oom_control") or b"", b"oom_kill "),
    )


def _memory(directory: str, used: str, cache: bytes) -> int:
    return max(_number(directory, used) - _value(files.read(directory, "memory.stat") or b"", cache), 0)


def _number(directory: str, name: str) -> int:
    return files.read_number(directory, name) or 0


def _value(content: bytes, key: bytes) -> int:
    """Return the number behind a key at the beginning of a line; 0 when it is not there."""
    place = 0 if content.startswith(key) else content.find(b"\n" + key) + 1
    if place == 0 and not content.startswith(key):
        return 0
    return int(content[place + len(key) :].partition(b"\n")[0])
