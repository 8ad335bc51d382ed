"""The files of a container's log: appended to, and rotated when they are full.

    <path>  <path>.1  <path>.2 …   the newest first; rotated ones may be compressed, and then end in .gz

Source: Docker's documentation, "JSON File logging driver" and "Local file logging driver".
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

from jupyter_containers.linux import descriptors
from jupyter_containers.shim.protocol import LogOptions

GZIP = ".gz"
_UNFINISHED = ".part"


class RotatedFile:
    """Owns the newest file's descriptor. `cut(content, size)` returns where the entry ends that reaches `size`."""

    def __init__(self, options: LogOptions, cut: Callable[[bytes, int], int]) -> None:
        self._options = options
        self._cut = cut
        # The reading end of a pipe that ends when the last rotated file is compressed; -1 when none is.
        self._compressing_fd = -1
        self._fd = self._open(options.path)
        self._size = os.fstat(self._fd).st_size

    def append(self, content: bytes) -> None:
        """Write whole entries. A file takes entries until it has reached its limit, as dockerd's does."""
        limit = self._options.max_bytes
        if not limit:
            self._write(content)
            return
        while content:
            if self._size >= limit:
                self._rotate()
            end = self._cut(content, limit - self._size)
            self._write(content[:end])
            content = content[end:]

    def close(self) -> None:
        os.close(self._fd)
        if self._compressing_fd >= 0:
            os.close(self._compressing_fd)

    def _write(self, content: bytes) -> None:
        rest = memoryview(content)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError:
            # A full disk must not stop the container, which is what an unread pipe would do: the output is lost. Half
            # an entry would make the next one unreadable.
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._size)
        else:
            self._size += len(content)

    def _open(self, path: str) -> int:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)

    # --- rotation ----------------------------------------------------------------------------------------------------

    def _rotate(self) -> None:
        """Begin a new file. As long as none can be had (a full disk has no inodes), the old one is gone on with.

        What fails here must not stop the container, whose streams wait for this.
        """
        begun = f"{self._options.path}.new"
        try:
            fd = self._open(begun)
        except OSError:
            return
        try:
            self._shift(begun)
        except OSError:
            os.close(fd)
            return
        os.close(self._fd)
        self._fd, self._size = fd, 0
        if self._options.compress and self._options.max_files > 1:
            self._compress(f"{self._options.path}.1")

    def _shift(self, begun: str) -> None:
        """Give each file the name of the next older one, the oldest's to nobody, and the newest's to a new one."""
        path = self._options.path
        self._wait_for_compression()
        for number in range(self._options.max_files - 1, 0, -1):
            for ending in ("", GZIP) if number > 1 else ("",):
                newer = f"{path}.{number - 1}{ending}" if number > 1 else path
                with contextlib.suppress(FileNotFoundError):
                    os.replace(newer, f"{path}.{number}{ending}")
                    _discard(f"{path}.{number}{'' if ending else GZIP}")
        os.replace(begun, path)

    def _wait_for_compression(self) -> None:
        """Wait until the file before is compressed: the one that is full now takes its name, as in dockerd."""
        if self._compressing_fd >= 0:
            os.read(self._compressing_fd, 1)
            os.close(self._compressing_fd)
            self._compressing_fd = -1

    def _compress(self, path: str) -> None:
        """Compress in a process of its own: its memory goes with it, and the container's streams do not wait."""
        try:
            ended_fd, running_fd = os.pipe()
        except OSError:
            return
        try:
            pid = os.fork()
        except OSError:
            # No process to be had: the file stays as it is, which a reader understands as well.
            os.close(ended_fd)
            os.close(running_fd)
            return
        if pid:
            os.close(running_fd)
            self._compressing_fd = ended_fd
            return
        code = 1
        try:
            # Sockets above all: the daemon would not notice that the shim is gone.
            descriptors.close_all_except({0, 1, 2, running_fd})
            compress(path)
            code = 0
        finally:
            os._exit(code)


def compress(path: str) -> None:
    """Replace a file by its compressed form, whose time of change is the file's; a reader sees one or both, whole."""
    import zlib

    packer = zlib.compressobj(level=1, wbits=31)  # 31: with gzip's header
    with open(path, "rb") as source, open(f"{path}{GZIP}{_UNFINISHED}", "wb") as target:
        while content := source.read(1 << 20):
            target.write(packer.compress(content))
        target.write(packer.flush())
        status = os.fstat(source.fileno())
    os.chmod(target.name, 0o640)
    os.utime(target.name, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.replace(target.name, f"{path}{GZIP}")
    os.unlink(path)


def _discard(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
