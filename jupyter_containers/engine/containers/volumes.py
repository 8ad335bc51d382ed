"""A new, empty volume gets what the image has at its place, once, as Docker does."""

from __future__ import annotations

import asyncio
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_containers.engine.containers.record import MountPoint, Record
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.layers import archive


async def fill_volumes(roster: Roster, record: Record) -> None:
    """Copy the image's directories into the container's empty volumes.

    After cancellation: a volume may have a part of it.
    """
    empty = [point for point in record.mount_points if point.type == "volume" and _may_fill(point)]
    if empty and record.snapshot:
        await asyncio.to_thread(_fill, roster, record, empty)


def _may_fill(point: MountPoint) -> bool:
    with os.scandir(point.source) as entries:
        return not point.no_copy and next(entries, None) is None


def _fill(roster: Roster, record: Record, points: list[MountPoint]) -> None:
    with roster.environment.snapshots.mounted(record.snapshot_key, read_only=True) as root, _opened(root) as root_fd:
        for point in points:
            try:
                is_directory = stat.S_ISDIR(archive.status(root_fd, f"{point.destination}/.").mode)
            except (NotFound, InvalidParameter):
                continue
            if is_directory:
                _copy(root_fd, point)


def _copy(root_fd: int, point: MountPoint) -> None:
    """Copy a tree as a tar, so that owners, links and attributes come along as they do everywhere else."""
    with tempfile.TemporaryFile() as between:
        archive.pack(root_fd, f"{point.destination}/.", between.write, name=".")
        between.seek(0)
        with _opened(Path(point.source)) as volume_fd:
            archive.extract(between, volume_fd, "/")


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    fd = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)
