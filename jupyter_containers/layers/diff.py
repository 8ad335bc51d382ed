"""Diff: what a writable layer changed, as a layer's tar (commit, build) and as a list (docker diff).

diff() and changes() read the upper directory of an overlay. diff_trees() compares two whole trees, for snapshots that
are copies.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jupyter_containers.layers.inherited import status_below
from jupyter_containers.layers.member import Kind, Member
from jupyter_containers.layers.ownership import EXACT, Ownership
from jupyter_containers.layers.reading import Recorder
from jupyter_containers.layers.tar_writer import TarWriter
from jupyter_containers.layers.whiteouts import OPAQUE, OPAQUE_XATTR, PREFIX, is_overlay_whiteout
from jupyter_containers.linux import constants as c
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.linux.trees import Entry, walk
from jupyter_containers.oci.digest import Digest

_RESOLVE = c.RESOLVE_IN_ROOT | c.RESOLVE_NO_MAGICLINKS | c.RESOLVE_NO_SYMLINKS


@dataclass(frozen=True, slots=True)
class Diff:
    """A layer that was written: `diff_id` of its bytes, their number, the sum of its files, and its entries."""

    diff_id: Digest
    stream_bytes: int
    size_bytes: int
    entries: int


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One changed path, absolute as the container sees it; kind is Docker's letter: A added, C changed, D deleted."""

    path: str
    kind: str


def diff(
    upper: Path,
    write: Callable[[bytes], object],
    *,
    ownership: Ownership = EXACT,
    opaque_xattr: bytes = OPAQUE_XATTR,
    omit: Collection[bytes] = (),
) -> Diff:
    """Write the content of an overlay's upper directory as an uncompressed layer to `write`.

    `omit` are paths, without a slash in front, that are left out; what lies below them is not. Names beginning with
    `.wh.` cannot be told from whiteouts in a layer, so they are left out. Raises OSError.
    """
    with _recording(write, ownership) as (recorder, finish), _opened(upper) as root_fd:
        for entry in walk(root_fd):
            if entry.name.startswith(PREFIX) or entry.path in omit:
                continue
            if is_overlay_whiteout(entry.status):
                recorder.add(_whiteout(_beside(entry.path, PREFIX + entry.name), entry))
                continue
            recorder.record(entry, entry.path)
            if entry.is_directory and _is_opaque(entry, opaque_xattr):
                recorder.add(_whiteout(entry.path + b"/" + OPAQUE, entry))
        return finish()


def diff_trees(new: Path, old: Path | None, write: Callable[[bytes], object], *, ownership: Ownership = EXACT) -> Diff:
    """Write what makes `new` out of `old` (None: out of nothing) as an uncompressed layer to `write`.

    Files are equal when type, mode, owner, size, mtime, device and link target are. Raises OSError.
    """
    with _recording(write, ownership) as (recorder, finish), _opened(new) as new_fd:
        if old is None:
            for entry in walk(new_fd):
                recorder.record(entry, entry.path)
            return finish()
        with _opened(old) as old_fd:
            _record_changed(recorder, new_fd, old_fd)
            _record_missing(recorder, new_fd, old_fd)
        return finish()


def changes(upper: Path, lowers: Sequence[Path]) -> list[Change]:
    """List what the upper directory of an overlay changes over `lowers` (the nearest first), in the order of paths.

    As Docker lists it: what was only copied up is no change, the time of a directory is none either, and every
    directory above a change counts as changed.
    """
    found: dict[str, str] = {}
    with _opened(upper) as root_fd:
        for entry in walk(root_fd):
            kind = "D" if is_overlay_whiteout(entry.status) else _kind_of_change(entry, lowers)
            if kind is None:
                continue
            path = "/" + os.fsdecode(entry.path)
            found[path] = kind
            while path := path.rpartition("/")[0]:
                found.setdefault(path, "C")
    return [Change(path, kind) for path, kind in sorted(found.items(), key=lambda item: item[0].split("/"))]


def _kind_of_change(entry: Entry, lowers: Sequence[Path]) -> str | None:
    below = status_below(entry.path, lowers)
    if below is None:
        return "A"
    new = entry.status
    if (new.st_mode, new.st_uid, new.st_gid, new.st_rdev) != (below.st_mode, below.st_uid, below.st_gid, below.st_rdev):
        return "C"
    if entry.is_directory or (new.st_size, new.st_mtime_ns) == (below.st_size, below.st_mtime_ns):
        return None
    return "C"


def _record_changed(recorder: Recorder, new_fd: int, old_fd: int) -> None:
    for entry in walk(new_fd):
        if not entry.name.startswith(PREFIX) and not _is_same(entry, _status_at(old_fd, entry.path)):
            recorder.record(entry, entry.path)


def _record_missing(recorder: Recorder, new_fd: int, old_fd: int) -> None:
    missing: set[bytes] = set()

    def is_still_there(entry: Entry) -> bool:
        return entry.path not in missing

    for entry in walk(old_fd, descend=is_still_there):
        status = _status_at(new_fd, entry.path)
        if status is None:
            missing.add(entry.path)
            recorder.add(_whiteout(_beside(entry.path, PREFIX + entry.name), entry))
        elif entry.is_directory and not stat.S_ISDIR(status.st_mode):
            missing.add(entry.path)  # what replaced it hides all that was in it


def _is_same(entry: Entry, old: os.stat_result | None) -> bool:
    if old is None:
        return False
    new = entry.status
    if (new.st_mode, new.st_uid, new.st_gid, new.st_rdev) != (old.st_mode, old.st_uid, old.st_gid, old.st_rdev):
        return False
    return new.st_mtime_ns == old.st_mtime_ns and (entry.is_directory or new.st_size == old.st_size)


def _status_at(root_fd: int, path: bytes) -> os.stat_result | None:
    try:
        fd = open_in_root(root_fd, path, os.O_PATH | os.O_NOFOLLOW, resolve=_RESOLVE)
    except OSError:
        return None
    try:
        return os.fstat(fd)
    finally:
        os.close(fd)


def _is_opaque(entry: Entry, opaque_xattr: bytes) -> bool:
    place = b"/proc/self/fd/%d/%s" % (entry.dir_fd, entry.name)
    try:
        return os.getxattr(place, opaque_xattr, follow_symlinks=False) == b"y"
    except OSError:
        return False


def _whiteout(name: bytes, entry: Entry) -> Member:
    return Member(name, Kind.FILE, mode=0o600, mtime_ns=entry.status.st_mtime_ns)


def _beside(path: bytes, name: bytes) -> bytes:
    parent, slash, _ = path.rpartition(b"/")
    return parent + slash + name


@contextmanager
def _recording(write: Callable[[bytes], object], ownership: Ownership) -> Iterator[tuple[Recorder, Callable[[], Diff]]]:
    hasher = hashlib.sha256()
    count = 0

    def hash_and_write(content: bytes) -> None:
        nonlocal count
        hasher.update(content)
        count += len(content)
        write(content)

    writer = TarWriter(hash_and_write)
    recorder = Recorder(writer, ownership)

    def finish() -> Diff:
        writer.finish()
        return Diff(Digest("sha256", hasher.hexdigest()), count, recorder.size, recorder.entries)

    yield recorder, finish


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)
