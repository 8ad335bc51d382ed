"""Put files of a tree into a root that an image made, without ever leaving the root.

What is in the way is replaced: a file by a file, a link by a directory, as dockerd does. Nothing runs in the root
meanwhile; hostile are only the links and names that are there already.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jupyter_containers.build.failures import CopyFailed
from jupyter_containers.build.operations.content import copy_content
from jupyter_containers.build.operations.modes import ModeChange
from jupyter_containers.build.tree import Match, Tree, xattrs
from jupyter_containers.linux import constants as c
from jupyter_containers.linux import trees
from jupyter_containers.linux.safe_paths import make_directories_in_root, open_in_root

_DIRECTORY = os.O_PATH | os.O_DIRECTORY
_BELOW = c.RESOLVE_BENEATH | c.RESOLVE_NO_SYMLINKS
_MAX_LINKS = 40


@dataclass(frozen=True, slots=True)
class Dress:
    """Who owns the copies and their mode; None keeps what the source has (owners: root without `keep_owners`)."""

    owner: tuple[int, int] | None = None
    mode: ModeChange | None = None
    keep_owners: bool = False

    def owner_of(self, status: os.stat_result) -> tuple[int, int]:
        return self.owner or ((status.st_uid, status.st_gid) if self.keep_owners else (0, 0))

    def mode_of(self, status: os.stat_result) -> int:
        return self.mode_from(stat.S_IMODE(status.st_mode), is_directory=stat.S_ISDIR(status.st_mode))

    def mode_from(self, mode: int, *, is_directory: bool = False) -> int:
        return mode if self.mode is None else self.mode.of(mode, is_directory=is_directory)


# What link() answers where it cannot be done; to copy always can.
_NO_LINK = frozenset({errno.EXDEV, errno.EMLINK, errno.EPERM})


class Copier:
    """Copies into one root. `root_fd` stays open and belongs to the caller.

    With `is_bare` the root is not what overlayfs shows but a directory that it reads, where a device 0:0 is a whiteout.
    With `shares` a file that stays as it is becomes one more name of the source's; sharing.py says when that is good.
    """

    def __init__(self, tree: Tree, root_fd: int, dress: Dress, *, is_bare: bool = False, shares: bool = False) -> None:
        self._tree = tree
        self._root_fd = root_fd
        self._dress = dress
        self._is_bare = is_bare or shares
        self._shares = shares

    def copy(self, match: Match, destination: str) -> None:
        """Copy a file to, or what is in a directory into, `destination` (absolute; a final slash: a directory).

        Raises CopyFailed when a file is where a directory must be; OSError for the rest.
        """
        if match.is_directory:
            with self._directory(destination) as fd:
                self._copy_below(match, fd)
            return
        path = self._follow(destination)
        if destination.endswith("/") or self._is_directory(path):
            path = posixpath.join(path, match.name)
        with self._directory(posixpath.dirname(path)) as fd:
            source_fd = self._tree.open(posixpath.dirname(match.path), _DIRECTORY)
            try:
                entry = trees.Entry(b"", os.fsencode(posixpath.basename(match.path)), source_fd, match.status)
                self._place(entry, fd, os.fsencode(posixpath.basename(path)))
            finally:
                os.close(source_fd)

    def write(self, name: str, content: bytes, destination: str) -> None:
        """Make a file of the content of a heredoc; where it goes, as in copy(). Raises CopyFailed, too."""
        if not trees.is_file_name(name):
            raise CopyFailed(f"failed to copy files: {name!r} is to be the name of a file")
        path = self._follow(destination)
        if destination.endswith("/") or self._is_directory(path):
            path = posixpath.join(path, name)
        with self._directory(posixpath.dirname(path)) as fd:
            target = os.fsencode(posixpath.basename(path))
            _clear(fd, target)
            with open(_create(fd, target), "wb") as file:
                file.write(content)
                file.flush()
                os.fchown(file.fileno(), *(self._dress.owner or (0, 0)))
                os.fchmod(file.fileno(), self._dress.mode_from(0o644))

    def make_directory(self, path: str) -> None:
        """Make a directory with its parents, 0755; those that are there stay as they are."""
        with self._directory(path):
            pass

    @contextmanager
    def _directory(self, path: str) -> Iterator[int]:
        """Open a directory of the root, made part by part where missing, each new one with the copies' owner."""
        fd = os.dup(self._root_fd)
        try:
            made = ""
            for part in path.strip("/").split("/"):
                made = f"{made}/{part}"
                following = self._step(made)
                os.close(fd)
                fd = following
            yield fd
        finally:
            os.close(fd)

    def _step(self, path: str) -> int:
        try:
            return open_in_root(self._root_fd, path, _DIRECTORY)
        except FileNotFoundError:
            pass
        except NotADirectoryError:
            raise CopyFailed(f"failed to copy files: cannot copy to non-directory: {path}") from None
        try:
            fd = make_directories_in_root(self._root_fd, path)
        except NotADirectoryError:
            raise CopyFailed(f"failed to copy files: cannot copy to non-directory: {path}") from None
        # The daemon's umask must not decide about directories of an image.
        place = f"/proc/self/fd/{fd}"
        os.chown(place, *(self._dress.owner or (0, 0)))
        os.chmod(place, 0o755)
        return fd

    def _follow(self, path: str) -> str:
        """Return where a destination leads when it is a link, also a dangling one; like writing through it."""
        path = path.rstrip("/") or "/"
        for _ in range(_MAX_LINKS):
            try:
                fd = open_in_root(self._root_fd, path, os.O_PATH | os.O_NOFOLLOW)
            except OSError:
                return path
            try:
                if not stat.S_ISLNK(os.fstat(fd).st_mode):
                    return path
                path = posixpath.join(posixpath.dirname(path), os.fsdecode(os.readlink(b"", dir_fd=fd)))
            finally:
                os.close(fd)
        raise OSError(errno.ELOOP, f"open: {os.strerror(errno.ELOOP)}", path)

    def _is_directory(self, path: str) -> bool:
        try:
            fd = open_in_root(self._root_fd, path, _DIRECTORY)
        except OSError:
            return False
        os.close(fd)
        return True

    def _copy_below(self, match: Match, target_fd: int) -> None:
        links: dict[tuple[int, int], bytes] = {}
        directories: list[tuple[bytes, os.stat_result]] = []
        for entry in self._tree.walk(match):
            parent, name = os.path.split(entry.path)
            parent_fd = self._open_below(target_fd, parent)
            try:
                self._place_or_link(entry, parent_fd, name, target_fd, links)
            finally:
                os.close(parent_fd)
            if entry.is_directory:
                directories.append((entry.path, entry.status))
        # Last, since every file put into a directory changes its time.
        for path, status in reversed(directories):
            fd = open_in_root(target_fd, path, _DIRECTORY, resolve=_BELOW)
            try:
                os.utime(f"/proc/self/fd/{fd}", ns=(status.st_mtime_ns, status.st_mtime_ns))
            finally:
                os.close(fd)

    def _open_below(self, target_fd: int, path: bytes) -> int:
        try:
            return open_in_root(target_fd, path, _DIRECTORY, resolve=_BELOW)
        except (FileNotFoundError, NotADirectoryError, OSError) as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                raise
        # A file that is included again although its directory is ignored: the directory was never met.
        parent, name = os.path.split(path)
        parent_fd = self._open_below(target_fd, parent)
        try:
            _clear(parent_fd, name)
            os.mkdir(name, 0o755, dir_fd=parent_fd)
            os.chmod(name, 0o755, dir_fd=parent_fd)
            os.chown(name, *(self._dress.owner or (0, 0)), dir_fd=parent_fd, follow_symlinks=False)
        finally:
            os.close(parent_fd)
        return open_in_root(target_fd, path, _DIRECTORY, resolve=_BELOW)

    def _place_or_link(
        self, entry: trees.Entry, parent_fd: int, name: bytes, target_fd: int, links: dict[tuple[int, int], bytes]
    ) -> None:
        status = entry.status
        identity = (status.st_dev, status.st_ino)
        first = links.get(identity) if status.st_nlink > 1 and not entry.is_directory else None
        if first is not None:
            _clear(parent_fd, name)
            os.link(first, name, src_dir_fd=target_fd, dst_dir_fd=parent_fd, follow_symlinks=False)
            return
        self._place(entry, parent_fd, name)
        if status.st_nlink > 1:
            links[identity] = entry.path

    def _place(self, entry: trees.Entry, parent_fd: int, name: bytes) -> None:
        """Make the copy of one thing, in place of what is there; directories are merged."""
        status, mode = entry.status, self._dress.mode_of(entry.status)
        if entry.is_directory:
            self._place_directory(entry, parent_fd, name)
            return
        _clear(parent_fd, name)
        if stat.S_ISREG(status.st_mode):
            self._place_file(entry, parent_fd, name)
            return
        if stat.S_ISLNK(status.st_mode):
            os.symlink(os.readlink(entry.name, dir_fd=entry.dir_fd), name, dir_fd=parent_fd)
        else:
            if self._is_bare and stat.S_ISCHR(status.st_mode) and status.st_rdev == 0:
                raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), os.fsdecode(entry.path))
            os.mknod(name, stat.S_IFMT(status.st_mode) | 0o600, status.st_rdev, dir_fd=parent_fd)
        os.chown(name, *self._dress.owner_of(status), dir_fd=parent_fd, follow_symlinks=False)
        if not stat.S_ISLNK(status.st_mode):
            os.chmod(name, mode, dir_fd=parent_fd)
        times = (status.st_mtime_ns, status.st_mtime_ns)
        os.utime(name, ns=times, dir_fd=parent_fd, follow_symlinks=False)

    def _shared(self, entry: trees.Entry, parent_fd: int, name: bytes) -> bool:
        """Make it a link if nothing about the file is to change; say whether that was done."""
        status = entry.status
        if (status.st_uid, status.st_gid) != self._dress.owner_of(status):
            return False
        if stat.S_IMODE(status.st_mode) != self._dress.mode_of(status):
            return False
        try:
            if os.listxattr(f"/proc/self/fd/{entry.dir_fd}/".encode() + entry.name, follow_symlinks=False):
                return False
            os.link(entry.name, name, src_dir_fd=entry.dir_fd, dst_dir_fd=parent_fd, follow_symlinks=False)
        except OSError as error:
            if error.errno in _NO_LINK or error.errno == errno.ENOTSUP:
                return False
            raise
        return True

    def _place_file(self, entry: trees.Entry, parent_fd: int, name: bytes) -> None:
        if self._shares and self._shared(entry, parent_fd, name):
            self._tree.check()
            return
        source_fd = os.open(entry.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=entry.dir_fd)
        try:
            target_fd = _create(parent_fd, name)
            try:
                copy_content(source_fd, target_fd, entry.status.st_size, check=self._tree.check)
                self._finish(entry, source_fd, target_fd)
            finally:
                os.close(target_fd)
        finally:
            os.close(source_fd)

    def _place_directory(self, entry: trees.Entry, parent_fd: int, name: bytes) -> None:
        if not _is_real_directory(parent_fd, name):
            _clear(parent_fd, name)
            os.mkdir(name, 0o700, dir_fd=parent_fd)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        source_fd = os.open(entry.name, flags, dir_fd=entry.dir_fd)
        try:
            target_fd = os.open(name, flags, dir_fd=parent_fd)
            try:
                self._finish(entry, source_fd, target_fd)
            finally:
                os.close(target_fd)
        finally:
            os.close(source_fd)

    def _finish(self, entry: trees.Entry, source_fd: int, target_fd: int) -> None:
        """Owner before mode and attributes: a change of owner clears set-user-ID and capabilities."""
        status = entry.status
        os.fchown(target_fd, *self._dress.owner_of(status))
        os.fchmod(target_fd, self._dress.mode_of(status))
        for attribute, value in xattrs(source_fd):
            os.setxattr(target_fd, attribute, value)
        os.utime(target_fd, ns=(status.st_mtime_ns, status.st_mtime_ns))


def _create(dir_fd: int, name: bytes) -> int:
    return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=dir_fd)


def _clear(dir_fd: int, name: bytes) -> None:
    trees.remove_tree(dir_fd, name)


def _is_real_directory(dir_fd: int, name: bytes) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=dir_fd, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False
