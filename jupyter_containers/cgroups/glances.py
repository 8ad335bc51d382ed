"""A glance at a group: the few numbers that are drawn over time, read so cheaply that it may be done again and again.

`Cgroup.usage` reads all that the kernel counts; this reads one number per file, and parses no table but the two lines
that it needs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

# What is read at once; all of these files are shorter, and come whole.
_LONGEST = 1 << 14
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
    cpu = _read(directory, "cpu.stat")
    if cpu is None:
        return None
    transfers = _IO.findall(_read(directory, "io.stat") or b"")
    return Glance(
        cpu_ns=_value(cpu, b"usage_usec ") * 1000,
        memory_bytes=_memory(directory, "memory.current", b"inactive_file "),
        pids=_number(directory, "pids.current"),
        read_bytes=sum(int(read) for read, _ in transfers),
        written_bytes=sum(int(written) for _, written in transfers),
        out_of_memory_kills=_value(_read(directory, "memory.events") or b"", b"oom_kill "),
    )


def _legacy(paths: Mapping[str, str]) -> Glance | None:
    cpu = _read(paths.get("cpuacct", ""), "cpuacct.usage")
    if cpu is None:
        return None
    memory = paths.get("memory", "")
    transfers = _BLKIO.findall(_read(paths.get("blkio", ""), "blkio.throttle.io_service_bytes_recursive") or b"")
    return Glance(
        cpu_ns=int(cpu),
        memory_bytes=_memory(memory, "memory.usage_in_bytes", b"total_inactive_file "),
        pids=_number(paths.get("pids", ""), "pids.current"),
        read_bytes=sum(int(amount) for word, amount in transfers if word == b"Read"),
        written_bytes=sum(int(amount) for word, amount in transfers if word == b"Write"),
        out_of_memory_kills=_value(_read(memory, "memory.oom_control") or b"", b"oom_kill "),
    )


def _memory(directory: str, used: str, cache: bytes) -> int:
    return max(_number(directory, used) - _value(_read(directory, "memory.stat") or b"", cache), 0)


def _number(directory: str, name: str) -> int:
    return int(_read(directory, name) or 0)


def _read(directory: str, name: str) -> bytes | None:
    """Return what is in a file; None when it, or the group, is not there. Without a directory there is no file."""
    if not directory:
        return None
    try:
        fd = os.open(f"{directory}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return os.read(fd, _LONGEST)
    except OSError:
        return None  # the group was removed since the open
    finally:
        os.close(fd)


def _value(content: bytes, key: bytes) -> int:
    """Return the number behind a key at the beginning of a line; 0 when it is not there."""
    if not content.startswith(key):
        place = content.find(b"\n" + key)
        if place < 0:
            return 0
        content = content[place + 1 :]
    return int(content[len(key) :].partition(b"\n")[0])
