"""Containers as they were wished for: id, name, and a JSON record whose meaning is the engine's."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_containers.errors import Conflict, InvalidParameter, NotFound
from jupyter_containers.metadata.database import Database, from_text, to_text

_HEX = frozenset("0123456789abcdef")


class NameInUse(Conflict):
    """Another container has the name. The text is dockerd's, which scripts look for."""

    def __init__(self, name: str, holder: str) -> None:
        super().__init__(
            f'Conflict. The container name "/{name}" is already in use by container "{holder}". '
            "You have to remove (or rename) that container to be able to reuse that name."
        )
        self.name = name
        self.holder = holder


class ContainerNotFound(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__(f"No such container: {name}")
        self.name = name


class AmbiguousContainer(InvalidParameter):
    def __init__(self, prefix: str) -> None:
        super().__init__(f"Multiple IDs found with provided prefix: {prefix}")
        self.prefix = prefix


@dataclass(frozen=True, slots=True)
class ContainerEntry:
    """One row: `id` is 64 hex digits, `name` is without Docker's leading slash, `record` is the engine's JSON."""

    id: str
    name: str
    record: dict[str, Any]


class Containers:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, container_id: str, name: str, record: Mapping[str, Any]) -> None:
        """Write a new container. Raises NameInUse, or Conflict for an id that is there already."""
        text = to_text(record)
        with self._database.transaction():
            self._refuse_taken(name, container_id)
            try:
                self._database.execute(
                    "INSERT INTO containers (id, name, record) VALUES (?, ?, ?)", (container_id, name, text)
                )
            except sqlite3.IntegrityError as error:
                raise Conflict(f"container {container_id} exists already") from error

    def get(self, container_id: str) -> ContainerEntry:
        """Return the container with exactly this id. Raises ContainerNotFound; InvalidParameter for bytes, not text."""
        try:
            row = self._database.row("SELECT id, name, record FROM containers WHERE id = ?", (container_id,))
        except sqlite3.OperationalError as error:
            raise InvalidParameter(f"cannot read container {container_id}: {error}") from error
        if row is None:
            raise ContainerNotFound(container_id)
        return _entry(*row)

    def update(self, container_id: str, record: Mapping[str, Any]) -> None:
        """Replace a container's record. Raises ContainerNotFound."""
        self._touch("UPDATE containers SET record = ? WHERE id = ?", to_text(record), container_id)

    def rename(self, container_id: str, name: str) -> None:
        """Give a container another name. Raises NameInUse (also for its own name, as Docker) or ContainerNotFound."""
        with self._database.transaction():
            self._refuse_taken(name, None)
            self._touch("UPDATE containers SET name = ? WHERE id = ?", name, container_id)

    def remove(self, container_id: str) -> bool:
        """Forget a container; return whether it was there."""
        return self._database.execute("DELETE FROM containers WHERE id = ?", (container_id,)) > 0

    def all(self) -> list[ContainerEntry]:
        """Return all containers, oldest first."""
        rows = self._database.rows("SELECT id, name, record FROM containers ORDER BY position")
        return [_entry(*row) for row in rows]

    def ids(self) -> list[str]:
        """Return the ids of all containers, oldest first; also of those whose record nobody can read."""
        return [str(row[0]) for row in self._database.rows("SELECT id FROM containers ORDER BY position")]

    def find(self, text: str) -> str:
        """Return the id of the container meant by a full id, a name (with or without slash) or a prefix of an id.

        In this order, as dockerd: a name beats a prefix. Raises ContainerNotFound or AmbiguousContainer.
        """
        name = text.removeprefix("/")
        row = self._database.row("SELECT id FROM containers WHERE id = ?", (text,))
        row = row or self._database.row("SELECT id FROM containers WHERE name = ?", (name,))
        if row is not None:
            return str(row[0])
        return self._find_by_prefix(text)

    def _find_by_prefix(self, prefix: str) -> str:
        # Only hex digits can begin an id; the range then ends at the first character after "f".
        if not prefix or not _HEX.issuperset(prefix):
            raise ContainerNotFound(prefix)
        bounds = (prefix, f"{prefix}g")
        rows = self._database.rows("SELECT id FROM containers WHERE id >= ? AND id < ? LIMIT 2", bounds)
        if not rows:
            raise ContainerNotFound(prefix)
        if len(rows) > 1:
            raise AmbiguousContainer(prefix)
        return str(rows[0][0])

    def _refuse_taken(self, name: str, container_id: str | None) -> None:
        row = self._database.row("SELECT id FROM containers WHERE name = ?", (name,))
        if row is not None and row[0] != container_id:
            raise NameInUse(name, row[0])

    def _touch(self, statement: str, value: str, container_id: str) -> None:
        if not self._database.execute(statement, (value, container_id)):
            raise ContainerNotFound(container_id)


def _entry(container_id: str, name: str, record: str) -> ContainerEntry:
    return ContainerEntry(container_id, name, from_text(record))
