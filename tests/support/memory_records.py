"""Snapshot records in a dict: the SnapshotRecords of tests that need no database."""

from __future__ import annotations

from jupyter_containers.errors import Conflict, NotFound
from jupyter_containers.oci.snapshot_record import SnapshotRecord


class MemoryRecords:
    def __init__(self) -> None:
        self._records: dict[str, SnapshotRecord] = {}

    def add(self, record: SnapshotRecord) -> None:
        if record.key in self._records:
            raise Conflict(f"record {record.key} exists")
        self._records[record.key] = record

    def get(self, key: str) -> SnapshotRecord | None:
        return self._records.get(key)

    def update(self, record: SnapshotRecord) -> None:
        if record.key not in self._records:
            raise NotFound(f"no record {record.key}")
        self._records[record.key] = record

    def remove(self, key: str) -> None:
        self._records.pop(key, None)

    def children(self, key: str) -> list[str]:
        return sorted(record.key for record in self._records.values() if record.parent == key)

    def all(self) -> list[SnapshotRecord]:
        return list(self._records.values())
