"""Tests of registry.server.garbage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server.folder import FolderStorage
from jupyter_containers.registry.server.garbage import sweep
from jupyter_containers.registry.server.storage import Stored
from tests.support import tiny_image

IMAGE = tiny_image.image(tiny_image.layer({"a": b"1" * 5000}))
# Nothing is younger than that: what is not needed goes at once.
AT_ONCE = -1.0


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    storage = FolderStorage(tmp_path)
    for name in ("one", "two"):
        for content in IMAGE.blobs.values():
            storage.link_blob(name, storage.content.write(content))
        storage.put_manifest(name, Stored(IMAGE.digest, IMAGE.media_type, IMAGE.manifest), tags=["1"])
    return storage


def everything(storage: FolderStorage) -> set[Digest]:
    return set(storage.content)


def test_what_a_manifest_needs_stays(storage: FolderStorage) -> None:
    before = everything(storage)
    assert sweep(storage, AT_ONCE) == 0
    assert everything(storage) == before
    assert all(storage.blob("one", digest) for digest in IMAGE.blobs)


def test_what_another_repository_needs_stays(storage: FolderStorage) -> None:
    before = everything(storage)
    storage.delete_manifest("one", IMAGE.digest)
    sweep(storage, AT_ONCE)
    assert everything(storage) == before
    assert all(storage.blob_size("one", digest) is None for digest in IMAGE.blobs)


def test_the_last_manifest_takes_its_blobs_along(storage: FolderStorage) -> None:
    for name in ("one", "two"):
        storage.delete_manifest(name, IMAGE.digest)
    assert sweep(storage, AT_ONCE) == sum(map(len, IMAGE.blobs.values())) + len(IMAGE.manifest)
    assert everything(storage) == set()


def test_what_came_lately_stays(storage: FolderStorage) -> None:
    digest = storage.content.write(b"on its way")
    storage.link_blob("one", digest)
    assert sweep(storage, 3600) == 0
    assert storage.blob("one", digest).read_bytes() == b"on its way"


def test_what_is_committed_but_not_yet_shown_stays(storage: FolderStorage) -> None:
    digest = storage.content.write(b"between two steps of an upload")
    sweep(storage, 3600)
    storage.link_blob("one", digest)
    assert storage.blob("one", digest).exists()


def test_a_manifest_that_cannot_be_read_keeps_its_repository_as_it_is(storage: FolderStorage) -> None:
    storage.delete_manifest("two", IMAGE.digest)
    path = storage.content.path(IMAGE.digest)
    path.chmod(0o600)
    path.write_bytes(json.dumps({}).encode())
    sweep(storage, AT_ONCE)
    assert all(storage.blob("one", digest) for digest in IMAGE.blobs)
