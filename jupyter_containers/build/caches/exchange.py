"""One build's dealings with caches elsewhere: what it may take from them, and what it has to tell."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

from jupyter_containers.build.blocking import check, in_thread
from jupyter_containers.build.caches import config
from jupyter_containers.build.caches.config import Known, Note
from jupyter_containers.build.caches.equality import same_files
from jupyter_containers.build.caches.history import Done, matched
from jupyter_containers.build.dockerfile.to_graph.plan import Plan, PlannedStep
from jupyter_containers.build.filesystem import Filesystem, Loose, Outcome
from jupyter_containers.build.graph import Vertex
from jupyter_containers.build.leaving import Told, check_cache
from jupyter_containers.build.operations.layering import Stop, Stores
from jupyter_containers.build.solver import first_failure
from jupyter_containers.errors import ContainersError
from jupyter_containers.images.retiming import clamped
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest

Fetch = Callable[[Descriptor], Awaitable[None]]


async def fetch_nothing(_: Descriptor) -> None:
    """Of a cache whose layers are all in the content store."""


@dataclass(frozen=True, slots=True)
class Source:
    """A cache that was read, and what brings a layer of it into the content store."""

    known: Known
    fetch: Fetch = fetch_nothing


@dataclass(slots=True)
class Exchange:
    """`sources` in the order in which they are asked; `images` are those whose history counts.

    `carries`: the image is to have its own cache inside. `told` is how much of the build others will hear of.

    Lives as long as the build. The solver and the ledger ask and tell; `notes` is all that they told.
    """

    sources: Sequence[Source] = ()
    images: Sequence[Image] = ()
    carries: bool = False
    told: Told = ""
    # What came of the build, or of each of several for different platforms.
    results: list[Filesystem] = field(default_factory=list)
    _notes: dict[str, Note] = field(default_factory=dict)
    _by_content: set[str] = field(default_factory=set)
    _fetchers: dict[Digest, Fetch] = field(default_factory=dict)
    _done: Done = field(default_factory=Done)
    _stores: Stores | None = None

    @property
    def notes(self) -> tuple[Note, ...]:
        return tuple(self._notes.values())

    def prepared(self, planned: Plan, stores: Stores) -> Self:
        """Return this, knowing where things go, and what the histories of images say of these steps.

        Raises Unsupported for what stands on this machine's own root, and is to be told.
        """
        check_cache(planned, self.told)
        self._stores = stores
        for image in self.images:
            self._done.add(matched(planned, image))
        return self

    def inline(self, filesystem: Filesystem, moment: int | None = None) -> str:
        """Return the cache that goes into the config of an image with these files, "" for none.

        With a moment (seconds) it is the same wherever and whenever it was made: no time is later, keys are in order,
        and those that have times in them are left out: of content, by the layers below as they were before their times
        were changed, and of changes of the config, by the moments of the changes before.
        """
        if not self.carries:
            return ""
        if moment is None:
            return config.to_inline(self.notes, filesystem)
        text = datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")
        lasting = sorted(
            (note for key, note in self._notes.items() if note.layers is not None and key not in self._by_content),
            key=lambda note: note.key,
        )
        notes = [replace(note, created=note.created and clamped(note.created, moment, text)) for note in lasting]
        return config.to_inline(notes, filesystem)

    def note(self, key: str, filesystem: Filesystem, created: str, *, by_content: bool = False) -> None:
        if by_content:
            self._by_content.add(key)
        self._notes[key] = Note(key, created, filesystem.layers)

    def note_time(self, key: str, created: str) -> None:
        self._notes[key] = Note(key, created)

    def look_up(self, key: str, vertex: Vertex, parent: Filesystem) -> Outcome | None:
        """Return what a key stands for somewhere. Before it is used, `bring` its filesystem."""
        for source in self.sources:
            found = source.known.look_up(key, parent)
            if found is not None:
                if found.layer is not None:
                    self._fetchers[found.layer.descriptor.digest] = source.fetch
                return found
        return self._done.look_up(vertex, parent)

    def loose(self, key: str) -> Loose | None:
        """Return a layer that may lie on anything. Before it is used, `bring` what it lies in."""
        for source in self.sources:
            found = source.known.loose(key)
            if found is not None and found.layer is not None:
                self._fetchers[found.layer.descriptor.digest] = source.fetch
                return found
        return None

    async def settle(self, vertex: Vertex, parent: Filesystem, made: Outcome) -> Outcome:
        """Return the layer of an image with the same files as the one that was made, if its history has such a copy."""
        stores, layer = self._stores, made.layer
        if stores is None or layer is None:
            return made
        for copied in self._done.copies(vertex, parent):
            assert copied.layer is not None
            one, other = layer.descriptor.digest, copied.layer.descriptor.digest
            if await in_thread(lambda stop, one=one, other=other: _equal(stores, one, other, stop)):  # type: ignore[misc]
                await self.bring([copied.filesystem])
                return copied
        return made

    def time_of(self, key: str, step: PlannedStep, diff_ids: Iterable[Digest]) -> str | None:
        """Return when a change of the config, on top of these layers, was first made, as others have it."""
        found = (source.known.time_of(key) for source in self.sources)
        return next((created for created in found if created), None) or self._done.time_of(step, diff_ids)

    async def bring(self, filesystems: Sequence[Filesystem]) -> None:
        """Make the snapshots of filesystems that were looked up, fetching what is not here.

        Raises what a pull raises, InvalidParameter for a layer that pretends to be the root of this machine. After
        cancellation: no layer is half unpacked.
        """
        stores = self._stores
        assert stores is not None, "nothing is looked up before prepared()"
        for filesystem in filesystems:
            missing = {layer.descriptor.digest: layer.descriptor for layer in filesystem.layers}
            missing = {digest: found for digest, found in missing.items() if not stores.content.contains(digest)}
            if missing:
                await self._fetch(missing)
            await in_thread(lambda stop, filesystem=filesystem: stores.lay(filesystem, stop))  # type: ignore[misc]

    async def _fetch(self, missing: Mapping[Digest, Descriptor]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for digest, descriptor in missing.items():
                    group.create_task(self._fetch_one(self._fetchers.get(digest, fetch_nothing), descriptor))
        except BaseExceptionGroup as failures:
            raise first_failure(failures) from None

    async def _fetch_one(self, fetch: Fetch, descriptor: Descriptor) -> None:
        try:
            await fetch(descriptor)
        except ContainersError as error:
            error.message = f"cannot fetch a layer of the build cache: {error.message}; leave --cache-from out"
            error.args = (error.message,)
            raise


def _equal(stores: Stores, one: Digest, other: Digest, stop: Stop) -> bool:
    return same_files(stores.content, one, other, lambda: check(stop))
