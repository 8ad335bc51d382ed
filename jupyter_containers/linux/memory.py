"""What the C library does with memory that is given back to it."""

from __future__ import annotations

from jupyter_containers.linux import libc

_M_ARENA_MAX = -8  # malloc.h


def use_one_arena() -> None:
    """Let all threads allocate from one arena, before there are any: each other one keeps its own freed memory.

    Python's threads take turns anyway. Does nothing with a C library that has no arenas. Source: mallopt(3).
    """
    try:
        libc.call("mallopt", _M_ARENA_MAX, 1)
    except AttributeError:
        return  # musl
