"""What the C library does with memory that is given back to it."""

from __future__ import annotations

from contextlib import suppress

from jupyter_containers.linux import libc

_M_ARENA_MAX = -8  # malloc.h
_LARGEST_BYTES = 8 << 20
_MADV_POPULATE_WRITE = 23  # asm-generic/mman-common.h


def use_one_arena() -> None:
    """Let all threads allocate from one arena, before there are any: each other one keeps its own freed memory.

    Python's threads take turns anyway. Does nothing with a C library that has no arenas. Source: mallopt(3).
    """
    try:
        libc.call("mallopt", _M_ARENA_MAX, 1)
    except AttributeError:
        return  # musl


def populate() -> None:
    """Give this process its own copy of the memory that it shares with its parent since the fork.

    Copies that would be made one by one, each when it is needed, are made at once and before: for a process that waits
    for something that is then urgent. Takes some 8 ms and 10 MB; large mappings are left alone. Does nothing before
    Linux 5.14. Source: madvise(2), MADV_POPULATE_WRITE.
    """
    with open("/proc/self/maps", "rb") as file:
        lines = file.read().splitlines()
    for line in lines:
        place, permissions, _ = line.split(None, 2)
        begin, end = (int(number, 16) for number in place.split(b"-"))
        if permissions.startswith(b"rw") and permissions.endswith(b"p") and end - begin <= _LARGEST_BYTES:
            with suppress(OSError):
                libc.call("madvise", begin, end - begin, _MADV_POPULATE_WRITE)
