"""Directories that a layer uses without describing them look as they do in the layers below.

On overlayfs the topmost directory of a name decides owner, mode and attributes of all merged ones. A layer with
`home/ann/x` and no entry for `home/ann` would otherwise give ann's home to root.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from jupyter_containers.layers.whiteouts import is_overlay_xattr
from jupyter_containers.linux import constants as c
from jupyter_containers.linux.safe_paths import open_in_root

_RESOLVE = c.RESOLVE_IN_ROOT | c.RESOLVE_NO_MAGICLINKS | c.RESOLVE_NO_SYMLINKS
_DEFAULT_MODE = 0o755


class Inherited:
    """Looks into `lowers`, the directories of the layers below, the nearest first."""

    def __init__(self, lowers: Sequence[Path]) -> None:
        self._lowers = lowers

    def dress(self, fd: int, path: bytes) -> int | None:
        """Give the new directory `fd` what `path` has below; returns its mtime in ns, None if there is none."""
        below_fd = self._find(path)
        if below_fd is None:
            os.fchmod(fd, _DEFAULT_MODE)
            return None
        try:
            status = os.fstat(below_fd)
            os.fchown(fd, status.st_uid, status.st_gid)
            os.fchmod(fd, stat.S_IMODE(status.st_mode))
            _copy_xattrs(below_fd, fd)
            return status.st_mtime_ns
        finally:
            os.close(below_fd)

    def _find(self, path: bytes) -> int | None:
        for lower in self._lowers:
            lower_fd = os.open(lower, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                return open_in_root(lower_fd, path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, resolve=_RESOLVE)
            except FileNotFoundError:
                continue
            except OSError:
                # Something else has that name there (a file, a link, a whiteout): it hides what is further down.
                return None
            finally:
                os.close(lower_fd)
        return None


def _copy_xattrs(source_fd: int, target_fd: int) -> None:
    for name in os.listxattr(source_fd):
        if not is_overlay_xattr(os.fsencode(name)):
            try:
                os.setxattr(target_fd, name, os.getxattr(source_fd, name))
            except OSError:
                pass  # an attribute that this file system or this user cannot set here
