"""What the C library does with memory that is given back to it."""

from __future__ import annotations

from contextlib import suppress

from jupyter_containers.linux import libc

_M_ARENA_MAX = -8  # malloc.h
_LARGEST_BYTES = 8 << 20
_MADV_POPULATE_WRITE = 23  # asm-generic/mman-common.h


# obmalloc's own: sizes of blocks, of a pool, and of what stands before its first block.
_ALIGNMENT, _LARGEST_SMALL, _POOL, _POOL_HEADER = 16, 512, 16 * 1024, 48
# What bytes have beside their content: reference count, type, length, hash, a final zero.
_BYTES_OVERHEAD = 33
# So many in a row are no accident.
_RUN = 4
# No pool half used is a reason to fill memory without end.
_MOST_FREE = 4096


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


def fill_pools() -> list[bytes]:
    """Use up the free blocks of Python's half-used pools of small objects; they stay used as long as the answer lives.

    What a fork makes afterwards then lies close together in new pools, and not in one page of its parent's here and
    another one there, each of which would be copied. Source: CPython, Objects/obmalloc.c.
    """
    kept: list[bytes] = []
    for size in range(_ALIGNMENT, _LARGEST_SMALL + 1, _ALIGNMENT):
        length, run = size - _BYTES_OVERHEAD, 0
        if length < 2:
            continue  # the shortest bytes are made once for all
        for _ in range(_MOST_FREE):
            block = bytes(length)
            # A new pool is handed out from its beginning, one block after the other; what was freed comes in any order.
            is_next = id(block) % _POOL == _POOL_HEADER + run * size
            run = run + 1 if is_next else int(id(block) % _POOL == _POOL_HEADER)
            kept.append(block)
            if run == _RUN:
                break
    return kept
