"""Volumes: named directories that live longer than the containers that mount them. Driver `local`.

A volume with options is something to be mounted (local_driver.py): with its first user, until its last one has gone.
Users are the ids of containers that run, and whoever looks into the volume for a moment.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import secrets
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_containers.engine import local_driver
from jupyter_containers.engine.events import Events
from jupyter_containers.errors import Conflict, InvalidParameter, NotFound
from jupyter_containers.linux import mountinfo, trees
from jupyter_containers.metadata.volumes import Volumes as VolumeRecords
from jupyter_containers.supervisor.host_mounts import HostMounts

_log = logging.getLogger(__name__)

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
LONGEST_NAME = 255
# Tells prune that nobody chose the name. Source: Docker, since API 1.42.
ANONYMOUS_LABEL = "com.docker.volume.anonymous"


@dataclass(frozen=True, slots=True)
class Volume:
    """`path` is the directory on the host; `created_at` RFC 3339."""

    name: str
    path: Path
    created_at: str
    labels: Mapping[str, str]
    options: Mapping[str, str]

    @property
    def is_anonymous(self) -> bool:
        return ANONYMOUS_LABEL in self.labels

    @property
    def is_mounted(self) -> bool:
        """Whether it is something to be mounted, rather than a plain directory."""
        return local_driver.needs_mount(self.options)


class Volumes:
    """All volumes of one data root.

    `host` is where they are mounted; `used_by` answers the ids of the containers that have a volume.
    """

    def __init__(
        self,
        root: Path,
        records: VolumeRecords,
        events: Events,
        *,
        host: HostMounts,
        now: Callable[[], str],
    ) -> None:
        self._root = root
        self.host = host
        self._records = records
        self._events = events
        self._now = now
        self.used_by: Callable[[str], Collection[str]] = lambda _name: ()
        self._users: dict[str, set[str]] = {}
        self._mounted: set[str] = set()
        # A server that does not answer must hold up its own volume only.
        self._locks: dict[str, threading.Lock] = {}

    def get(self, name: str) -> Volume:
        """Return a volume. Raises NotFound."""
        record = self._records.get(name)
        if record is None:
            raise NotFound(f"get {name}: no such volume")
        return self._volume(name, record)

    def all(self) -> list[Volume]:
        return [self._volume(name, record) for name, record in self._records.all()]

    def ensure(
        self,
        name: str = "",
        *,
        driver: str = "local",
        labels: Mapping[str, str] | None = None,
        options: Mapping[str, str] | None = None,
    ) -> Volume:
        """Return the volume of that name, made when it is not there; without a name, a new anonymous one.

        Driver, labels and options of one that is there stay as they are, as in dockerd. Raises InvalidParameter for a
        bad name or option, NotFound for a driver that is not there.
        """
        labels = dict(labels or {})
        if not name:
            name, labels = secrets.token_hex(32), labels | {ANONYMOUS_LABEL: ""}
        check_name(name)
        if driver not in ("", "local"):
            raise NotFound(f'create {name}: error looking up volume plugin {driver}: plugin "{driver}" not found')
        try:
            return self.get(name)
        except NotFound:
            return self._create(name, labels, dict(options or {}))

    def _create(self, name: str, labels: Mapping[str, str], options: Mapping[str, str]) -> Volume:
        try:
            local_driver.check_options(options)
        except InvalidParameter as error:
            raise InvalidParameter(f"create {name}: {error.message}") from error
        path = self._root / name / "_data"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o701)
        path.mkdir(exist_ok=True, mode=0o755)
        self._records.add(name, {"created_at": self._now(), "labels": dict(labels), "options": dict(options)})
        self._events.publish("volume", "create", name, {"driver": "local"})
        return self.get(name)

    # --- use ---------------------------------------------------------------------------------------------------------

    def acquire(self, volume: Volume, user: str) -> None:
        """Note that somebody uses a volume, and mount it if it needs that. Blocks when `is_mounted`: use a thread then.

        Raises ContainersError when it cannot be mounted; nothing is noted then.
        """
        with self._lock(volume.name):
            users = self._users.get(volume.name, set())
            if volume.is_mounted and not users:
                local_driver.mount(self.host, volume.options, volume.path)
                self._mounted.add(volume.name)
            self._users[volume.name] = users | {user}

    def release(self, name: str, user: str) -> bool:
        """Note that somebody has done with a volume; return False when they did not use it. Blocks like `acquire`.

        Raises OSError when it cannot be unmounted.
        """
        with self._lock(name):
            users = self._users.get(name, set())
            if user not in users:
                return False
            if users != {user}:
                self._users[name] = users - {user}
                return True
            del self._users[name]
            if name in self._mounted:
                self._mounted.discard(name)
                self.host.unmount(self._root / name / "_data")
        return True

    @contextmanager
    def opened(self, volume: Volume) -> Iterator[Path]:
        """Use a volume for the time of the block, at the path that is given: the daemon does not see its mount.

        Blocks like `acquire`.
        """
        if not volume.is_mounted:
            yield volume.path
            return
        user = f"look:{secrets.token_hex(8)}"
        self.acquire(volume, user)
        try:
            fd = self.host.open(volume.path)
            try:
                yield Path(f"/proc/self/fd/{fd}")
            finally:
                os.close(fd)
        finally:
            self.release(volume.name, user)

    def adopt(self, volume: Volume, user: str) -> None:
        """Note, after a restart of the daemon, that a container which runs on uses a volume, mounted as it is."""
        self._users[volume.name] = self._users.get(volume.name, set()) | {user}
        if volume.is_mounted:
            self._mounted.add(volume.name)

    def release_strays(self) -> None:
        """Unmount what the last daemon has left mounted and nobody uses any more. Blocks: call it in a thread."""
        if self.host.had_mounts(self._root):
            self.host.sweep(self._root, self._users)

    def _lock(self, name: str) -> threading.Lock:
        return self._locks.setdefault(name, threading.Lock())

    # --- end ---------------------------------------------------------------------------------------------------------

    async def remove(self, name: str, *, force: bool = False) -> None:
        """Remove a volume with its content. Raises NotFound (not with `force`), Conflict while a container has it.

        After cancellation: it is gone from the list; its directory will be by the next start of the daemon.
        """
        record = self._records.get(name)
        if record is None:
            if force:
                return
            raise NotFound(f"get {name}: no such volume")
        volume = self._volume(name, record)
        users = self.used_by(name)
        if users:
            raise Conflict(f"remove {name}: volume is in use - [{', '.join(sorted(users))}]")
        # The row first: a crash in between leaves a directory without a row, which the next start removes.
        self._records.remove(name)
        self._locks.pop(name, None)
        # Out of the way at once: while it is removed, somebody else may make a volume of that name.
        trash = self._root / f".{secrets.token_hex(16)}"
        try:
            volume.path.parent.rename(trash)
        except FileNotFoundError:
            trash = volume.path.parent
        await asyncio.to_thread(self._remove_files, volume, trash)
        self._events.publish("volume", "destroy", name, {"driver": "local"})

    def _remove_files(self, volume: Volume, folder: Path) -> None:
        if volume.is_mounted:
            # Whatever it shows is not ours to delete.
            self.host.sweep(folder, ())
        _remove(folder)

    async def prune(self, wanted: Callable[[Volume], bool]) -> tuple[list[str], int]:
        """Remove the unused volumes that `wanted` picks; return their names and the bytes they held.

        Those with options stay, as in dockerd: what they hold is elsewhere.
        """
        removed, freed = [], 0
        for volume in self.all():
            if not volume.options and wanted(volume) and not self.used_by(volume.name):
                try:
                    size = await asyncio.to_thread(self.size, volume.name)
                    await self.remove(volume.name)
                except (FileNotFoundError, NotFound, Conflict):
                    continue  # somebody has removed it meanwhile, or begun to use it
                freed += size
                removed.append(volume.name)
        self._events.publish("volume", "prune", "", {"reclaimed": str(freed)})
        return removed, freed

    def size(self, name: str) -> int:
        """Return the bytes of a volume's files. Reads the whole tree: call it in a thread."""
        fd = os.open(self._root / name, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            return trees.usage(fd)
        finally:
            os.close(fd)

    def recover(self) -> None:
        """Remove directories that no row names: leftovers of a crash between row and directory."""
        if self._root.is_dir():
            known = {name for name, _ in self._records.all()}
            for path in self._root.iterdir():
                if path.name not in known:
                    _remove(path)

    def _volume(self, name: str, record: Mapping[str, Any]) -> Volume:
        return Volume(name, self._root / name / "_data", record["created_at"], record["labels"], record["options"])


def check_name(name: str) -> None:
    """Raise InvalidParameter, in Docker's words, for what cannot be a volume's name."""
    if len(name) < 2:
        raise InvalidParameter(
            f"create {name}: volume name is too short, names should be at least two alphanumeric characters"
        )
    if len(name) > LONGEST_NAME:
        raise InvalidParameter(f"create {name}: file name too long")
    if not _NAME.fullmatch(name):
        raise InvalidParameter(
            f'create {name}: "{name}" includes invalid characters for a local volume name, only '
            '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path'
        )


def _remove(path: Path) -> None:
    """Remove a volume's directory. What cannot be removed, or has a mount in it, is left for the next start."""
    below = f"{os.path.realpath(path)}/"
    if any(entry.mount_point.startswith(below) for entry in mountinfo.read()):
        _log.warning("the directory %s of a removed volume is left: something is mounted in it", path)
        return
    try:
        trees.remove_path(path)
    except OSError as error:
        _log.warning("the directory %s of a removed volume is left: %s", path, error)
