"""Tests of registry.server.storage: what the protocol promises, of the one implementation that there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.oci import media_types
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server.folder import FolderStorage
from jupyter_containers.registry.server.refusals import Refusal
from jupyter_containers.registry.server.storage import Storage, Stored

MANIFEST = Stored(Digest.of(b"{}"), media_types.OCI_MANIFEST, b"{}")
SUBJECT = Digest.of(b"subject")


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return FolderStorage(tmp_path)


def test_an_empty_storage_knows_nothing(storage: Storage) -> None:
    assert storage.repositories() == []
    assert not storage.knows("a")
    assert storage.tags("a") == []
    assert storage.referrers("a", SUBJECT) == []
    for ask in (
        lambda: storage.resolve("a", "1"),
        lambda: storage.manifest("a", SUBJECT),
        lambda: storage.blob("a", SUBJECT),
    ):
        with pytest.raises(Refusal) as refused:
            ask()
        assert refused.value.answer_status == 404


def test_a_manifest_is_found_by_tag_and_digest(storage: Storage) -> None:
    storage.put_manifest("a/b", MANIFEST, tags=["2", "1"])
    assert storage.tags("a/b") == ["1", "2"]
    assert storage.resolve("a/b", "1") == MANIFEST.digest
    assert storage.manifest("a/b", MANIFEST.digest) == MANIFEST
    assert storage.repositories() == ["a/b"]
    assert not storage.knows("a")


def test_a_manifest_goes_with_its_tags_and_references(storage: Storage) -> None:
    storage.put_manifest("a", MANIFEST, tags=["1"], subject=SUBJECT)
    assert storage.referrers("a", SUBJECT) == [MANIFEST.digest]
    storage.delete_manifest("a", MANIFEST.digest)
    assert (storage.tags("a"), storage.referrers("a", SUBJECT)) == ([], [])
    with pytest.raises(Refusal):
        storage.delete_manifest("a", MANIFEST.digest)


def test_one_repository_does_not_show_what_another_has(storage: Storage) -> None:
    storage.put_manifest("a", MANIFEST)
    assert not storage.has_manifest("b", MANIFEST.digest)
    assert storage.blob_size("a", MANIFEST.digest) is None
    storage.link_blob("b", MANIFEST.digest)
    assert storage.blob_size("b", MANIFEST.digest) == 2
    storage.unlink_blob("b", MANIFEST.digest)
    assert storage.blob_size("b", MANIFEST.digest) is None
    assert storage.manifest("a", MANIFEST.digest) == MANIFEST


def test_what_is_not_held_cannot_be_shown(storage: Storage) -> None:
    assert not storage.holds(SUBJECT)
    with pytest.raises(Refusal):
        storage.link_blob("a", SUBJECT)
