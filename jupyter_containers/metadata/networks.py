"""Networks that people made: id, name, and a JSON record whose meaning is the engine's."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from jupyter_containers.errors import Conflict
from jupyter_containers.metadata.database import Database, from_text, to_text


class NetworkExists(Conflict):
    def __init__(self, name: str) -> None:
        super().__init__(f"network with name {name} already exists")
        self.name = name


class Networks:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, network_id: str, name: str, record: Mapping[str, Any]) -> None:
        """Write a new network. Raises NetworkExists when its name is taken."""
        try:
            self._database.execute(
                "INSERT INTO networks (id, name, record) VALUES (?, ?, ?)", (network_id, name, to_text(record))
            )
        except sqlite3.IntegrityError as error:
            raise NetworkExists(name) from error

    def remove(self, network_id: str) -> None:
        """Forget a network; nothing when it is not there."""
        self._database.execute("DELETE FROM networks WHERE id = ?", (network_id,))

    def all(self) -> list[dict[str, Any]]:
        """Return the records of all networks, oldest first."""
        return [from_text(row[0]) for row in self._database.rows("SELECT record FROM networks ORDER BY position")]
