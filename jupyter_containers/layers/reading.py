"""From files on disk to members: the half of diff and pack that looks at what is there."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator

from jupyter_containers.layers.member import Kind, Member
from jupyter_containers.layers.ownership import Ownership
from jupyter_containers.layers.tar_writer import TarWriter
from jupyter_containers.layers.whiteouts import is_overlay_xattr
from jupyter_containers.linux.trees import Entry

_PIECE = 1 << 20
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_KINDS = {
    stat.S_IFREG: Kind.FILE, stat.S_IFDIR: Kind.DIRECTORY, stat.S_IFLNK: Kind.SYMLINK, stat.S_IFIFO: Kind.FIFO,
    stat.S_IFCHR: Kind.CHARACTER_DEVICE, stat.S_IFBLK: Kind.BLOCK_DEVICE,
}  # fmt: skip
# A map costs space as well; a file with a few small holes is written whole.
_WORTHWHILE_HOLES = 64 << 10


class Recorder:
    """Writes entries of a tree as members; the second name of a file becomes a hard link to the first.

    `mtime_ns`: all members are of this moment.
    """

    def __init__(self, writer: TarWriter, ownership: Ownership, *, mtime_ns: int | None = None) -> None:
        self._writer = writer
        self._ownership = ownership
        self._mtime_ns = mtime_ns
        self._first_names: dict[tuple[int, int], bytes] = {}
        self.entries = 0
        self.size = 0

    def record(self, entry: Entry, name: bytes) -> None:
        """Write one entry under `name`. A socket has no form in tar; what vanished meanwhile is left out."""
        link = self._first_name(entry, name)
        if link is not None and stat.S_IFMT(entry.status.st_mode) in _KINDS:
            self._add(self._member(entry, name, Kind.HARD_LINK, link))
        else:
            self.record_alone(entry, name)

    def record_alone(self, entry: Entry, name: bytes) -> None:
        """Write one entry, never as a hard link."""
        kind = _KINDS.get(stat.S_IFMT(entry.status.st_mode))
        if kind is None:
            return
        if kind is Kind.FILE:
            self._record_file(entry, name)
            return
        try:
            target = os.readlink(entry.name, dir_fd=entry.dir_fd) if kind is Kind.SYMLINK else b""
        except OSError:
            return
        self._add(self._member(entry, name, kind, target))

    def add(self, member: Member) -> None:
        """Write a member that stands for nothing on disk (a whiteout)."""
        self._add(member)

    def _record_file(self, entry: Entry, name: bytes) -> None:
        try:
            fd = os.open(entry.name, _FILE, dir_fd=entry.dir_fd)
        except FileNotFoundError:
            return
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                return
            member = self._member(entry, name, Kind.FILE, b"", status=status, target=fd)
            self._add(member, _pieces(fd, member))
            self.size += member.stored_size
        finally:
            os.close(fd)

    def _member(
        self,
        entry: Entry,
        name: bytes,
        kind: Kind,
        link: bytes,
        *,
        status: os.stat_result | None = None,
        target: int | None = None,
    ) -> Member:
        status = status or entry.status
        uid, gid = self._ownership.in_layer(status.st_uid, status.st_gid)
        extents = _extents(target, status) if target is not None else None
        size = status.st_size if kind is Kind.FILE else 0
        is_device = kind in (Kind.CHARACTER_DEVICE, Kind.BLOCK_DEVICE)
        return Member(
            name=name,
            kind=kind,
            mode=stat.S_IMODE(status.st_mode),
            uid=uid,
            gid=gid,
            size=size,
            mtime_ns=status.st_mtime_ns if self._mtime_ns is None else self._mtime_ns,
            link=link,
            device=(os.major(status.st_rdev), os.minor(status.st_rdev)) if is_device else (0, 0),
            xattrs={} if kind is Kind.HARD_LINK else _xattrs(entry, target),
            stored_size=size if extents is None else sum(length for _, length in extents),
            extents=extents,
        )

    def _add(self, member: Member, data: Iterator[bytes] | tuple[()] = ()) -> None:
        self._writer.add(member, data)
        self.entries += 1

    def _first_name(self, entry: Entry, name: bytes) -> bytes | None:
        status = entry.status
        if status.st_nlink < 2 or stat.S_ISDIR(status.st_mode):
            return None
        first = self._first_names.setdefault((status.st_dev, status.st_ino), name)
        return None if first == name else first


def _xattrs(entry: Entry, fd: int | None) -> dict[bytes, bytes]:
    """Read the attributes of a file, link or directory, less overlayfs's own."""
    target: int | bytes = fd if fd is not None else b"/proc/self/fd/%d/%s" % (entry.dir_fd, entry.name)
    follow = fd is not None
    try:
        names = os.listxattr(target, follow_symlinks=follow)
    except OSError:
        return {}
    attributes: dict[bytes, bytes] = {}
    for name in map(os.fsencode, names):
        if not is_overlay_xattr(name):
            try:
                attributes[name] = os.getxattr(target, name, follow_symlinks=follow)
            except OSError:
                continue  # removed meanwhile, or not for us to read
    return attributes


def _extents(fd: int, status: os.stat_result) -> tuple[tuple[int, int], ...] | None:
    """Return where a file has data, None if it is as good as full."""
    if status.st_blocks * 512 + _WORTHWHILE_HOLES > status.st_size:
        return None
    extents, position = [], 0
    while position < status.st_size:
        try:
            start = os.lseek(fd, position, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                break  # nothing but a hole until the end
            return None
        position = min(os.lseek(fd, start, os.SEEK_HOLE), status.st_size)
        if start < position:
            extents.append((start, position - start))
    # Readers take the file's size from the last piece as well as from the record: end it explicitly.
    return (*extents, (status.st_size, 0))


def _pieces(fd: int, member: Member) -> Iterator[bytes]:
    for offset, length in member.extents or ((0, member.stored_size),):
        end = offset + length
        while offset < end:
            piece = os.pread(fd, min(_PIECE, end - offset), offset)
            if not piece:
                # The file shrank; what is missing of this piece must not be taken from the next.
                piece = bytes(min(_PIECE, end - offset))
            yield piece
            offset += len(piece)
