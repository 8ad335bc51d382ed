"""Tests of daemon.storage.holders."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.build.failed_step import FailedStep
from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.operations.definitions import Execute
from jupyter_containers.daemon.storage import holders
from jupyter_containers.engine.containers.record_json import to_json
from jupyter_containers.engine.failed_steps import Failure
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from tests.support.resting_store import resting_store

ID = "ab" * 32


def test_containers_without_files_and_files_without_containers(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        store.containers.add(ID, "web", {})
        (tmp_path / "containers" / ("cd" * 32)).mkdir()
        lost, unknown = holders.check_containers(store)
        assert (lost.name, lost.problem) == (ID[:12], "its files are gone")
        assert unknown.name.endswith("cd" * 32)
        for finding in (lost, unknown):
            assert finding.mend is not None
            finding.mend()
        assert list(holders.check_containers(store)) == []


def test_volumes_without_directory_are_made_and_directories_without_volume_adopted_when_rows_were_lost(
    tmp_path: Path,
) -> None:
    with resting_store(tmp_path, rows_lost=True) as store:
        store.volumes.add("empty", {"created_at": "", "labels": {}, "options": {}})
        (tmp_path / "volumes" / "found" / "_data").mkdir(parents=True)
        for finding in list(holders.check_volumes(store)):
            assert finding.mend is not None
            finding.mend()
        assert (tmp_path / "volumes" / "empty" / "_data").is_dir()
        assert [name for name, _ in store.volumes.all()] == ["empty", "found"]
        assert list(holders.check_volumes(store)) == []


def test_cached_steps_and_notes_of_what_is_gone(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        failure = Failure(FailedStep("ef" * 32, Execute(("x",)), Filesystem(chain="sha256:gone"), 1))
        store.failed_steps.put(failure.id, 1.0, to_json(failure))
        (lost,) = holders.check_failed_steps(store)
        assert (lost.name, lost.problem) == ("ef" * 6, "its sha256:gone is gone")
        store.build_cache.put("settings", {"created": "now"})
        store.build_cache.put("step", {"chain": "sha256:gone", "parent": ""})
        assert [finding.name for finding in holders.check_cached_steps(store)] == ["step"]
        digest = store.content.write(b"here")
        for blob in (str(digest), f"sha256:{'0' * 64}"):
            store.blob_places.remember(Digest.parse(blob), "a.b/c", Descriptor("", Digest.parse(blob), 4))
        assert [finding.name for finding in holders.check_places(store)] == [f"sha256:{'0' * 64}"]
