"""The one door to the kernel: libc functions and raw system calls, with errno turned into OSError.

Integers go to C as longs: ctypes alone would cut them to 32 bits, and mount flags and addresses are wider.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import Any


@cache
def library() -> ctypes.CDLL:
    """Return libc, loaded once; its functions release the interpreter lock while they run."""
    return ctypes.CDLL(None, use_errno=True)


@cache
def _syscall() -> Any:
    function = library()["syscall"]
    function.restype = ctypes.c_long
    return function


def call(name: str, *args: Any, path: str | bytes | None = None) -> int:
    """Call a libc function and return its result; -1 becomes OSError(errno, "name: reason", path).

    Arguments are integers, bytes (a C string), None (a null pointer) or ctypes objects. Not for functions that return
    pointers or more than 32 bits: see `syscall`.
    """
    result = getattr(library(), name)(*map(_argument, args))
    if result == -1:
        raise error(name, path)
    return int(result)


def syscall(number: int, name: str, *args: Any, path: str | bytes | None = None) -> int:
    """Make a raw system call, for what libc has no wrapper of; `name` is for the error. Arguments as for `call`."""
    result = _syscall()(ctypes.c_long(number), *map(_argument, args))
    if result == -1:
        raise error(name, path)
    return int(result)


def error(name: str, path: str | bytes | None = None) -> OSError:
    """Return the OSError of the call that has just failed (of the subclass that errno has, as Python does)."""
    number = ctypes.get_errno()
    return OSError(number, f"{name}: {os.strerror(number)}", path)


def _argument(value: Any) -> Any:
    return ctypes.c_long(value) if isinstance(value, int) else value
