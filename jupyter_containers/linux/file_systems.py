"""Which file system a descriptor is on."""

from __future__ import annotations

import ctypes

from jupyter_containers.linux import libc

# Larger than struct statfs of any architecture; f_type is its first word.
_SIZE = 256


def magic_of(fd: int) -> int:
    """Return the file system's magic number (…_MAGIC of linux/magic.h). Raises OSError. Source: fstatfs(2)."""
    buffer = ctypes.create_string_buffer(_SIZE)
    libc.call("fstatfs", fd, buffer)
    return ctypes.c_long.from_buffer(buffer).value & 0xFFFFFFFF
