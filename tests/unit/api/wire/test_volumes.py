"""Volumes on the wire."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.api.wire.volumes import volume_json
from jupyter_containers.engine.volumes import Volume


def test_a_volume_has_dockers_fields() -> None:
    volume = Volume("notes", Path("/v/notes/_data"), "2026-01-01T00:00:00Z", {"course": "os"}, {})
    assert volume_json(volume) == {
        "CreatedAt": "2026-01-01T00:00:00Z", "Driver": "local", "Labels": {"course": "os"},
        "Mountpoint": "/v/notes/_data", "Name": "notes", "Options": None, "Scope": "local",
    }  # fmt: skip


def test_no_labels_are_null() -> None:
    assert volume_json(Volume("n1", Path("/v"), "", {}, {}))["Labels"] is None
