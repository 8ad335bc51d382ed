"""Networks: id, name, and a JSON record whose meaning is the engine's."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_containers.errors import Conflict, InvalidParameter, NotFound
from jupyter_containers.metadata.database import Database, from_text, to_text

_HEX = frozenset("0123456789abcdef")


class NetworkNotFound(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__(f"network {name} not found")
        self.name = name


class NetworkExists(Conflict):
    def __init__(self, name: str) -> None:
        super().__init__(f"network with name {name} already exists")
        self.name = name


class AmbiguousNetwork(InvalidParameter):
    def __init__(self, prefix: str) -> None:
        super().__init__(f"network {prefix} is ambiguous: several ids begin with it; give more digits")
        self.prefix = prefix


@dataclass(frozen=True, slots=True)
class NetworkEntry:
    id: str
    name: str
    record: dict[str, Any]


class Networks:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, network_id: str, name: str, record: Mapping[str, Any]) -> None:
        """Write a new network. Raises NetworkExists for a name or id that is there already."""
        try:
            self._database.execute("INSERT INTO networks VALUES (?, ?, ?)", (network_id, name, to_text(record)))
        except sqlite3.IntegrityError as error:
            raise NetworkExists(name) from error

    def get(self, network_id: str) -> NetworkEntry:
        """Return the network with exactly this id. Raises NetworkNotFound."""
        row = self._database.row("SELECT id, name, record FROM networks WHERE id = ?", (network_id,))
        if row is None:
            raise NetworkNotFound(network_id)
        return NetworkEntry(row[0], row[1], from_text(row[2]))

    def find(self, text: str) -> str:
        """Return the id meant by a full id, a name or a prefix of an id, in this order, as dockerd."""
        for column in ("id", "name"):
            row = self._database.row(f"SELECT id FROM networks WHERE {column} = ?", (text,))
            if row is not None:
                return str(row[0])
        if not text or not _HEX.issuperset(text):
            raise NetworkNotFound(text)
        rows = self._database.rows("SELECT id FROM networks WHERE id >= ? AND id < ? LIMIT 2", (text, f"{text}g"))
        if not rows:
            raise NetworkNotFound(text)
        if len(rows) > 1:
            raise AmbiguousNetwork(text)
        return str(rows[0][0])

    def update(self, network_id: str, record: Mapping[str, Any]) -> None:
        """Replace a network's record. Raises NetworkNotFound."""
        if not self._database.execute("UPDATE networks SET record = ? WHERE id = ?", (to_text(record), network_id)):
            raise NetworkNotFound(network_id)

    def remove(self, network_id: str) -> bool:
        """Forget a network; return whether it was there."""
        return self._database.execute("DELETE FROM networks WHERE id = ?", (network_id,)) > 0

    def all(self) -> list[NetworkEntry]:
        """Return all networks, ordered by name."""
        rows = self._database.rows("SELECT id, name, record FROM networks ORDER BY name")
        return [NetworkEntry(row[0], row[1], from_text(row[2])) for row in rows]
