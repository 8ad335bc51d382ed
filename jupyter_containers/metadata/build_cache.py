"""Results of build steps by definition key or content key; a JSON record whose meaning is the build's."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_containers.metadata.database import Database, from_text, to_text


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """`last_used` is seconds since the epoch."""

    key: str
    record: dict[str, Any]
    last_used: float


class BuildCache:
    """The cache records. `clock` answers seconds since the epoch."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the record at `key` and mark it used now, or None."""
        row = self._database.row(
            "UPDATE build_cache SET last_used = ? WHERE key = ? RETURNING record", (self._clock(), key)
        )
        return from_text(row[0]) if row else None

    def put(self, key: str, record: Mapping[str, Any]) -> None:
        """Write the record at `key`, replacing an earlier one."""
        self._database.execute(
            "INSERT INTO build_cache VALUES (?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET record = excluded.record, last_used = excluded.last_used",
            (key, to_text(record), self._clock()),
        )

    def remove(self, key: str) -> bool:
        """Forget a record; return whether it was there."""
        return self._database.execute("DELETE FROM build_cache WHERE key = ?", (key,)) > 0

    def all(self) -> list[CacheEntry]:
        """Return all records, the one unused for longest first."""
        rows = self._database.rows("SELECT key, record, last_used FROM build_cache ORDER BY last_used, key")
        return [CacheEntry(key, from_text(record), last_used) for key, record, last_used in rows]
