"""Volumes: name and a JSON record whose meaning is the engine's. Implements the engine's protocol VolumeRecords."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from jupyter_containers.errors import Conflict
from jupyter_containers.metadata.database import Database, from_text, to_text


class VolumeExists(Conflict):
    def __init__(self, name: str) -> None:
        super().__init__(f"volume {name} exists already")
        self.name = name


class Volumes:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, record: Mapping[str, Any]) -> None:
        """Write a new volume. Raises VolumeExists."""
        try:
            self._database.execute("INSERT INTO volumes VALUES (?, ?)", (name, to_text(record)))
        except sqlite3.IntegrityError as error:
            raise VolumeExists(name) from error

    def get(self, name: str) -> dict[str, Any] | None:
        """Return a volume's record, or None."""
        row = self._database.row("SELECT record FROM volumes WHERE name = ?", (name,))
        return from_text(row[0]) if row else None

    def remove(self, name: str) -> None:
        """Forget a volume; nothing when it is not there."""
        self._database.execute("DELETE FROM volumes WHERE name = ?", (name,))

    def all(self) -> list[tuple[str, dict[str, Any]]]:
        """Return names and records of all volumes, ordered by name."""
        rows = self._database.rows("SELECT name, record FROM volumes ORDER BY name")
        return [(row[0], from_text(row[1])) for row in rows]
