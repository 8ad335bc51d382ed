"""Snapshots: key and parent in columns, the rest as JSON. Implements the protocol SnapshotRecords of `snapshots`."""

from __future__ import annotations

import sqlite3

from jupyter_containers.errors import Conflict, NotFound
from jupyter_containers.metadata.database import Database, from_text, to_text
from jupyter_containers.oci.snapshot_record import SnapshotRecord


class SnapshotExists(Conflict):
    def __init__(self, key: str) -> None:
        super().__init__(f"snapshot {key} exists already")
        self.key = key


class SnapshotRecordNotFound(NotFound):
    def __init__(self, key: str) -> None:
        super().__init__(f"no snapshot {key}")
        self.key = key


class Snapshots:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: SnapshotRecord) -> None:
        """Write a new snapshot. Raises SnapshotExists for a key that is there already."""
        try:
            self._database.execute(
                "INSERT INTO snapshots VALUES (?, ?, ?, ?)",
                (record.key, record.parent, record.number, to_text(record.to_json())),
            )
        except sqlite3.IntegrityError as error:
            raise SnapshotExists(record.key) from error

    def get(self, key: str) -> SnapshotRecord | None:
        """Return a snapshot, or None."""
        row = self._database.row("SELECT record FROM snapshots WHERE key = ?", (key,))
        return SnapshotRecord.from_json(from_text(row[0])) if row else None

    def update(self, record: SnapshotRecord) -> None:
        """Replace the snapshot of the same key. Raises SnapshotRecordNotFound."""
        statement = "UPDATE snapshots SET parent = ?, number = ?, record = ? WHERE key = ?"
        values = (record.parent, record.number, to_text(record.to_json()), record.key)
        if not self._database.execute(statement, values):
            raise SnapshotRecordNotFound(record.key)

    def remove(self, key: str) -> None:
        """Forget a snapshot; nothing when it is not there. Asking for children first is the snapshotter's duty."""
        self._database.execute("DELETE FROM snapshots WHERE key = ?", (key,))

    def children(self, key: str) -> list[str]:
        """Return the keys of the snapshots that stand on this one, in alphabetical order."""
        rows = self._database.rows("SELECT key FROM snapshots WHERE parent = ? ORDER BY key", (key,))
        return [str(row[0]) for row in rows]

    def all(self) -> list[SnapshotRecord]:
        """Return all snapshots, in the order of their numbers."""
        rows = self._database.rows("SELECT record FROM snapshots ORDER BY number, key")
        return [SnapshotRecord.from_json(from_text(row[0])) for row in rows]
