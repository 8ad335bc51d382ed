"""Tests of registry.server.folder: the files."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.oci import media_types
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server.folder import MANIFESTS, FolderStorage
from jupyter_containers.registry.server.storage import Stored

MANIFEST = Stored(Digest.of(b"{}"), media_types.OCI_MANIFEST, b"{}")


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    FolderStorage(tmp_path).put_manifest("a/b", MANIFEST, tags=["1"])
    after = FolderStorage(tmp_path)
    after.recover()
    assert after.manifest("a/b", after.resolve("a/b", "1")) == MANIFEST
    assert list(after.digests("a/b", MANIFESTS)) == [MANIFEST.digest]


def test_recovery_takes_away_what_was_half_written(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    (tmp_path / "new" / "half").write_text("sha2")
    storage.recover()
    assert list((tmp_path / "new").iterdir()) == []


def test_what_a_power_cut_left_of_a_manifest_is_mended_by_the_next_push(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    storage.put_manifest("a", MANIFEST)
    place = storage.content.path(MANIFEST.digest)
    place.unlink()
    place.touch()
    storage.put_manifest("a", MANIFEST)
    assert storage.manifest("a", MANIFEST.digest) == MANIFEST


def test_a_repository_in_a_repository_is_one_of_its_own(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    storage.put_manifest("a", MANIFEST)
    storage.put_manifest("a/b/c", MANIFEST)
    assert storage.repositories() == ["a", "a/b/c"]
    assert sorted(storage.all_repositories()) == ["a", "a/b/c"]


def test_nobody_else_may_read_the_folders(tmp_path: Path) -> None:
    FolderStorage(tmp_path).put_manifest("a", MANIFEST)
    for folder in ("content/blobs/sha256", "repositories", "repositories/a/_manifests/sha256"):
        assert (tmp_path / folder).stat().st_mode & 0o077 == 0, folder
