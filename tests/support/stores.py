"""The engine's images over real stores in a folder, without a daemon: layers are copied, so no mount is needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.engine.events import Event, Events
from jupyter_containers.engine.garbage import Garbage
from jupyter_containers.engine.images import Images
from jupyter_containers.engine.transfers import Transfers
from jupyter_containers.errors import Unsupported
from jupyter_containers.images.host_folders import Shown
from jupyter_containers.images.walk import Image
from jupyter_containers.metadata import images as records
from jupyter_containers.metadata.database import Database
from jupyter_containers.registry import Registry
from jupyter_containers.snapshots.plain import PlainSnapshotter
from tests.support.docker_archive import docker_archive
from tests.support.memory_records import MemoryRecords
from tests.support.tiny_image import TinyImage

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rooms:
    """What a test looks at."""

    content: DirectoryStore
    snapshots: PlainSnapshotter
    images: Images
    transfers: Transfers
    registry: Registry
    garbage: Garbage
    events: Events
    snapshot_records: MemoryRecords

    async def load(self, images: Mapping[str, TinyImage]) -> Image:
        """Load images under names; return the last one."""
        return (await self.transfers.load(body(docker_archive(images))))[-1].image

    def told(self, action: str) -> list[Event]:
        """Return the events of one action."""
        return [event for event in self.events.since(0) if event.action == action]

    def committed(self) -> set[str]:
        return {record.key for record in self.snapshots.walk()}


async def body(content: bytes) -> AsyncIterator[bytes]:
    """Give content as a request does."""
    yield content


async def tars(main: bytes, **named: bytes) -> AsyncIterator[tuple[str, AsyncIterator[bytes]]]:
    """Give tars of contexts as a request to build does: those with names first."""
    for name, content in named.items():
        yield name, body(content)
    yield "", body(main)


def no_host(_shown: Shown) -> Image:
    raise Unsupported("there is no host image in this test")


def with_rooms(folder: Path, use: Callable[[Rooms], Awaitable[T]]) -> T:
    """Run `use` in an event loop of its own, over stores in `folder` that outlive it."""

    async def run() -> T:
        database = Database(folder / "metadata.db")
        content = DirectoryStore(folder / "content")
        snapshot_records = MemoryRecords()
        snapshots = PlainSnapshotter(folder / "snapshots", snapshot_records)
        events, garbage = Events(), Garbage(content, snapshots)
        images = Images(
            records.Images(database), records.ImageRecords(database), content=content, snapshots=snapshots,
            events=events, garbage=garbage, make_host=no_host, now=lambda: "2026-01-02T03:04:05Z",
        )  # fmt: skip
        async with Registry(content) as registry:
            transfers = Transfers(
                images, registry, content=content, snapshots=snapshots, events=events, garbage=garbage
            )
            try:
                rooms = Rooms(content, snapshots, images, transfers, registry, garbage, events, snapshot_records)
                return await use(rooms)
            finally:
                await garbage.close()
                database.close()

    return asyncio.run(run())
