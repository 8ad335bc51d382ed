"""The one door to the kernel: libc functions and raw system calls, with errno turned into OSError.

Integers go to C as wide as pointers: ctypes alone would cut them to 32 bits, and mount flags and addresses are wider.
Functions are prepared once, in the zygote: to look one up and to wrap each argument costs a shim 0.3 MB of memory.
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
def _function(name: str, arguments: int) -> Any:
    function = library()[name]
    function.argtypes = [ctypes.c_void_p] * arguments
    return function


@cache
def _syscall(arguments: int) -> Any:
    function = library()["syscall"]
    function.argtypes = [ctypes.c_void_p] * (1 + arguments)
    function.restype = ctypes.c_long
    return function


def call(name: str, *args: Any, path: str | bytes | None = None) -> int:
    """Call a libc function and return its result; -1 becomes OSError(errno, "name: reason", path).

    Arguments are integers, bytes (a C string), None (a null pointer) or ctypes objects. Not for functions that return
    pointers or more than 32 bits: see `syscall`.
    """
    result = _function(name, len(args))(*args)
    if result == -1:
        raise error(name, path)
    return int(result)


def syscall(number: int, name: str, *args: Any, path: str | bytes | None = None) -> int:
    """Make a raw system call, for what libc has no wrapper of; `name` is for the error. Arguments as for `call`."""
    result = _syscall(len(args))(number, *args)
    if result == -1:
        raise error(name, path)
    return int(result)


def error(name: str, path: str | bytes | None = None) -> OSError:
    """Return the OSError of the call that has just failed (of the subclass that errno has, as Python does)."""
    number = ctypes.get_errno()
    return OSError(number, f"{name}: {os.strerror(number)}", path)
