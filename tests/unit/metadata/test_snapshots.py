from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.snapshots import SnapshotExists, SnapshotRecordNotFound, Snapshots
from jupyter_containers.oci.snapshot_record import ACTIVE, COMMITTED, SnapshotRecord

BASE = SnapshotRecord("base", COMMITTED, None, 1, "/", "2024-01-01T00:00:00Z", 5, {"a": "b"})
ACTIVE_ONE = SnapshotRecord("container:web", ACTIVE, "base", 2)


@pytest.fixture
def snapshots(tmp_path: Path) -> Iterator[Snapshots]:
    database = Database(tmp_path / "metadata.db")
    snapshots = Snapshots(database)
    for record in (ACTIVE_ONE, BASE):
        snapshots.add(record)
    yield snapshots
    database.close()


def test_records_come_back_as_they_were_in_order_of_number(snapshots: Snapshots) -> None:
    assert snapshots.all() == [BASE, ACTIVE_ONE]
    assert snapshots.get("base") == BASE
    assert snapshots.get("other") is None


def test_children_are_those_that_name_the_parent(snapshots: Snapshots) -> None:
    snapshots.add(SnapshotRecord("another", ACTIVE, "base", 3))
    assert snapshots.children("base") == ["another", "container:web"]
    assert snapshots.children("container:web") == []


def test_a_key_belongs_to_one_snapshot(snapshots: Snapshots) -> None:
    with pytest.raises(SnapshotExists, match="snapshot base exists already"):
        snapshots.add(replace(BASE, number=9))
    assert snapshots.get("base") == BASE


def test_two_records_may_share_a_number_while_one_is_committed(snapshots: Snapshots) -> None:
    snapshots.add(replace(ACTIVE_ONE, key="sha256:new", kind=COMMITTED))
    snapshots.remove(ACTIVE_ONE.key)
    assert [record.key for record in snapshots.all()] == ["base", "sha256:new"]


def test_an_update_moves_the_record_under_its_new_parent(snapshots: Snapshots) -> None:
    snapshots.update(replace(ACTIVE_ONE, parent=None, size_bytes=1))
    assert snapshots.children("base") == []
    assert snapshots.get(ACTIVE_ONE.key) == replace(ACTIVE_ONE, parent=None, size_bytes=1)
    with pytest.raises(SnapshotRecordNotFound, match="no snapshot other"):
        snapshots.update(replace(BASE, key="other"))


def test_removing_twice_is_no_error(snapshots: Snapshots) -> None:
    snapshots.remove("base")
    snapshots.remove("base")
    assert snapshots.all() == [ACTIVE_ONE]
