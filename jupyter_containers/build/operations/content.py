"""Copy the bytes of a file, holes as holes, in the kernel where it can."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator

_CHUNK_BYTES = 8 << 20
# What copy_file_range answers between file systems that cannot do it together; reading and writing always can.
_CANNOT = frozenset({errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.EPERM})


def copy_content(source_fd: int, target_fd: int, size: int, *, check: Callable[[], None]) -> None:
    """Fill the empty file `target_fd` with the first `size` bytes of `source_fd`; `check` is called now and then.

    Both descriptors stay open and belong to the caller. Raises OSError, and what `check` raises.
    """
    in_kernel = True
    for start, end in _extents(source_fd, size):
        offset = start
        while offset < end:
            check()
            count = min(_CHUNK_BYTES, end - offset)
            if in_kernel:
                try:
                    done = os.copy_file_range(source_fd, target_fd, count, offset, offset)
                except OSError as error:
                    if error.errno not in _CANNOT:
                        raise
                    in_kernel = False
                    continue
            else:
                done = os.pwrite(target_fd, os.pread(source_fd, min(count, 1 << 20), offset), offset)
            if done == 0:
                # Shorter than it was a moment ago: somebody changes the source. What is there is copied.
                return
            offset += done
    os.ftruncate(target_fd, size)


def _extents(fd: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a file that are no holes."""
    offset = 0
    while offset < size:
        try:
            start = os.lseek(fd, offset, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            if error.errno != errno.EINVAL:
                raise
            yield offset, size
            return
        end = min(os.lseek(fd, start, os.SEEK_HOLE), size)
        if start < end:
            yield start, end
        offset = max(end, start + 1)
