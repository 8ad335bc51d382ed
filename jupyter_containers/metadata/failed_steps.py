"""Steps of builds that failed: id, time, and a JSON record whose meaning is the engine's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_containers.metadata.database import Database, from_text, to_text


@dataclass(frozen=True, slots=True)
class FailedStepEntry:
    """`created` is seconds since the epoch."""

    id: str
    created: float
    record: dict[str, Any]


class FailedSteps:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, step_id: str, created: float, record: Mapping[str, Any]) -> None:
        """Write a step, replacing what was known of it."""
        self._database.execute(
            "INSERT INTO failed_steps VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record",
            (step_id, created, to_text(record)),
        )

    def remove(self, step_id: str) -> None:
        """Forget a step; nothing when it is not there."""
        self._database.execute("DELETE FROM failed_steps WHERE id = ?", (step_id,))

    def all(self) -> list[FailedStepEntry]:
        """Return all steps, the newest first."""
        rows = self._database.rows("SELECT id, created, record FROM failed_steps ORDER BY created DESC, id")
        return [FailedStepEntry(step_id, created, from_text(record)) for step_id, created, record in rows]
