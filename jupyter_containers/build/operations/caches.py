"""Directories that RUN keeps from build to build (`--mount=type=cache`): snapshots that nobody commits.

They survive the daemon and belong to no image; who may use one at the same time is said by the mount's sharing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from jupyter_containers.build.blocking import in_thread
from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.graph import key as key_of
from jupyter_containers.build.operations.definitions import StepMount
from jupyter_containers.snapshots.snapshotter import Snapshotter

# Their snapshots' keys begin so.
PREFIX = "build-cache:"
_MODE = 0o755


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

    async def forget_unused(self, shown: Collection[str] = ()) -> int:
        """Remove the directories that no step uses now, but for those whose path is `shown` somewhere else.

        Returns how many bytes were in them.
        """
        freed = 0
        for record in list(self._snapshotter.walk()):
            if not record.key.startswith(PREFIX) or self._users.get(record.key):
                continue
            if str(self._snapshotter.upper(record.key)) not in shown:
                freed += await in_thread(lambda _, key=record.key: self._remove(key))  # type: ignore[misc]
        return freed

    async def _made(self, name: str, mount: StepMount, origin: Filesystem | None) -> str:
        await in_thread(lambda _: self._make(name, mount, origin))
        return name

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
        size = self._snapshotter.usage(key)
        self._snapshotter.remove(key)
        return size


def name_of(mount: StepMount, origin: Filesystem | None) -> str:
    """Return the name of a cache: other owners, modes and origins are other caches, as in BuildKit."""
    chain = origin.chain if origin else ""
    return f"{PREFIX}{key_of(mount.identity, chain, mount.uid, mount.gid, mount.mode, mount.sharing == 'private')}"
