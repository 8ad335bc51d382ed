"""The store under a data root, opened without a daemon."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.metadata import salvage
from jupyter_containers.metadata.blob_places import BlobPlaces
from jupyter_containers.metadata.build_cache import BuildCache
from jupyter_containers.metadata.containers import Containers
from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.failed_steps import FailedSteps
from jupyter_containers.metadata.images import ImageRecords, Images
from jupyter_containers.metadata.snapshots import Snapshots
from jupyter_containers.metadata.volumes import Volumes
from jupyter_containers.oci.digest import Digest
from jupyter_containers.snapshots.overlay import OverlaySnapshotter

DATABASE = "metadata.db"


@dataclass(slots=True)
class Store:
    """What lies under `data`. `rows_lost`: rows could not be read, so a thing without a row may well be wanted.

    `doomed` are damaged blobs, `promised` snapshots that are to be unpacked again: an examination does neither.
    """

    data: Path
    database: Database
    rows_lost: bool = False
    doomed: set[str] = field(default_factory=set)
    promised: set[str] = field(default_factory=set)

    def has_blob(self, digest: Digest) -> bool:
        return str(digest) not in self.doomed and self.content.contains(digest)

    def has_snapshot(self, name: str) -> bool:
        return name in self.promised or self.snapshots.exists(name)

    @property
    def content(self) -> DirectoryStore:
        return DirectoryStore(self.data / "content")

    @property
    def snapshots(self) -> OverlaySnapshotter:
        return OverlaySnapshotter(self.data / "snapshots", Snapshots(self.database))

    @property
    def image_names(self) -> Images:
        return Images(self.database)

    @property
    def image_records(self) -> ImageRecords:
        return ImageRecords(self.database)

    @property
    def containers(self) -> Containers:
        return Containers(self.database)

    @property
    def volumes(self) -> Volumes:
        return Volumes(self.database)

    @property
    def blob_places(self) -> BlobPlaces:
        return BlobPlaces(self.database)

    @property
    def build_cache(self) -> BuildCache:
        return BuildCache(self.database)

    @property
    def failed_steps(self) -> FailedSteps:
        return FailedSteps(self.database)


@contextmanager
def opened(data: Path, *, rows_lost: bool = False) -> Iterator[Store]:
    """Open the store itself, to be changed. Raises DamagedDatabase, NewerSchema."""
    database = Database(data / DATABASE)
    try:
        yield Store(data, database, rows_lost)
    finally:
        database.close()


@contextmanager
def opened_copy(data: Path, path: Path, *, rows_lost: bool = False) -> Iterator[Store]:
    """Open the store to look at it: its rows are those of a copy of the database at `path`, as they are now."""
    with TemporaryDirectory(prefix="jupyter-containers-doctor-") as folder:
        database = Database(salvage.copy(path, Path(folder)))
        try:
            yield Store(data, database, rows_lost)
        finally:
            database.close()
