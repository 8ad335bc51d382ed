"""Garbage: what no image, container or cached build step needs any more is removed, when nobody is making things.

Everything that brings content in (pull, load, import, build, commit) works inside `working()`. While such work is under
way nothing is collected, so half-made images need no protection of their own; the collection is made up for when the
last of it ends, and what a crash leaves half made goes at the next start. Work that wants to begin during a collection
waits for its end: it must not find a layer here that is about to go. What only reads (push, save) may take as long as
its other side likes, so it works inside `keeping()`: the rest of the store is collected meanwhile. A row is removed
before what it names: a crash leaves garbage, never a dangling row.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jupyter_containers.content.store import BlobNotFound, DirectoryStore
from jupyter_containers.errors import ContainersError, Unavailable
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.snapshot_record import COMMITTED, LABEL_PLACES
from jupyter_containers.snapshots.snapshotter import Snapshotter

_log = logging.getLogger(__name__)

# A download that broke off is worth continuing for so long.
STALE_INGEST_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Needed:
    """What a root protects: blobs, and snapshots with all their parents."""

    blobs: frozenset[Digest] = frozenset()
    snapshots: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection removed: snapshots, children before parents, and the bytes that were freed altogether."""

    snapshots: tuple[str, ...] = ()
    freed_bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Doomed:
    snapshots: tuple[str, ...]
    blobs: tuple[Digest, ...]


class Garbage:
    """Collects from the content store and the snapshotter. `close` once, before they are closed.

    `on_blobs_removed` is told, in a thread, which blobs have gone.
    """

    def __init__(self, content: DirectoryStore, snapshots: Snapshotter) -> None:
        self._content = content
        self._snapshots = snapshots
        self.on_blobs_removed: Callable[[Iterable[Digest]], None] = lambda _digests: None
        self._roots: list[Callable[[], Iterable[Needed]]] = []
        self._working = 0
        self._kept: list[Needed] = []
        self._collections = 0
        self._is_due = False
        # Held by a collection; work that begins waits for it.
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[Collected]] = set()
        # A collection that has not looked yet is everybody's who wants one: what went is told to all of them.
        self._next: asyncio.Task[Collected] | None = None

    def protect(self, roots: Callable[[], Iterable[Needed]]) -> None:
        """Add somebody who knows what is needed; asked anew at each collection."""
        self._roots.append(roots)

    @asynccontextmanager
    async def working(self, *, resumable: bool = False) -> AsyncIterator[None]:
        """Keep collections away while content comes in that nothing refers to yet; what a failure leaves is collected.

        `resumable`: what arrived before it was given up, or the other side went away, is worth continuing, and stays.
        """
        async with self._lock:
            self._working += 1
        try:
            yield
        except BaseException as error:
            if not (resumable and isinstance(error, asyncio.CancelledError | Unavailable)):
                self._is_due = True
            raise
        finally:
            self._working -= 1
            if self._is_due and not self._working:
                self._begin()

    @asynccontextmanager
    async def keeping(self, needed: Callable[[], Needed]) -> AsyncIterator[None]:
        """Keep what `needed` answers (asked while nothing is collected) as long as the block lasts, whatever happens.

        What lost its last name meanwhile goes at the end.
        """
        async with self._lock:
            kept = needed()
            self._kept.append(kept)
        before = self._collections
        try:
            yield
        finally:
            self._kept.remove(kept)
            if self._collections != before:
                self._begin()

    async def collect(self) -> Collected:
        """Remove what nobody needs and tell what went; nothing, for now, while pulls or builds are under way.

        After cancellation: the collection goes on.
        """
        return await asyncio.shield(self._begin())

    def begin(self) -> None:
        """Begin to collect, without waiting for what comes of it."""
        self._begin()

    async def close(self) -> None:
        """Wait for collections under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self) -> asyncio.Task[Collected]:
        if self._next is None:
            self._next = asyncio.ensure_future(self._collect())
            self._tasks.add(self._next)
            self._next.add_done_callback(self._ended)
        return self._next

    def _ended(self, task: asyncio.Task[Collected]) -> None:
        self._tasks.discard(task)
        if task is self._next:
            self._next = None
        if not task.cancelled() and task.exception() is not None:
            _log.error("garbage collection failed", exc_info=task.exception())

    async def _collect(self) -> Collected:
        async with self._lock:
            self._next = None
            self._is_due = self._working > 0
            if self._is_due:
                return Collected()
            # Asked on the loop, in one go: whoever is asked answers from one and the same moment. From here on nothing
            # can come to need what is doomed, so the slow part, unlinking, is left to a thread.
            self._collections += 1
            doomed = self._doomed()
            return await asyncio.to_thread(self._remove, doomed)

    def _doomed(self) -> _Doomed:
        needed = [*self._kept, *(need for roots in self._roots for need in roots())]
        blobs = {digest for need in needed for digest in need.blobs}
        snapshots = self._doomed_snapshots({name for need in needed for name in need.snapshots})
        return _Doomed(tuple(snapshots), tuple(digest for digest in self._content if digest not in blobs))

    def _doomed_snapshots(self, needed: set[str]) -> list[str]:
        """Return what does not lie under a needed snapshot, children before parents."""
        records = {record.key: record for record in self._snapshots.walk()}
        # A snapshot that somebody writes to, such as a container's, is its owner's to remove, and stands on others.
        waiting = [*needed, *(key for key, record in records.items() if record.kind != COMMITTED)]
        kept: set[str] = set()
        while waiting:
            key = waiting.pop()
            if key in records and key not in kept:
                kept.add(key)
                waiting.append(records[key].parent or "")
        doomed = {
            key: record
            for key, record in records.items()
            if key not in kept and not (record.labels.get(LABEL_PLACES) and (record.parent or "") in kept)
        }
        ordered: list[str] = []
        while doomed:
            parents = {record.parent for record in doomed.values()}
            leaves = [key for key in doomed if key not in parents]
            ordered += leaves
            for key in leaves:
                del doomed[key]
        return ordered

    def _remove(self, doomed: _Doomed) -> Collected:
        freed = self._content.remove_stale_ingests(STALE_INGEST_SECONDS)
        removed = []
        for key in doomed.snapshots:
            try:
                size = self._snapshots.stat(key).size_bytes or 0
                self._snapshots.remove(key)
            except (OSError, ContainersError) as error:
                _log.warning("cannot remove snapshot %s: %s", key, error)
                continue
            removed.append(key)
            freed += size
        freed += sum(self._remove_blob(digest) for digest in doomed.blobs)
        self.on_blobs_removed(doomed.blobs)
        return Collected(tuple(removed), freed)

    def _remove_blob(self, digest: Digest) -> int:
        try:
            size = self._content.size(digest)
            self._content.delete(digest)
        except BlobNotFound:
            return 0
        except OSError as error:
            _log.warning("cannot remove blob %s: %s", digest, error)
            return 0
        return size
