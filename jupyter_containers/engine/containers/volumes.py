"""A new, empty volume gets what the image has at its place, once, as Docker does."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from jupyter_containers.engine.containers.record import MountPoint, Record
from jupyter_containers.engine.containers.roster import Roster


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
    from jupyter_containers.layers import archive

    with roster.environment.snapshots.mounted(record.snapshot_key, read_only=True) as root:
        for point in points:
            archive.copy_tree(root, point.destination, Path(point.source))
