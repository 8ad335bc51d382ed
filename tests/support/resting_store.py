"""A store at rest, in a folder, for what looks at stores without a daemon."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_containers.daemon.storage.store import Store, opened


@contextmanager
def resting_store(data: Path, *, rows_lost: bool = False) -> Iterator[Store]:
    """Make the folders of an empty store, and open it."""
    for name in ("containers", "content", "snapshots", "volumes", "tmp"):
        (data / name).mkdir(exist_ok=True, parents=True)
    (data / "daemon.lock").touch()
    with opened(data, rows_lost=rows_lost) as store:
        yield store
