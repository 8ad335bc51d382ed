"""Garbage: what no image, container or cached build step needs any more is removed, when nobody is making things.

Everything that brings content in (pull, load, build, commit) works inside `working()`. Collection waits until no such
work is under way, so half-made images need no protection of their own; and what a crash leaves half made goes at the
next start. A row is removed before what it names: a crash leaves garbage, never a dangling row.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jupyter_containers.content.store import BlobNotFound, ContentStore
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.snapshot_record import COMMITTED
from jupyter_containers.snapshots.snapshotter import SnapshotNotFound, Snapshotter

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Needed:
    """What a root protects: blobs, and snapshots with all their parents."""

    blobs: frozenset[Digest] = frozenset()
    snapshots: frozenset[str] = frozenset()


class Garbage:
    """Collects from the content store and the snapshotter. `roots` are asked anew at each collection."""

    def __init__(self, content: ContentStore, snapshots: Snapshotter) -> None:
        self._content = content
        self._snapshots = snapshots
        self._roots: list[Callable[[], Iterable[Needed]]] = []
        self._working = 0
        self._lock = asyncio.Lock()
        self._idle = asyncio.Event()
        self._idle.set()

    def protect(self, roots: Callable[[], Iterable[Needed]]) -> None:
        """Add somebody who knows what is needed."""
        self._roots.append(roots)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Keep collection away while content comes in that nothing refers to yet."""
        self._working += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._working -= 1
            if not self._working:
                self._idle.set()

    async def collect(self) -> int:
        """Remove what nobody needs; return the bytes that this freed.

        Waits for pulls and builds under way. After cancellation: some garbage may be left, for the next time.
        """
        async with self._lock:
            await self._idle.wait()
            # On the loop, in one go: no pull or build can begin between the question and the removal of rows. The
            # bytes themselves are unlinked by number and digest, which is quick.
            return self._sweep()

    def _sweep(self) -> int:
        needed = [need for roots in self._roots for need in roots()]
        blobs = {digest for need in needed for digest in need.blobs}
        snapshots = self._with_parents({name for need in needed for name in need.snapshots})
        return self._sweep_snapshots(snapshots) + self._sweep_blobs(blobs)

    def _with_parents(self, names: set[str]) -> set[str]:
        parents = {record.key: record.parent for record in self._snapshots.walk()}
        # A snapshot that somebody writes to, such as a container's, needs what it stands on.
        names |= {record.key for record in self._snapshots.walk() if record.kind != COMMITTED}
        found: set[str] = set()
        for name in names:
            key: str | None = name
            while key and key not in found:
                found.add(key)
                key = parents.get(key)
        return found

    def _sweep_snapshots(self, needed: set[str]) -> int:
        freed = 0
        doomed = [record for record in self._snapshots.walk() if record.key not in needed]
        # Children before parents: a snapshot that others stand on cannot go.
        while doomed:
            parents = {record.parent for record in doomed}
            leaves = [record for record in doomed if record.key not in parents]
            for record in leaves:
                freed += record.size_bytes or 0
                self._remove_snapshot(record.key)
            doomed = [record for record in doomed if record not in leaves]
        return freed

    def _remove_snapshot(self, key: str) -> None:
        try:
            self._snapshots.remove(key)
        except SnapshotNotFound:
            pass
        except OSError as error:
            _log.warning("cannot remove snapshot %s: %s", key, error)

    def _sweep_blobs(self, needed: set[Digest]) -> int:
        freed = 0
        for digest in [digest for digest in self._content if digest not in needed]:
            try:
                size = self._content.size(digest)
                self._content.delete(digest)
                freed += size
            except BlobNotFound:
                pass
        return freed
