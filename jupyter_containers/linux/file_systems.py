"""Which file system a descriptor is on, and when all that was written to it is on its disk."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from jupyter_containers.linux import libc

# Larger than struct statfs of any architecture; f_type is its first word.
_SIZE = 256


def magic_of(fd: int) -> int:
    """Return the file system's magic number (…_MAGIC of linux/magic.h). Raises OSError. Source: fstatfs(2)."""
    buffer = ctypes.create_string_buffer(_SIZE)
    libc.call("fstatfs", fd, buffer)
    return ctypes.c_long.from_buffer(buffer).value & 0xFFFFFFFF


def flush(path: Path) -> None:
    """Bring all that was written to the file system of a directory to its disk; blocks until it is there.

    Raises OSError when something could not be written. Source: syncfs(2).
    """
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        libc.call("syncfs", fd, path=os.fspath(path))
    finally:
        os.close(fd)
