"""In which repositories the blobs of the store are: a push looks there before it sends anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from jupyter_containers.metadata.database import Database, from_text, to_text
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest

# As many as dockerd remembers for a layer.
KEPT = 50


class BlobPlaces:
    """The places of blobs. `clock` answers seconds since the epoch."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def remember(self, blob: Digest, repository: str, descriptor: Descriptor) -> None:
        """Note that a repository has a blob, under a descriptor; of very many places the oldest are forgotten."""
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO blob_places VALUES (?, ?, ?, ?) ON CONFLICT (blob, repository)"
                " DO UPDATE SET descriptor = excluded.descriptor, seen = excluded.seen",
                (str(blob), repository, to_text(descriptor.to_json()), self._clock()),
            )
            self._database.execute(
                "DELETE FROM blob_places WHERE blob = ? AND repository NOT IN"
                " (SELECT repository FROM blob_places WHERE blob = ? ORDER BY seen DESC, repository LIMIT ?)",
                (str(blob), str(blob), KEPT),
            )

    def of(self, blob: Digest) -> list[tuple[str, Descriptor]]:
        """Return the repositories that have a blob, the one seen last first, each with the descriptor there."""
        rows = self._database.rows(
            "SELECT repository, descriptor FROM blob_places WHERE blob = ? ORDER BY seen DESC, repository", (str(blob),)
        )
        return [(repository, Descriptor.from_json(from_text(text))) for repository, text in rows]

    def blobs(self) -> list[Digest]:
        """Return all blobs of which a place is known."""
        return [Digest.parse(row[0]) for row in self._database.rows("SELECT DISTINCT blob FROM blob_places ORDER BY 1")]

    def forget(self, blobs: Iterable[Digest]) -> None:
        """Forget the places of blobs that have left the store."""
        with self._database.transaction():
            for blob in blobs:
                self._database.execute("DELETE FROM blob_places WHERE blob = ?", (str(blob),))
