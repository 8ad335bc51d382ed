"""Cached steps on the wire."""

from __future__ import annotations

from jupyter_containers.api.wire.disk_usage import directory_json, step_json
from jupyter_containers.build.operations.caches import CacheDirectory
from jupyter_containers.engine.cached_steps import CachedStep
from jupyter_containers.engine.disk_usage import StepUsage

STEP = CachedStep("k1", "sha256:c", "sha256:p", "2026-01-01T00:00:00Z", 1.5)


def test_a_step_is_written_whole() -> None:
    assert step_json(StepUsage(STEP, 7, shared=True), version=(1, 51)) == {
        "ID": "k1", "Parents": ["sha256:p"], "Type": "regular", "Description": "layer sha256:c", "InUse": True,
        "Shared": True, "Size": 7, "CreatedAt": "2026-01-01T00:00:00Z", "LastUsedAt": "1970-01-01T00:00:01.5Z",
    }  # fmt: skip


def test_before_1_42_there_was_one_parent() -> None:
    written = step_json(StepUsage(STEP, 7, shared=False), version=(1, 41))
    assert (written["Parent"], "Parents" in written) == ("sha256:p", False)


def test_what_a_cache_mount_has_kept() -> None:
    found = CacheDirectory("key", "2020-01-01T00:00:00Z", 1.0, 7, in_use=True)
    written = directory_json(found, version=(1, 51))
    assert (written["ID"], written["Type"], written["Size"], written["InUse"]) == ("key", "exec.cachemount", 7, True)
    assert written["LastUsedAt"] == "1970-01-01T00:00:01Z"
    assert "Parent" in directory_json(found, version=(1, 41))
