"""Directories below a root that somebody else fills: found and made without ever leaving the root."""

from __future__ import annotations

import os
from collections.abc import Callable

from jupyter_containers.linux.safe_paths import open_in_root

_KEPT_OPEN = 256
_FIND = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


class Directories:
    """Descriptors (O_PATH) of directories by member path, some kept open since members come directory by directory.

    `base` is the directory inside the root that member paths start from. `make` is called to make one missing
    directory: make(parent_fd, name, path). The owner calls close(); `root_fd` stays open and belongs to the caller.
    """

    def __init__(self, root_fd: int, make: Callable[[int, bytes, bytes], None], *, base: bytes = b"") -> None:
        self._root_fd = root_fd
        self._make = make
        self._base = base
        self._open: dict[bytes, int] = {}
        self._is_stale = False

    def open(self, path: bytes) -> int:
        """Return a descriptor of the directory, made with its parents if missing. It is ours, and may close later."""
        if self._is_stale:
            self.close()
        fd = self._open.pop(path, None)
        if fd is None:
            fd = self._find_or_make(path)
            if len(self._open) >= _KEPT_OPEN:
                os.close(self._open.pop(next(iter(self._open))))
        self._open[path] = fd
        return fd

    def forget(self) -> None:
        """Know no path any more: something was removed, so that paths may lead elsewhere now.

        What open() returned last stays open until it is called again.
        """
        self._is_stale = True

    def find(self, path: bytes, flags: int = _FIND) -> int:
        """Open what is at `path` inside the root; the caller closes it. Raises OSError."""
        return open_in_root(self._root_fd, self._base + b"/" + path if self._base else path or b".", flags)

    def _find_or_make(self, path: bytes) -> int:
        try:
            return self.find(path)
        except (FileNotFoundError, NotADirectoryError):
            pass
        # From the top, in a loop: a stranger's path may have more parts than this interpreter has stack.
        parts = path.split(b"/")
        fd = self.find(b"")
        for count in range(1, len(parts) + 1):
            prefix = b"/".join(parts[:count])
            fd = self._step(fd, parts[count - 1], prefix)
        return fd

    def _step(self, parent_fd: int, name: bytes, prefix: bytes) -> int:
        """Open the next directory on the way, made if it is missing; closes `parent_fd`."""
        try:
            try:
                return self.find(prefix)
            except (FileNotFoundError, NotADirectoryError):
                self._make(parent_fd, name, prefix)
            return self.find(prefix)
        finally:
            os.close(parent_fd)

    def close(self) -> None:
        """Close all descriptors."""
        self._is_stale = False
        while self._open:
            os.close(self._open.popitem()[1])
