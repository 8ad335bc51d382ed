"""What every snapshotter with numbered directories shares: records, numbers, commit, remove, recovery.

`<root>/<number>/fs` holds the files of one snapshot. A row is written after its directory and deleted before it, so a
crash leaves directories without a record, which recover() removes; never a record that promises missing files.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import trees
from jupyter_containers.oci.runtime_spec import Mount
from jupyter_containers.oci.snapshot_record import (
    ACTIVE,
    COMMITTED,
    LABEL_DISPOSABLE,
    LABEL_UNFLUSHED,
    LABEL_VOLATILE,
    VIEW,
    SnapshotRecord,
)
from jupyter_containers.snapshots.mounting import mounted_at
from jupyter_containers.snapshots.snapshotter import (
    SnapshotExists,
    SnapshotInUse,
    SnapshotNotFound,
    SnapshotRecords,
    WrongSnapshotKind,
)

_log = logging.getLogger(__name__)

_MOUNT_PREFIX = "mounted-"
_ROOT_MODE = 0o755


class DirectorySnapshotter:
    """Base of OverlaySnapshotter and PlainSnapshotter; see the protocol Snapshotter for what the methods promise."""

    def __init__(self, root: Path, records: SnapshotRecords, *, boot: str = "") -> None:
        """With the id of this `boot`, what is committed is marked by it until somebody has flushed it."""
        if set(":,\\") & set(str(root)):
            raise InvalidParameter(
                f"snapshot folder {root} has ':', ',' or a backslash in its path: overlayfs splits it there"
            )
        self._root = root
        self._records = records
        self._boot = boot
        self._lock = threading.RLock()
        self._makers: dict[str, tuple[threading.Lock, int]] = {}
        self._next_number = 1
        root.mkdir(parents=True, exist_ok=True, mode=0o711)

    def prepare(
        self, key: str, parent: str | None = None, *, labels: Mapping[str, str] | None = None
    ) -> tuple[Mount, ...]:
        record = self._create(key, ACTIVE, parent, labels=labels)
        return self._mounts_of(record)

    def view(self, key: str, parent: str | None = None) -> tuple[Mount, ...]:
        record = self._create(key, VIEW, parent)
        return self._mounts_of(record)

    def mounts(self, key: str) -> tuple[Mount, ...]:
        record = self.stat(key)
        if record.kind == COMMITTED:
            raise WrongSnapshotKind(record, f"{ACTIVE} or a {VIEW}")
        return self._mounts_of(record)

    def commit(
        self, name: str, key: str, *, labels: Mapping[str, str] | None = None, size_bytes: int | None = None
    ) -> SnapshotRecord:
        record = self.stat(key)
        if record.kind != ACTIVE:
            raise WrongSnapshotKind(record, ACTIVE)
        size = self.usage(key) if size_bytes is None else size_bytes
        kept = {**record.labels, **(labels or {})}
        for label in (LABEL_VOLATILE, LABEL_DISPOSABLE):
            kept.pop(label, None)
        if self._boot:
            kept[LABEL_UNFLUSHED] = self._boot
        committed = replace(record, key=name, kind=COMMITTED, size_bytes=size, labels=kept)
        with self._lock:
            if self.exists(name):
                raise SnapshotExists(name)
            # Two records share the number between these lines; recover() then keeps the committed one.
            self._records.add(committed)
            self._records.remove(key)
        self._freeze(committed)
        return committed

    def remove(self, key: str) -> None:
        with self._lock:
            record = self.stat(key)
            children = self._records.children(key)
            if children:
                raise SnapshotInUse(key, children)
            self._records.remove(key)
        self._forget(record)
        trees.remove_path(self._directory(record))

    def stat(self, key: str) -> SnapshotRecord:
        record = self._records.get(key)
        if record is None:
            raise SnapshotNotFound(key)
        return record

    def exists(self, key: str) -> bool:
        return self._records.get(key) is not None

    def walk(self) -> Iterator[SnapshotRecord]:
        yield from self._records.all()

    def usage(self, key: str) -> int:
        record = self.stat(key)
        if record.adopted_path is not None or record.kind == VIEW:
            return 0
        if record.size_bytes is not None:
            return record.size_bytes
        fd = os.open(self._files(record), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            return trees.usage(fd)
        finally:
            os.close(fd)

    def upper(self, key: str) -> Path | None:
        record = self.stat(key)
        return None if record.kind == VIEW else self._files(record)

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        with self._lock:
            lock, waiting = self._makers.get(name, (threading.Lock(), 0))
            self._makers[name] = lock, waiting + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, waiting = self._makers.pop(name)
                if waiting > 1:
                    self._makers[name] = lock, waiting - 1

    @contextmanager
    def mounted(self, key: str, *, read_only: bool = False) -> Iterator[Path]:
        record = self.stat(key)
        if record.kind == COMMITTED:
            with self._temporary_view(record) as mounts, self._mounted(mounts, read_only=True) as path:
                yield path
        else:
            with self._mounted(self._mounts_of(record), read_only=read_only) as path:
                yield path

    def adopt(self, name: str, path: Path) -> SnapshotRecord:
        if not path.is_absolute() or not path.is_dir():
            raise InvalidParameter(f"cannot adopt {path}: not an absolute path of a directory")
        with self._lock:
            known = self._records.get(name)
            if known is not None:
                if known.adopted_path != str(path):
                    raise SnapshotExists(name)
                return known
            return self._create(name, COMMITTED, None, adopted_path=str(path))

    def recover(self) -> None:
        with self._lock:
            records = self._without_leftovers(self._records.all())
            for mount_point in self._root.glob(f"{_MOUNT_PREFIX}*"):
                # Our mount namespace died with us, so these are empty; rmdir could not remove anything else anyway.
                mount_point.rmdir()
            self._remove_unrecorded({record.number for record in records})
            self._remove_without_files(records)
            self._next_number = max((record.number for record in records), default=0) + 1

    # What the two implementations differ in.

    def _mounts_of(self, record: SnapshotRecord) -> tuple[Mount, ...]:
        raise NotImplementedError

    def _fill(self, record: SnapshotRecord) -> None:
        """Make what belongs into a new snapshot's directory, before its record exists."""
        raise NotImplementedError

    def _freeze(self, record: SnapshotRecord) -> None:
        """Let go of what only an active snapshot needs."""

    def _forget(self, record: SnapshotRecord) -> None:
        """Drop what is remembered of a removed snapshot."""

    # Records and directories.

    def _create(
        self,
        key: str,
        kind: str,
        parent: str | None,
        *,
        labels: Mapping[str, str] | None = None,
        adopted_path: str | None = None,
    ) -> SnapshotRecord:
        with self._lock:
            if self.exists(key):
                raise SnapshotExists(key)
            self._check_parent(parent)
            number = self._make_directory()
            created_at = datetime.now(UTC).isoformat()
            record = SnapshotRecord(key, kind, parent, number, adopted_path, created_at, labels=dict(labels or {}))
            try:
                self._fill(record)
                self._records.add(record)
            except BaseException:
                trees.remove_path(self._directory(record))
                raise
        return record

    def _check_parent(self, parent: str | None) -> None:
        if parent is not None:
            record = self.stat(parent)
            if record.kind != COMMITTED:
                raise WrongSnapshotKind(record, COMMITTED)

    def _make_directory(self) -> int:
        """Take the next number that no directory has; mkdir decides, so a stale counter does no harm."""
        while True:
            number = self._next_number
            self._next_number += 1
            try:
                (self._root / str(number)).mkdir(mode=0o700)
            except FileExistsError:
                continue
            return number

    def _directory(self, record: SnapshotRecord) -> Path:
        return self._root / str(record.number)

    def _files(self, record: SnapshotRecord) -> Path:
        if record.adopted_path is not None:
            return Path(record.adopted_path)
        return self._root / str(record.number) / "fs"

    def _make_files_directory(self, record: SnapshotRecord) -> Path:
        """Make `fs`, which becomes / of a container: owner and mode are those of the parent's."""
        files = self._files(record)
        files.mkdir()
        mode = _ROOT_MODE
        if record.parent is not None:
            like = self._files(self.stat(record.parent)).stat()
            mode = like.st_mode & 0o7777
            if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(files, like.st_uid, like.st_gid)
        files.chmod(mode)
        return files

    # Mounting.

    @contextmanager
    def _mounted(self, mounts: tuple[Mount, ...], *, read_only: bool) -> Iterator[Path]:
        target = self._root / f"{_MOUNT_PREFIX}{os.urandom(6).hex()}"
        target.mkdir(mode=0o700)
        try:
            with mounted_at(mounts, target, read_only=read_only):
                yield target
        finally:
            target.rmdir()

    @contextmanager
    def _temporary_view(self, record: SnapshotRecord) -> Iterator[tuple[Mount, ...]]:
        key = f"view:{os.urandom(8).hex()}"
        mounts = self.view(key, record.key)
        try:
            yield mounts
        finally:
            self.remove(key)

    # Recovery.

    def _without_leftovers(self, records: list[SnapshotRecord]) -> list[SnapshotRecord]:
        committed = {record.number for record in records if record.kind == COMMITTED}
        kept = []
        for record in records:
            # A view never outlives the daemon that made it.
            is_leftover = record.number in committed or record.kind == VIEW or record.labels.get(LABEL_DISPOSABLE)
            if record.kind != COMMITTED and is_leftover:
                self._records.remove(record.key)
            else:
                kept.append(record)
        return kept

    def _remove_unrecorded(self, numbers: set[int]) -> None:
        with os.scandir(self._root) as entries:
            for entry in entries:
                if entry.name.isdecimal() and int(entry.name) not in numbers:
                    _discard(entry.path)

    def _remove_without_files(self, records: list[SnapshotRecord]) -> None:
        """Forget snapshots whose directory is gone, with all that stand on them."""
        lost = [record for record in records if not self._files(record).is_dir()]
        while lost:
            record = lost.pop()
            lost += [child for child in records if child.parent == record.key]
            self._records.remove(record.key)
            _discard(self._directory(record))


def _discard(path: str | Path) -> None:
    """Remove what no record names; what cannot be removed (a container has made it immutable) is left, and told of.

    Nobody could start a daemon otherwise.
    """
    try:
        trees.remove_path(path)
    except OSError as error:
        _log.warning("the directory %s of a snapshot that is gone is left: %s", path, error)
