from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.metadata.blob_places import KEPT, BlobPlaces
from jupyter_containers.metadata.database import Database
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest

BLOB, OTHER = Digest.of(b"blob"), Digest.of(b"other")
HERE = Descriptor("type/here", Digest.of(b"here"), 4)
THERE = Descriptor("type/there", Digest.of(b"there"), 5)


@pytest.fixture
def places(tmp_path: Path) -> Iterator[BlobPlaces]:
    database, clock = Database(tmp_path / "metadata.db"), itertools.count()
    yield BlobPlaces(database, clock=lambda: float(next(clock)))
    database.close()


def test_the_place_that_was_seen_last_comes_first(places: BlobPlaces) -> None:
    places.remember(BLOB, "r/a", HERE)
    places.remember(BLOB, "r/b", HERE)
    places.remember(BLOB, "r/a", THERE)
    assert places.of(BLOB) == [("r/a", THERE), ("r/b", HERE)]
    assert places.of(OTHER) == []


def test_only_so_many_places_are_kept_for_a_blob(places: BlobPlaces) -> None:
    places.remember(OTHER, "r/0", HERE)
    for number in range(KEPT + 3):
        places.remember(BLOB, f"r/{number}", HERE)
    assert [repository for repository, _ in places.of(BLOB)] == [f"r/{n}" for n in range(KEPT + 2, 2, -1)]
    assert places.of(OTHER) == [("r/0", HERE)]


def test_places_go_with_their_blobs(places: BlobPlaces) -> None:
    for blob in (BLOB, OTHER):
        places.remember(blob, "r/a", HERE)
    places.forget([BLOB, THERE.digest])
    assert (places.of(BLOB), places.of(OTHER)) == ([], [("r/a", HERE)])
