"""Memory of processes that fork: which pages stay shared, and what the C library keeps of what is given back."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from types import CodeType, FunctionType

from jupyter_containers.linux import libc

_M_ARENA_MAX = -8  # malloc.h

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


def give_back() -> None:
    """Return to the kernel the pages that hold nothing: the C library keeps them, but for the last.

    Takes a millisecond. Does nothing with a C library that has no such call. Source: malloc_trim(3).
    """
    try:
        libc.call("malloc_trim", 0)
    except AttributeError:
        return  # musl


def own(modules: tuple[str, ...]) -> None:
    """Give this process its own copies of the pages that running these modules' code, or packages', will write to.

    Python counts references in the objects themselves: to call a function or to read a constant is to write, and the
    first write to a page after a fork copies it. For a process that waits for something that is then urgent.
    """
    spaces, codes = _code_of(modules)
    # To look at an object is to count it.
    for space in spaces:
        for _ in space.values():
            pass
    for code in codes:
        for _ in code.co_consts:
            pass


@cache
def _code_of(modules: tuple[str, ...]) -> tuple[list[Mapping[str, object]], list[CodeType]]:
    """Return the namespaces of the modules and of their classes, and the code of their functions."""
    spaces: list[Mapping[str, object]] = []
    for name, module in sys.modules.items():
        if any(name == one or name.startswith(f"{one}.") for one in modules):
            space = vars(module)
            spaces += [space, *(vars(value) for value in space.values() if isinstance(value, type))]
    values = (value for space in spaces for value in space.values())
    return spaces, [value.__code__ for value in values if isinstance(value, FunctionType)]


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
