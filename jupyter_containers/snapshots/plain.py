"""Snapshots as full copies: works on every file system and kernel, for those where overlayfs does not.

Copies share their blocks where the file system can (FICLONE: btrfs, xfs, bcachefs); elsewhere a snapshot costs the
space and time of a copy.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path

from jupyter_containers.errors import Unsupported
from jupyter_containers.linux.trees import Entry, walk
from jupyter_containers.oci.runtime_spec import Mount
from jupyter_containers.oci.snapshot_record import ACTIVE, SnapshotRecord
from jupyter_containers.snapshots.directories import DirectorySnapshotter
from jupyter_containers.snapshots.snapshotter import PLAIN_FORMAT

_FICLONE = 0x40049409  # linux/fs.h
_PIECE = 1 << 26
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_SUCH_COPY = frozenset((errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS))


class PlainSnapshotter(DirectorySnapshotter):
    """`<root>/<number>/fs` holds everything, not only changes."""

    layer_format = PLAIN_FORMAT
    user_xattr = False

    def lowers(self, key: str) -> tuple[Path, ...]:
        self.stat(key)
        return ()

    def adopt(self, name: str, path: Path) -> SnapshotRecord:
        """Refused: a copy of a whole host is not what adopting means. Raises Unsupported."""
        raise Unsupported(f"cannot adopt {path} without overlayfs: it would have to be copied")

    def _mounts_of(self, record: SnapshotRecord) -> tuple[Mount, ...]:
        is_active = record.kind == ACTIVE
        # What a view shows is committed and does not change: no copy of it is needed.
        shown = record if is_active or record.parent is None else self.stat(record.parent)
        return (Mount("/", "bind", str(self._files(shown)), ("bind", "rw" if is_active else "ro")),)

    def _fill(self, record: SnapshotRecord) -> None:
        files = self._make_files_directory(record)
        if record.parent is not None and record.kind == ACTIVE:
            copy_tree(self._files(self.stat(record.parent)), files)


def copy_tree(source: Path, target: Path) -> None:
    """Copy all below `source` into the directory `target`: owners, modes, attributes, times, links, devices, holes.

    Nobody else may be writing to either. Raises OSError.
    """
    source_fd = os.open(source, _FOLDER)
    try:
        target_fd = os.open(target, _FOLDER)
        try:
            _Copy(target_fd).run(source_fd)
        finally:
            os.close(target_fd)
    finally:
        os.close(source_fd)


class _Copy:
    def __init__(self, target_fd: int) -> None:
        self._target_fd = target_fd
        self._first_names: dict[tuple[int, int], bytes] = {}
        self._folders: list[tuple[bytes, int]] = []

    def run(self, source_fd: int) -> None:
        for entry in walk(source_fd):
            self._copy(entry)
        for path, mtime_ns in self._folders:
            os.utime(path, ns=(mtime_ns, mtime_ns), dir_fd=self._target_fd)
        _copy_attributes(source_fd, self._target_fd)

    def _copy(self, entry: Entry) -> None:
        mode = entry.status.st_mode
        if self._link(entry):
            return
        if stat.S_ISDIR(mode):
            os.mkdir(entry.path, 0o700, dir_fd=self._target_fd)
            self._folders.append((entry.path, entry.status.st_mtime_ns))
            self._dress(entry, _FOLDER)
        elif stat.S_ISREG(mode):
            self._copy_file(entry)
        elif stat.S_ISLNK(mode):
            os.symlink(os.readlink(entry.name, dir_fd=entry.dir_fd), entry.path, dir_fd=self._target_fd)
            self._dress_name(entry)
        elif not stat.S_ISSOCK(mode):
            os.mknod(entry.path, mode, entry.status.st_rdev, dir_fd=self._target_fd)
            self._dress_name(entry)
            os.chmod(entry.path, stat.S_IMODE(mode), dir_fd=self._target_fd)

    def _link(self, entry: Entry) -> bool:
        status = entry.status
        if status.st_nlink < 2 or stat.S_ISDIR(status.st_mode):
            return False
        first = self._first_names.setdefault((status.st_dev, status.st_ino), entry.path)
        if first == entry.path:
            return False
        fd = self._target_fd
        os.link(first, entry.path, src_dir_fd=fd, dst_dir_fd=fd, follow_symlinks=False)
        return True

    def _copy_file(self, entry: Entry) -> None:
        source = os.open(entry.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=entry.dir_fd)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            target = os.open(entry.path, flags, 0o600, dir_fd=self._target_fd)
            try:
                _copy_content(source, target, entry.status)
                _dress_open(source, target, entry.status)
                os.utime(target, ns=(entry.status.st_mtime_ns, entry.status.st_mtime_ns))
            finally:
                os.close(target)
        finally:
            os.close(source)

    def _dress(self, entry: Entry, flags: int) -> None:
        source = os.open(entry.name, flags, dir_fd=entry.dir_fd)
        try:
            target = os.open(entry.path, flags, dir_fd=self._target_fd)
            try:
                _dress_open(source, target, entry.status)
            finally:
                os.close(target)
        finally:
            os.close(source)

    def _dress_name(self, entry: Entry) -> None:
        status, fd = entry.status, self._target_fd
        os.chown(entry.path, status.st_uid, status.st_gid, dir_fd=fd, follow_symlinks=False)
        os.utime(entry.path, ns=(status.st_mtime_ns, status.st_mtime_ns), dir_fd=fd, follow_symlinks=False)


def _dress_open(source: int, target: int, status: os.stat_result) -> None:
    os.fchown(target, status.st_uid, status.st_gid)
    os.fchmod(target, stat.S_IMODE(status.st_mode))
    _copy_attributes(source, target)


def _copy_attributes(source: int, target: int) -> None:
    for name in os.listxattr(source):
        try:
            os.setxattr(target, name, os.getxattr(source, name))
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EPERM):
                raise


def _copy_content(source: int, target: int, status: os.stat_result) -> None:
    if not status.st_size:
        return
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        if error.errno not in _NO_SUCH_COPY:
            raise
        _copy_pieces(source, target, status.st_size)


def _copy_pieces(source: int, target: int, size: int) -> None:
    """Copy what holds data; holes stay holes."""
    os.ftruncate(target, size)
    position = 0
    while position < size:
        try:
            position = os.lseek(source, position, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            raise
        end = os.lseek(source, position, os.SEEK_HOLE)
        while position < end:
            copied = os.copy_file_range(source, target, min(_PIECE, end - position), position, position)
            if not copied:
                return
            position += copied
