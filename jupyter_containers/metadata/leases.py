"""Leases: what must not be collected yet, because work that needs it is under way."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_containers.metadata.database import Database


@dataclass(frozen=True, slots=True)
class Lease:
    """`kind` is "content" or "snapshot", `key` a digest or a snapshot's key; `expires_at` seconds since the epoch."""

    id: str
    kind: str
    key: str
    expires_at: float | None = None


class Leases:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, lease_id: str, kind: str, key: str, *, expires_at: float | None = None) -> None:
        """Protect one thing under a lease; several things may share the lease. Again: only the end is renewed."""
        self._database.execute(
            "INSERT INTO leases VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id, kind, key) DO UPDATE SET expires_at = excluded.expires_at",
            (lease_id, kind, key, expires_at),
        )

    def remove(self, lease_id: str) -> int:
        """End a lease; return how many things it protected."""
        return self._database.execute("DELETE FROM leases WHERE id = ?", (lease_id,))

    def all(self, kind: str | None = None) -> list[Lease]:
        """Return all leases, or those of one kind."""
        rows = self._database.rows(
            "SELECT id, kind, key, expires_at FROM leases WHERE ? IS NULL OR kind = ? ORDER BY id, kind, key",
            (kind, kind),
        )
        return [Lease(*row) for row in rows]

    def expire(self, now: float) -> int:
        """End all leases whose time is over at `now` (seconds since the epoch); return how many things that frees."""
        return self._database.execute("DELETE FROM leases WHERE expires_at <= ?", (now,))
