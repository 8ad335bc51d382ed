"""What can be said of a container: the record, and what is alive of it, put together for whoever shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.facts import names_owner
from jupyter_containers.engine.containers.links import shown_links
from jupyter_containers.engine.containers.record import Record
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import NotFound
from jupyter_containers.network.values import Attachment


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes: of the container's own files, and of everything it sees."""

    own: int
    whole: int


@dataclass(frozen=True, slots=True)
class View:
    """A container at one moment. `files_path` holds the hostname, hosts and resolv.conf that it has in its /etc."""

    record: Record
    attachments: Mapping[str, Attachment]
    exec_ids: tuple[str, ...]
    hostname: str
    files_path: Path
    log_path: Path | None
    storage_driver: str
    has_run: bool
    # Where the container's own files and those under them are; None where the snapshotter does not lay them so.
    upper: Path | None = None
    lowers: tuple[Path, ...] = ()
    sizes: Sizes | None = None
    # Legacy links as inspect shows them.
    links: tuple[str, ...] | None = None


def glance(roster: Roster, container: Container) -> View:
    """Return what is known of a container without looking at its files."""
    record = container.record
    has_run = record.state.started_at > 0
    owner = _owner(roster, record) if has_run else record
    return View(
        record=record,
        attachments=container.attachments,
        exec_ids=tuple(container.exec_ids),
        hostname=owner.settings.hostname,
        files_path=roster.files_path(owner),
        log_path=roster.log_path(record),
        storage_driver="overlay2" if roster.environment.snapshots.layer_format == "overlay" else "vfs",
        has_run=has_run,
    )


async def describe(roster: Roster, container: Container, *, size: bool = False) -> View:
    """Return what is known of a container; counting its bytes (`size`) reads its whole tree."""
    record, snapshots = container.record, roster.environment.snapshots
    is_there = snapshots.exists(record.snapshot_key)
    return replace(
        glance(roster, container),
        links=shown_links(roster, record),
        upper=snapshots.upper(record.snapshot_key) if is_there else None,
        lowers=snapshots.lowers(record.snapshot_key) if is_there else (),
        sizes=await sizes(roster, record) if size and is_there else None,
    )


def _owner(roster: Roster, record: Record) -> Record:
    """Return whose names it has; its own when the other container has gone."""
    try:
        return names_owner(roster, record)
    except NotFound:
        return record


async def sizes(roster: Roster, record: Record) -> Sizes:
    own = await asyncio.to_thread(roster.environment.snapshots.usage, record.snapshot_key)
    try:
        image = await roster.environment.images.find(record.image_id)
        return Sizes(own, own + image.record.size)
    except NotFound:
        return Sizes(own, own)
