"""Snapshots: rows and directories must belong together, stand on one another, and have the size that is noted."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from jupyter_containers.daemon.storage.finding import Finding
from jupyter_containers.daemon.storage.store import Store
from jupyter_containers.linux import mountinfo, mounts, trees
from jupyter_containers.metadata.snapshots import Snapshots
from jupyter_containers.oci.snapshot_record import ACTIVE, COMMITTED, LABEL_DISPOSABLE, VIEW, SnapshotRecord

_FOLDER = "snapshots"
# Where directories go that may be wanted, but that no row knows any more.
_LOST = "lost"
# What st_blocks counts in. Source: inode(7).
_BLOCK_BYTES = 512


def check(store: Store) -> Iterator[Finding]:
    """Yield leftovers of work that is over, rows whose files are gone, and directories that no row names."""
    records = Snapshots(store.database)
    found = records.all()
    committed = {record.number for record in found if record.kind == COMMITTED}
    for record in found:
        problem = _problem(store.data, record, committed)
        if problem:
            yield Finding(
                "snapshot", record.key, problem, "forget it; its layer is unpacked again where an image has it",
                partial(records.remove, record.key), in_rows=True,
            )  # fmt: skip
    numbers = {str(record.number) for record in found}
    for name in sorted(_names(store.data / _FOLDER)):
        if name not in numbers:
            yield _unknown(store, store.data / _FOLDER / name)


def _problem(data: Path, record: SnapshotRecord, committed: set[int]) -> str:
    if record.kind != COMMITTED:
        if record.number in committed:
            return "was committed, and is still noted under its first name"
        if record.kind == VIEW or record.labels.get(LABEL_DISPOSABLE):
            return "is left over from work that is over"
    files = _files(data, record)
    return "" if record.kind == VIEW or files.is_dir() else f"its directory {files} is gone"


def _unknown(store: Store, path: Path) -> Finding:
    if store.rows_lost and path.name.isdecimal():
        target = store.data / _LOST / f"snapshot-{path.name}"
        return Finding(
            "directory", str(path), "no snapshot has it, but rows were lost", f"move it to {target}",
            lambda: _move(path, target),
        )  # fmt: skip
    return Finding("directory", str(path), "no snapshot has it", "remove it", lambda: trees.remove_path(path))


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, exist_ok=True)
    path.rename(target)


def check_parents(store: Store) -> Iterator[Finding]:
    """Yield snapshots that stand on what is not here, and could not be made again from an image."""
    records = Snapshots(store.database)
    found = {record.key: record for record in records.all()}
    for record in found.values():
        if record.parent is None or record.parent in found or record.parent in store.promised:
            continue
        if record.kind == ACTIVE:
            yield Finding(
                "snapshot", record.key, f"stands on {record.parent}, which is gone",
                f"pull or build the image again; what was written is in {_files(store.data, record)}",
            )  # fmt: skip
            continue
        yield Finding(
            "snapshot", record.key, f"stands on {record.parent}, which is gone", "remove it",
            partial(_remove, store, record),
        )  # fmt: skip


def _remove(store: Store, record: SnapshotRecord) -> None:
    Snapshots(store.database).remove(record.key)
    trees.remove_path(store.data / _FOLDER / str(record.number))


def check_sizes(store: Store) -> Iterator[Finding]:
    """Yield committed snapshots whose files have not the size that is noted."""
    records = Snapshots(store.database)
    for record in records.all():
        if record.kind != COMMITTED or record.adopted_path is not None:
            continue
        files = _files(store.data, record)
        if not files.is_dir():
            continue  # told by check()
        least, size = _sizes(files)
        if not least <= (record.size_bytes or 0) <= size:
            yield Finding(
                "snapshot", record.key, f"its files have {size} bytes, noted are {record.size_bytes}", f"note {size}",
                partial(records.update, replace(record, size_bytes=size)), in_rows=True,
            )  # fmt: skip


def _sizes(files: Path) -> tuple[int, int]:
    """Return the least and the most bytes that may be noted of files; names of one file count once.

    Who unpacks a layer notes the data in it, who builds one what lies on the disk: links and holes make the difference.
    """
    least, seen = 0, set[tuple[int, int]]()
    fd = os.open(files, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for entry in trees.walk(fd, longest_path=None):
            status = entry.status
            identity = status.st_dev, status.st_ino
            has_holes = status.st_blocks * _BLOCK_BYTES < status.st_size
            if stat.S_ISREG(status.st_mode) and not has_holes and identity not in seen:
                seen.add(identity)
                least += status.st_size
        return least, trees.usage(fd)
    finally:
        os.close(fd)


def check_mounts(store: Store) -> Iterator[Finding]:
    """Yield what is mounted below the store's snapshots: a daemon's own mounts end with it."""
    for folder in (store.data / _FOLDER, store.data / "tmp"):
        below = f"{os.path.realpath(folder)}/"
        points = [str(entry.mount_point) for entry in mountinfo.read() if str(entry.mount_point).startswith(below)]
        for point in reversed(points):
            yield Finding("mount", point, "nobody uses it", "unmount it", partial(mounts.unmount, Path(point)))


def _files(data: Path, record: SnapshotRecord) -> Path:
    return Path(record.adopted_path or data / _FOLDER / str(record.number) / "fs")


def _names(folder: Path) -> list[str]:
    return os.listdir(folder) if folder.is_dir() else []
