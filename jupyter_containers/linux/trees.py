"""Walk and remove directory trees that strangers made: any depth, any names, never through a link, never outside.

`shutil.rmtree` and `os.walk` recurse, hold one descriptor per level or use paths; a container can make a tree deeper
than all of these bear. Here one descriptor is held, and the way back up is `..`, checked to be where we came from.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# No tool that names files by path gets further than 4096 bytes. Without an end, what walkers keep for each path grows
# with the square of the depth: a container that makes directories in a loop would fill the daemon's memory.
LONGEST_PATH = 4 * 4096
_LONGEST_NAME = 255
_COUNTS = 5

Identity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a tree. `dir_fd` is its directory, open only until the walk goes on; `path` is relative, no `./`."""

    path: bytes
    name: bytes
    dir_fd: int
    status: os.stat_result

    @property
    def is_directory(self) -> bool:
        return stat.S_ISDIR(self.status.st_mode)


@dataclass(slots=True)
class _Level:
    """A directory on the way down: how much of the path is above its entries, and what of it is still to do."""

    prefix_length: int
    identity: Identity
    names: list[bytes]


def walk(
    root_fd: int, *, descend: Callable[[Entry], bool] | None = None, longest_path: int | None = LONGEST_PATH
) -> Iterator[Entry]:
    """Yield everything below the directory `root_fd`, parents before children, names in byte order.

    `root_fd` stays open and belongs to the caller. A directory for which `descend` answers False is yielded, not
    entered. What vanishes meanwhile is left out. With `longest_path` None there is no end to the depth, and the `path`
    of an entry is only its name. Raises OSError ESTALE when a directory is moved while we are in it, ENAMETOOLONG for
    a longer path.
    """
    fd = os.open(".", _DIRECTORY, dir_fd=root_fd)
    prefix = bytearray()
    stack = [_Level(0, _identity(fd), _names(fd))]
    try:
        while stack:
            level = stack[-1]
            del prefix[level.prefix_length :]
            if not level.names:
                stack.pop()
                fd = _up(fd, stack[-1].identity, bytes(prefix)) if stack else fd
                continue
            entry = _entry(fd, bytes(prefix), level.names.pop())
            if entry is None:
                continue
            yield entry
            if entry.is_directory and (descend is None or descend(entry)):
                child = _open_directory(fd, entry.name)
                if child is not None:
                    os.close(fd)
                    fd = child
                    if longest_path is not None:
                        prefix += entry.name + b"/"
                        _check_length(prefix, longest_path)
                    stack.append(_Level(len(prefix), _identity(fd), _names(fd)))
    finally:
        os.close(fd)


def remove_tree(dir_fd: int, name: bytes) -> None:
    """Remove `name` in the directory `dir_fd`, with everything below if it is a directory; nothing if not there.

    Links are removed, never followed. Raises OSError, for a mount point inside (EBUSY) among others, and EINVAL for
    what is no name in this directory.
    """
    if name in (b".", b"..") or b"/" in name:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), os.fsdecode(name))
    if _unlink(dir_fd, name):
        return
    fd = os.open(name, _DIRECTORY, dir_fd=dir_fd)
    stack = [(name, _identity(fd), _remove_files(fd))]
    try:
        while stack:
            own_name, _, directories = stack[-1]
            if directories:
                child_name = directories.pop()
                child = os.open(child_name, _DIRECTORY, dir_fd=fd)
                os.close(fd)
                fd = child
                stack.append((child_name, _identity(fd), _remove_files(fd)))
                continue
            stack.pop()
            if stack:
                fd = _up(fd, stack[-1][1], own_name)
                os.rmdir(own_name, dir_fd=fd)
    finally:
        os.close(fd)
    os.rmdir(name, dir_fd=dir_fd)


def is_file_name(name: str) -> bool:
    """Say whether a name can be that of a file in a directory, and leads nowhere else."""
    return name not in ("", ".", "..") and not set("/\0") & set(name) and len(os.fsencode(name)) <= _LONGEST_NAME


def remove_path(path: str | os.PathLike[str]) -> None:
    """Remove a tree by the path of its top; the directory holding it must be trusted."""
    parent, name = os.path.split(os.fspath(path))
    try:
        fd = os.open(parent or ".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        remove_tree(fd, os.fsencode(name))
    finally:
        os.close(fd)


def usage(root_fd: int) -> int:
    """Return the bytes of the files below `root_fd`, hard links counted once, directories not (as Docker counts).

    Counts anew when a directory is moved meanwhile. Raises OSError ESTALE when that happens again and again.
    """
    for _ in range(_COUNTS - 1):
        try:
            return _usage(root_fd)
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
    return _usage(root_fd)


def _usage(root_fd: int) -> int:
    total, seen = 0, set[Identity]()
    for entry in walk(root_fd, longest_path=None):
        status = entry.status
        if stat.S_ISDIR(status.st_mode):
            continue
        if status.st_nlink > 1:
            identity = (status.st_dev, status.st_ino)
            if identity in seen:
                continue
            seen.add(identity)
        total += status.st_size
    return total


def _check_length(path: bytearray, longest: int) -> None:
    if len(path) > longest:
        raise OSError(errno.ENAMETOOLONG, f"directories are nested to a path of over {longest} bytes", bytes(path[:64]))


def _entry(fd: int, prefix: bytes, name: bytes) -> Entry | None:
    try:
        return Entry(prefix + name, name, fd, os.stat(name, dir_fd=fd, follow_symlinks=False))
    except FileNotFoundError:
        return None


def _open_directory(fd: int, name: bytes) -> int | None:
    """Open a directory seen a moment ago; None if it is gone or has become something else."""
    try:
        return os.open(name, _DIRECTORY, dir_fd=fd)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None
        raise


def _identity(fd: int) -> Identity:
    status = os.fstat(fd)
    return status.st_dev, status.st_ino


def _names(fd: int) -> list[bytes]:
    """Return the names in reverse order: the next one is popped off the end."""
    return sorted((os.fsencode(name) for name in os.listdir(fd)), reverse=True)


def _up(fd: int, expected: Identity, path: bytes) -> int:
    """Go to the parent of `fd`, which is closed. Raises OSError ESTALE if that is not the one we came through."""
    parent = os.open("..", _DIRECTORY, dir_fd=fd)
    if _identity(parent) != expected:
        os.close(parent)
        raise OSError(errno.ESTALE, "directory moved while it was being walked", path)
    os.close(fd)
    return parent


def _unlink(dir_fd: int, name: bytes) -> bool:
    """Remove what is no directory; say whether nothing is left to do."""
    try:
        os.unlink(name, dir_fd=dir_fd)
    except FileNotFoundError:
        return True
    except (IsADirectoryError, PermissionError):
        # unlink of a directory is EISDIR on Linux, EPERM elsewhere and for an immutable file: look, then decide.
        if stat.S_ISDIR(os.stat(name, dir_fd=dir_fd, follow_symlinks=False).st_mode):
            return False
        raise
    return True


def _remove_files(fd: int) -> list[bytes]:
    """Remove all that is no directory from `fd`; returns the names of the directories."""
    directories: list[bytes] = []
    with os.scandir(fd) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                directories.append(os.fsencode(entry.name))
            else:
                os.unlink(entry.name, dir_fd=fd)
    return directories
