from __future__ import annotations

import json

import pytest

from jupyter_containers.oci.snapshot_record import ACTIVE, COMMITTED, SnapshotRecord

FULL = SnapshotRecord("sha256:a", COMMITTED, "sha256:b", 7, "/", "2024-01-01T00:00:00Z", 5, {"k": "v"})


@pytest.mark.parametrize("record", [FULL, SnapshotRecord("container:web", ACTIVE, None, 1)], ids=["full", "bare"])
def test_a_record_survives_its_json(record: SnapshotRecord) -> None:
    assert SnapshotRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


def test_a_record_of_an_earlier_version_is_read_with_its_gaps() -> None:
    assert SnapshotRecord.from_json({"key": "a", "kind": ACTIVE, "number": 1}) == SnapshotRecord("a", ACTIVE, None, 1)


def test_records_can_be_members_of_a_set() -> None:
    assert len({FULL, SnapshotRecord.from_json(FULL.to_json())}) == 1
