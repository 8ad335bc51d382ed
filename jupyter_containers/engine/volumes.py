"""Volumes: named directories that live longer than the containers that mount them. Driver `local`, without options."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_containers.engine.events import Events
from jupyter_containers.errors import Conflict, InvalidParameter, NotFound, Unsupported
from jupyter_containers.linux import trees
from jupyter_containers.metadata.volumes import Volumes as VolumeRecords

_log = logging.getLogger(__name__)

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
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


class Volumes:
    """All volumes of one data root. `used_by` answers the ids of the containers that mount a volume."""

    def __init__(self, root: Path, records: VolumeRecords, events: Events, *, now: Callable[[], str]) -> None:
        self._root = root
        self._records = records
        self._events = events
        self._now = now
        self.used_by: Callable[[str], Collection[str]] = lambda _name: ()

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

        Raises InvalidParameter for a bad name, Unsupported for drivers and options that are not there.
        """
        if driver not in ("", "local"):
            raise NotFound(f"volume driver {driver!r} is not there: only local is")
        if options:
            raise Unsupported(f"options of the local volume driver are not supported yet: {', '.join(sorted(options))}")
        labels = dict(labels or {})
        if not name:
            name, labels = secrets.token_hex(32), labels | {ANONYMOUS_LABEL: ""}
        if not _NAME.fullmatch(name):
            raise InvalidParameter(
                f'create {name}: "{name}" includes invalid characters for a local volume name, only '
                '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path'
            )
        try:
            return self.get(name)
        except NotFound:
            return self._create(name, labels)

    def _create(self, name: str, labels: Mapping[str, str]) -> Volume:
        path = self._root / name / "_data"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o701)
        path.mkdir(exist_ok=True, mode=0o755)
        self._records.add(name, {"created_at": self._now(), "labels": dict(labels), "options": {}})
        self._events.publish("volume", "create", name, {"driver": "local"})
        return self.get(name)

    async def remove(self, name: str, *, force: bool = False) -> None:
        """Remove a volume with its content. Raises NotFound (not with `force`), Conflict while a container has it.

        After cancellation: it is gone from the list; its directory will be by the next start of the daemon.
        """
        if self._records.get(name) is None:
            if force:
                return
            raise NotFound(f"get {name}: no such volume")
        users = self.used_by(name)
        if users:
            raise Conflict(f"remove {name}: volume is in use - [{', '.join(sorted(users))}]")
        # The row first: a crash in between leaves a directory without a row, which the next start removes.
        self._records.remove(name)
        await asyncio.to_thread(_remove, self._root / name)
        self._events.publish("volume", "destroy", name, {"driver": "local"})

    async def prune(self, wanted: Callable[[Volume], bool]) -> tuple[list[str], int]:
        """Remove the unused volumes that `wanted` picks; return their names and the bytes they held."""
        removed, freed = [], 0
        for volume in self.all():
            if wanted(volume) and not self.used_by(volume.name):
                freed += await asyncio.to_thread(self.size, volume.name)
                await self.remove(volume.name)
                removed.append(volume.name)
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


def _remove(path: Path) -> None:
    """Remove a volume's directory. What cannot be removed (a mount in it) is left for the next start."""
    try:
        trees.remove_path(path)
    except OSError as error:
        _log.warning("the directory %s of a removed volume is left: %s", path, error)
