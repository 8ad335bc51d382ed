"""Resolve a path inside a root directory that somebody else controls, without ever leaving it.

The kernel does the walk (openat2), so no symbolic link, "..", magic link or rename during the walk leads outside.
Source: openat2(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import libc

_MAX_LINKS = 40  # as in the kernel's own walk, path_resolution(7)
_MAX_RACES = 128


def open_in_root(
    root_fd: int,
    path: str | bytes,
    flags: int,
    mode: int = 0,
    *,
    resolve: int = c.RESOLVE_IN_ROOT | c.RESOLVE_NO_MAGICLINKS,
) -> int:
    """Open `path` as if `root_fd` were /; absolute links and ".." stay inside. The caller closes the descriptor.

    `flags` are O_…, O_CLOEXEC is added; `mode` counts with O_CREAT and O_TMPFILE only. Raises OSError.
    """
    name = os.fsencode(path) or b"."
    creates = flags & os.O_CREAT or flags & os.O_TMPFILE == os.O_TMPFILE
    # struct open_how: flags, mode, resolve. Unlike open, openat2 refuses a mode that means nothing.
    how = (ctypes.c_uint64 * 3)(flags | os.O_CLOEXEC, mode if creates else 0, resolve)
    for attempt in range(_MAX_RACES):
        try:
            return libc.syscall(c.SYS_OPENAT2, "openat2", root_fd, name, how, ctypes.sizeof(how), path=name)
        except BlockingIOError:
            # EAGAIN: something was renamed during a walk with "..", so the kernel cannot be sure. It may be an attack.
            if attempt == _MAX_RACES - 1:
                raise
    raise AssertionError("unreachable")


def make_directories_in_root(root_fd: int, path: str | bytes, mode: int = 0o755) -> int:
    """Make `path` and its missing parents inside the root; return an O_PATH descriptor of it, which the caller closes.

    Symbolic links on the way are followed inside the root, also dangling ones, whose targets are made. New
    directories get `mode` less the umask and this process's owner. Raises OSError (ENOTDIR where a file is in the
    way).
    """
    directory = os.O_PATH | os.O_DIRECTORY
    try:
        return open_in_root(root_fd, path, directory)
    except FileNotFoundError:
        real = _make_missing(root_fd, os.fsencode(path), mode)
    return open_in_root(root_fd, b"/".join(real), directory | os.O_NOFOLLOW)


def make_file_in_root(root_fd: int, path: str | bytes, mode: int = 0o644) -> int:
    """Make an empty file at `path` inside the root, if nothing is there; return an O_PATH descriptor, to be closed.

    Links are followed inside the root as in `make_directories_in_root`: what a dangling one names is made, with its
    missing parents. Raises OSError.
    """
    wanted = os.fsencode(path)
    for _ in range(_MAX_LINKS):
        parent, _, name = wanted.rstrip(b"/").rpartition(b"/")
        real = _make_missing(root_fd, parent, 0o755)
        place = b"/".join([*real, name])
        try:
            fd = open_in_root(root_fd, place, os.O_PATH | os.O_NOFOLLOW)
        except FileNotFoundError:
            os.close(open_in_root(root_fd, place, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, mode))
            continue
        if not stat.S_ISLNK(os.fstat(fd).st_mode):
            return fd
        target = os.readlink(b"", dir_fd=fd)
        os.close(fd)
        wanted = target if target.startswith(b"/") else b"/".join([*real, target])
    raise OSError(errno.ELOOP, f"open: {os.strerror(errno.ELOOP)}", os.fsdecode(path))


def _make_missing(root_fd: int, path: bytes, mode: int) -> list[bytes]:
    """Walk `path` part by part, make what is missing, and return the names from the root without any link in them."""
    real: list[bytes] = []
    remaining, links = _parts(path), 0
    while remaining:
        part = remaining.pop(0)
        if part == b"..":
            real = real[:-1]
            continue
        target = _enter(root_fd, [*real, part], mode)
        if target is None:
            real.append(part)
            continue
        links += 1
        if links > _MAX_LINKS:
            raise OSError(errno.ELOOP, f"mkdir: {os.strerror(errno.ELOOP)}", path)
        remaining = _parts(target) + remaining
        real = [] if target.startswith(b"/") else real
    return real


def _enter(root_fd: int, names: list[bytes], mode: int) -> bytes | None:
    """Make sure that the last of `names` is there; return its target if it is a link, None if it is a directory."""
    path = b"/".join(names)
    try:
        fd = open_in_root(root_fd, path, os.O_PATH | os.O_NOFOLLOW)
    except FileNotFoundError:
        _make_one(root_fd, names, mode)
        fd = open_in_root(root_fd, path, os.O_PATH | os.O_NOFOLLOW)
    try:
        kind = os.fstat(fd).st_mode
        if stat.S_ISLNK(kind):
            return os.readlink(b"", dir_fd=fd)
        if not stat.S_ISDIR(kind):
            raise NotADirectoryError(errno.ENOTDIR, f"mkdir: {os.strerror(errno.ENOTDIR)}", path)
        return None
    finally:
        os.close(fd)


def _make_one(root_fd: int, names: list[bytes], mode: int) -> None:
    parent_fd = open_in_root(root_fd, b"/".join(names[:-1]), os.O_PATH | os.O_DIRECTORY)
    try:
        os.mkdir(names[-1], mode, dir_fd=parent_fd)
    except FileExistsError:
        pass  # somebody else was faster; what it is, the caller looks at
    finally:
        os.close(parent_fd)


def _parts(path: bytes) -> list[bytes]:
    return [part for part in path.split(b"/") if part not in {b"", b"."}]
