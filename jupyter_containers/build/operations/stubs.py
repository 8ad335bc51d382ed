"""Mount points that the runtime made because an image lacks them: they are not what the process did.

A root without /etc/resolv.conf gets an empty one to mount over; without this, every RUN on such an image would
leave a layer. Nothing the process does can be confused with it: the places are covered while it runs.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Mapping

from jupyter_containers.build.executor import RUNTIME_MOUNT_POINTS
from jupyter_containers.linux import constants as c
from jupyter_containers.linux.safe_paths import open_in_root

_PLACES = frozenset({*RUNTIME_MOUNT_POINTS, "etc"})
_OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque")

Before = Mapping[str, tuple[int, int, int] | None]


def places(targets: Iterable[str] = ()) -> Before:
    """Return every place that a mount may need, as on a root where nothing is; `targets` are those of own mounts."""
    found = set(_PLACES)
    for target in targets:
        parts = [part for part in target.split("/") if part]
        found.update("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    return dict.fromkeys(found)


def look(root: str | os.PathLike[str], targets: Iterable[str] = ()) -> Before:
    """Return mode and owner of every place that a mount may need, None for those that are not there."""
    root_fd = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return {place: _look_at(root_fd, place) for place in places(targets)}
    finally:
        os.close(root_fd)


NOTHING: Before = places()


def clear(upper: str | os.PathLike[str], before: Before, *, is_overlay: bool) -> None:
    """Remove from a snapshot's own files what was made only to be mounted over.

    `is_overlay`: `upper` has changes only, so a directory that is as it was before, and empty, is no change.
    """
    upper_fd = os.open(upper, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # Children before their parents.
        for place in sorted(before, reverse=True):
            _clear_one(upper_fd, place, before[place], is_overlay=is_overlay)
    finally:
        os.close(upper_fd)


def _clear_one(upper_fd: int, place: str, before: tuple[int, int, int] | None, *, is_overlay: bool) -> None:
    now = _look_at(upper_fd, place, resolve=c.RESOLVE_BENEATH | c.RESOLVE_NO_SYMLINKS)
    if now is None:
        return
    parent, _, name = place.rpartition("/")
    parent_fd = open_in_root(upper_fd, parent or ".", os.O_PATH | os.O_DIRECTORY)
    try:
        if stat.S_ISDIR(now[0]):
            if before is None or (is_overlay and before == now and not _is_opaque(upper_fd, place)):
                _remove_if_empty(parent_fd, name)
        elif stat.S_ISREG(now[0]) and before is None and not os.stat(name, dir_fd=parent_fd).st_size:
            os.unlink(name, dir_fd=parent_fd)
    finally:
        os.close(parent_fd)


def _look_at(
    root_fd: int, place: str, *, resolve: int = c.RESOLVE_IN_ROOT | c.RESOLVE_NO_MAGICLINKS
) -> tuple[int, int, int] | None:
    try:
        fd = open_in_root(root_fd, place, os.O_PATH | os.O_NOFOLLOW, resolve=resolve)
    except OSError:
        return None
    try:
        status = os.fstat(fd)
        return status.st_mode, status.st_uid, status.st_gid
    finally:
        os.close(fd)


def _is_opaque(upper_fd: int, place: str) -> bool:
    fd = open_in_root(upper_fd, place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        return any(name in _OPAQUE for name in os.listxattr(fd))
    finally:
        os.close(fd)


def _remove_if_empty(parent_fd: int, name: str) -> None:
    try:
        os.rmdir(name, dir_fd=parent_fd)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
