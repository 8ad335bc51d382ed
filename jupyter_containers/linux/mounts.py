"""Mount, move and change mounts, by path (mount(2)) and by descriptor (fsopen, open_tree, move_mount)."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Mapping, Sequence

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import libc

Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]

# Words of mount(8) → flags set and flags cleared.
FLAG_WORDS: Mapping[str, tuple[int, int]] = {
    "defaults": (0, 0),
    "ro": (c.MS_RDONLY, 0),
    "rw": (0, c.MS_RDONLY),
    "nosuid": (c.MS_NOSUID, 0),
    "suid": (0, c.MS_NOSUID),
    "nodev": (c.MS_NODEV, 0),
    "dev": (0, c.MS_NODEV),
    "noexec": (c.MS_NOEXEC, 0),
    "exec": (0, c.MS_NOEXEC),
    "sync": (c.MS_SYNCHRONOUS, 0),
    "async": (0, c.MS_SYNCHRONOUS),
    "dirsync": (c.MS_DIRSYNC, 0),
    "remount": (c.MS_REMOUNT, 0),
    "mand": (c.MS_MANDLOCK, 0),
    "nomand": (0, c.MS_MANDLOCK),
    "noatime": (c.MS_NOATIME, 0),
    "atime": (0, c.MS_NOATIME),
    "nodiratime": (c.MS_NODIRATIME, 0),
    "diratime": (0, c.MS_NODIRATIME),
    "relatime": (c.MS_RELATIME, 0),
    "norelatime": (0, c.MS_RELATIME),
    "strictatime": (c.MS_STRICTATIME, 0),
    "nostrictatime": (0, c.MS_STRICTATIME),
    "lazytime": (c.MS_LAZYTIME, 0),
    "nolazytime": (0, c.MS_LAZYTIME),
    "iversion": (c.MS_I_VERSION, 0),
    "noiversion": (0, c.MS_I_VERSION),
    "nosymfollow": (c.MS_NOSYMFOLLOW, 0),
    "symfollow": (0, c.MS_NOSYMFOLLOW),
    "silent": (c.MS_SILENT, 0),
    "loud": (0, c.MS_SILENT),
    "bind": (c.MS_BIND, 0),
    "rbind": (c.MS_BIND | c.MS_REC, 0),
}

PROPAGATION_WORDS: Mapping[str, int] = {
    "private": c.MS_PRIVATE,
    "rprivate": c.MS_PRIVATE | c.MS_REC,
    "shared": c.MS_SHARED,
    "rshared": c.MS_SHARED | c.MS_REC,
    "slave": c.MS_SLAVE,
    "rslave": c.MS_SLAVE | c.MS_REC,
    "unbindable": c.MS_UNBINDABLE,
    "runbindable": c.MS_UNBINDABLE | c.MS_REC,
}


def parse_options(options: Sequence[str]) -> tuple[int, int, str]:
    """Split words of mount(8) into flags, propagation flags (for a call of their own) and the file system's options.

    A later word wins over an earlier one; a word that is no flag belongs to the file system.
    """
    flags, propagation, words = 0, 0, []
    for option in options:
        if option in FLAG_WORDS:
            wanted, unwanted = FLAG_WORDS[option]
            flags = (flags & ~unwanted) | wanted
        elif option in PROPAGATION_WORDS:
            propagation = PROPAGATION_WORDS[option]
        elif option:
            words.append(option)
    return flags, propagation, ",".join(words)


def mount(source: Path | None, target: Path, fs_type: str | None, flags: int = 0, options: str | bytes = "") -> None:
    """Mount `source` on `target`, which is followed if it is a symbolic link; `flags` are MS_….

    An option string over one page less one byte is cut by the kernel, so it is refused here with E2BIG; see
    `new_filesystem`. Raises OSError. Source: mount(2).
    """
    words = os.fsencode(options)
    if len(words) >= os.sysconf("SC_PAGE_SIZE"):
        raise OSError(errno.E2BIG, f"mount: {len(words)} bytes of options do not fit in a page", _path(target))
    kind = None if fs_type is None else os.fsencode(fs_type)
    origin = None if source is None else _path(source)
    libc.call("mount", origin, _path(target), kind, flags, words or None, path=_path(target))


def unmount(target: Path, flags: int = 0) -> None:
    """Take the topmost mount off `target`; `flags` are MNT_… and UMOUNT_NOFOLLOW. Raises OSError."""
    libc.call("umount2", _path(target), flags, path=_path(target))


def pivot_root(new_root: Path, put_old: Path) -> None:
    """Make `new_root` the root of the mount namespace and move the old root to `put_old` ("." and "." stack them).

    Source: pivot_root(2), "pivot_root(".", ".")".
    """
    libc.syscall(c.SYS_PIVOT_ROOT, "pivot_root", _path(new_root), _path(put_old), path=_path(new_root))


def open_tree(path: Path, flags: int, *, dir_fd: int = c.AT_FDCWD) -> int:
    """Return a descriptor of the mount at `path`; with OPEN_TREE_CLONE of a detached copy of it.

    `flags` are OPEN_TREE_CLONE and AT_RECURSIVE, AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, AT_NO_AUTOMOUNT. The caller closes
    the descriptor, which lets go of a detached copy that was not moved anywhere. Raises OSError.
    """
    flags |= c.OPEN_TREE_CLOEXEC
    return libc.syscall(c.SYS_OPEN_TREE, "open_tree", dir_fd, _path(path), flags, path=_path(path))


def move_mount(from_fd: int, to_path: Path = "", *, to_dir_fd: int = c.AT_FDCWD, flags: int | None = None) -> None:
    """Attach the mount `from_fd` at `to_path`, or at `to_dir_fd` itself when `to_path` is empty.

    `flags` are MOVE_MOUNT_…; the default takes from_fd itself, and an empty to_path as to_dir_fd itself; a symbolic
    link at `to_path` is not followed. Both descriptors stay open and the caller's. Raises OSError.
    """
    target = _path(to_path)
    if flags is None:
        flags = c.MOVE_MOUNT_F_EMPTY_PATH | (0 if target else c.MOVE_MOUNT_T_EMPTY_PATH)
    libc.syscall(c.SYS_MOVE_MOUNT, "move_mount", from_fd, b"", to_dir_fd, target, flags, path=target or None)


def mount_setattr(
    target: int | Path,
    *,
    set: int = 0,  # noqa: A002 - the kernel's words are attr_set and attr_clr
    clear: int = 0,
    propagation: int = 0,
    recursive: bool = False,
) -> None:
    """Change the attributes (MOUNT_ATTR_…) and propagation (one of MS_PRIVATE, …) of a mount, given by fd or path.

    With `recursive` of all mounts under it as well, all or none. A path's last symbolic link is not followed.
    Raises OSError. Source: mount_setattr(2).
    """
    is_fd = isinstance(target, int)
    dir_fd, path = (target, b"") if isinstance(target, int) else (c.AT_FDCWD, _path(target))
    flags = (c.AT_EMPTY_PATH if is_fd else c.AT_SYMLINK_NOFOLLOW) | (c.AT_RECURSIVE if recursive else 0)
    # struct mount_attr: attr_set, attr_clr, propagation, userns_fd
    attributes = (ctypes.c_uint64 * 4)(set, clear, propagation, 0)
    size = ctypes.sizeof(attributes)
    libc.syscall(c.SYS_MOUNT_SETATTR, "mount_setattr", dir_fd, path, flags, attributes, size, path=path or None)


def new_filesystem(
    fs_type: str,
    options: Sequence[tuple[str, str | None]],
    *,
    source: str | None = None,
    attributes: int = 0,
) -> int:
    """Make a file system and return the descriptor of its detached mount, for `move_mount`; the caller closes it.

    `options` are (key, value), or (key, None) for a flag; they are set one by one, so that their sum may exceed a page
    (overlay's "lowerdir+"). `attributes` are MOUNT_ATTR_…. Raises OSError whose text ends with the file system's
    own explanation when it has one. Source: fsopen(2), fsconfig(2), fsmount(2).
    """
    context_fd = libc.syscall(c.SYS_FSOPEN, "fsopen", os.fsencode(fs_type), c.FSOPEN_CLOEXEC, path=fs_type)
    try:
        if source is not None:
            _configure(context_fd, fs_type, "source", source)
        for key, value in options:
            _configure(context_fd, fs_type, key, value)
        try:
            libc.syscall(c.SYS_FSCONFIG, "fsconfig", context_fd, c.FSCONFIG_CMD_CREATE, None, None, 0, path=fs_type)
            arguments = (context_fd, c.FSMOUNT_CLOEXEC, attributes)
            return libc.syscall(c.SYS_FSMOUNT, "fsmount", *arguments, path=fs_type)
        except OSError as error:
            raise _explained(error, context_fd, fs_type) from None
    finally:
        os.close(context_fd)


def _configure(context_fd: int, fs_type: str, key: str, value: str | None) -> None:
    command = c.FSCONFIG_SET_FLAG if value is None else c.FSCONFIG_SET_STRING
    text = None if value is None else os.fsencode(value)
    try:
        libc.syscall(c.SYS_FSCONFIG, "fsconfig", context_fd, command, os.fsencode(key), text, 0, path=fs_type)
    except OSError as error:
        raise _explained(error, context_fd, f"{fs_type} {key}={value}") from None


def _explained(error: OSError, context_fd: int, what: str) -> OSError:
    """Add what the file system said: lines like "e overlay: No changes allowed in reconfigure", one by read."""
    said = []
    try:
        while line := os.read(context_fd, 1024):
            said.append(line.decode("utf-8", "replace").strip()[2:])
    except OSError:  # ENODATA: no more lines
        pass
    text = f"{error.strerror} ({'; '.join(said)})" if said else error.strerror
    return OSError(error.errno, text, what)


def _path(path: Path) -> bytes:
    return os.fsencode(path)
