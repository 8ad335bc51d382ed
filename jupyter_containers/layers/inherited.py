"""What a layer has to know of those below it.

Directories that it uses without describing them look as they do there: on overlayfs the topmost directory of a name
decides owner, mode and attributes of all merged ones, and a layer with `home/ann/x` and no entry for `home/ann` would
otherwise give ann's home to root. And what is not there below needs no whiteout: in a directory that only one layer
has, overlayfs shows whiteouts as names that cannot be opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from jupyter_containers.layers.whiteouts import is_overlay_whiteout, is_overlay_xattr
from jupyter_containers.linux import constants as c
from jupyter_containers.linux.safe_paths import open_in_root

_RESOLVE = c.RESOLVE_IN_ROOT | c.RESOLVE_NO_MAGICLINKS | c.RESOLVE_NO_SYMLINKS
_DEFAULT_MODE = 0o755


def status_below(path: bytes, lowers: Sequence[Path]) -> os.stat_result | None:
    """Return what the stack of `lowers` (the nearest first) has at `path`; None if nothing, or if it is hidden."""
    for lower in lowers:
        lower_fd = os.open(lower, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fd = open_in_root(lower_fd, path, os.O_PATH | os.O_NOFOLLOW, resolve=_RESOLVE)
        except FileNotFoundError:
            continue
        except OSError:
            return None  # a file, link or whiteout in the place of a parent hides what is further down
        finally:
            os.close(lower_fd)
        try:
            status = os.fstat(fd)
        finally:
            os.close(fd)
        return None if is_overlay_whiteout(status) else status
    return None


class Inherited:
    """Looks into `lowers`, the directories of the layers below, the nearest first; None when they are not known."""

    def __init__(self, lowers: Sequence[Path] | None) -> None:
        self._lowers = lowers

    def may_have(self, path: bytes) -> bool:
        """Say whether there may be something at `path` that a whiteout would have to hide."""
        return self._lowers is None or status_below(path, self._lowers) is not None

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
        for lower in self._lowers or ():
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
