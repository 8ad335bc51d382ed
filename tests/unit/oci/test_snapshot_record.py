from __future__ import annotations

import json

from jupyter_containers.oci.snapshot_record import ACTIVE, COMMITTED, SnapshotRecord


def test_a_record_survives_its_json() -> None:
    record = SnapshotRecord("sha256:a", COMMITTED, "host:/", 7, "/", "2024-01-01T00:00:00Z", 12, {"label": "value"})
    assert SnapshotRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


def test_what_is_not_said_has_its_default() -> None:
    data = {"key": "k", "kind": ACTIVE, "parent": None, "number": 1}
    assert SnapshotRecord.from_json(data) == SnapshotRecord("k", ACTIVE, None, 1)
