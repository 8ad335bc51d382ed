"""Directories that RUN keeps from build to build (`--mount=type=cache`): snapshots that nobody commits.

They survive the daemon and belong to no image; who may use one at the same time is said by the mount's sharing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from jupyter_containers.build.blocking import in_thread
from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.graph import key as key_of
from jupyter_containers.build.operations.definitions import StepMount
from jupyter_containers.snapshots.snapshotter import SnapshotNotFound, Snapshotter

# Their snapshots' keys begin so.
PREFIX = "build-cache:"
_MODE = 0o755


@dataclass(frozen=True, slots=True)
class CacheDirectory:
    """What one cache mount has kept: `created` is RFC 3339 text, `last_used` seconds since the epoch."""

    key: str
    created: str
    last_used: float
    size: int
    in_use: bool


class CacheDirectories:
    """One for all builds of a data root, so that they keep out of each other's way."""

    def __init__(self, snapshotter: Snapshotter) -> None:
        self._snapshotter = snapshotter
        self._locks: dict[str, asyncio.Lock] = {}
        self._users: dict[str, int] = {}

    @asynccontextmanager
    async def taken(self, mount: StepMount, origin: Filesystem | None) -> AsyncIterator[str]:
        """Yield the key of the snapshot that the mount shows; a new one begins with the files of `origin`.

        `locked` waits for others, `private` takes one that nobody uses. Take several in the order of name_of().
        """
        name = name_of(mount, origin)
        if mount.sharing == "private":
            name = next(key for count in range(len(self._users) + 1) if not self._users.get(key := f"{name}:{count}"))
        # One with an origin is an overlay, which the kernel lets nobody mount twice.
        is_alone = mount.sharing == "locked" or (origin is not None and bool(origin.chain))
        lock = self._locks.setdefault(name, asyncio.Lock()) if is_alone else None
        self._users[name] = self._users.get(name, 0) + 1
        try:
            if lock is None:
                yield await self._made(name, mount, origin)
            else:
                async with lock:
                    yield await self._made(name, mount, origin)
        finally:
            self._users[name] -= 1
            if not self._users[name]:
                del self._users[name]
                self._locks.pop(name, None)

    def measured(self, shown: Collection[str] = ()) -> list[CacheDirectory]:
        """Return all directories, the one unused for longest first. Reads all of them: call it in a thread.

        Those whose path is `shown` somewhere else are in use.
        """
        found = []
        for record in list(self._snapshotter.walk()):
            if not record.key.startswith(PREFIX):
                continue
            try:
                place, size = self._place(record.key), self._snapshotter.usage(record.key)
                used = place.stat().st_mtime
                in_use = bool(self._users.get(record.key)) or str(self._snapshotter.upper(record.key)) in shown
            except (FileNotFoundError, SnapshotNotFound):
                continue  # removed meanwhile
            found.append(CacheDirectory(record.key.removeprefix(PREFIX), record.created_at, used, size, in_use))
        return sorted(found, key=lambda directory: directory.last_used)

    async def forget_unused(self, shown: Collection[str] = (), keys: Collection[str] | None = None) -> int:
        """Remove the directories (None: all) that no step uses now, but for those whose path is `shown` somewhere else.

        Returns how many bytes were in them.
        """
        freed = 0
        for record in list(self._snapshotter.walk()):
            is_wanted = keys is None or record.key.removeprefix(PREFIX) in keys
            if not is_wanted or not record.key.startswith(PREFIX) or self._users.get(record.key):
                continue
            if str(self._snapshotter.upper(record.key)) not in shown:
                freed += await in_thread(lambda _, key=record.key: self._remove(key))  # type: ignore[misc]
        return freed

    async def _made(self, name: str, mount: StepMount, origin: Filesystem | None) -> str:
        await in_thread(lambda _: self._make(name, mount, origin))
        # The time of the directory around the files, which nobody else changes, is when it was last used.
        os.utime(self._place(name))
        return name

    def _place(self, name: str) -> Path:
        upper = self._snapshotter.upper(name)
        assert upper is not None, name
        return upper.parent

    def _make(self, name: str, mount: StepMount, origin: Filesystem | None) -> None:
        with self._snapshotter.exclusive(name):
            if self._snapshotter.exists(name):
                return
            self._snapshotter.prepare(name, (origin.chain or None) if origin else None)
            if origin is None:
                # With an origin its root's owner and mode hold.
                upper = self._snapshotter.upper(name)
                assert upper is not None, name
                os.chown(upper, mount.uid, mount.gid)
                os.chmod(upper, _MODE if mount.mode is None else mount.mode)

    def _remove(self, key: str) -> int:
        with self._snapshotter.exclusive(key):
            # Who has come for it since it was chosen counts already, and waits for us in _make() to be given a new one.
            if self._users.get(key) or not self._snapshotter.exists(key):
                return 0
            size = self._snapshotter.usage(key)
            self._snapshotter.remove(key)
            return size


def name_of(mount: StepMount, origin: Filesystem | None) -> str:
    """Return the name of a cache: other owners, modes and origins are other caches, as in BuildKit."""
    chain = origin.chain if origin else ""
    return f"{PREFIX}{key_of(mount.identity, chain, mount.uid, mount.gid, mount.mode, mount.sharing == 'private')}"
