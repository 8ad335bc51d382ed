"""The database: is it one, are its pages whole, can each row be read? What can be read is saved into a new one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from jupyter_containers.daemon.storage.finding import Finding
from jupyter_containers.daemon.storage.rows import READERS
from jupyter_containers.daemon.storage.store import DATABASE, Store
from jupyter_containers.metadata import salvage

# What the objects in a table are called.
_OBJECTS = {
    "images": "image", "containers": "container", "snapshots": "snapshot", "volumes": "volume",
    "build_cache": "cached step", "networks": "network", "failed_steps": "failed step", "image_names": "image name",
    "blob_places": "note",
}  # fmt: skip
# What belongs to these nobody can bring again: without its row it is put aside, or taken for what it was.
_PRECIOUS = frozenset({"containers", "snapshots", "volumes"})


def check(data: Path) -> Iterator[Finding]:
    """Yield what is wrong with the database as a whole. Raises NewerSchema."""
    path = data / DATABASE
    problem = salvage.problem(path)
    if problem:
        yield Finding(
            "database", str(path), problem,
            "keep the damaged file beside it, and save all rows that can still be read into a new one",
            partial(_rebuild, path),
        )  # fmt: skip


def _rebuild(path: Path) -> None:
    new = path.with_name(f"{DATABASE}.new")
    salvage.salvage(path, new)
    number = 1
    while (kept := path.with_name(f"{DATABASE}.damaged-{number}")).exists():
        number += 1
    salvage.move(path, kept)
    salvage.move(new, path)


def check_rows(store: Store) -> Iterator[Finding]:
    """Yield the rows at which a daemon would stumble: nothing can be done with them but forget them."""
    for row in salvage.useless_rows(store.database, READERS):
        store.rows_lost |= row.table in _PRECIOUS
        yield Finding(
            _OBJECTS.get(row.table, row.table), row.key, f"its row in table {row.table} cannot be read",
            "forget the row", partial(salvage.forget, store.database, row), in_rows=True,
        )  # fmt: skip
