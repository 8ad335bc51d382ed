from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.content.store import BlobTooLarge, DirectoryStore
from jupyter_containers.oci.digest import Digest, DigestMismatch


def test_a_blob_damaged_on_disk_is_not_believed_and_can_be_mended(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    digest = store.write(b"manifest")
    store.path(digest).chmod(0o600)
    store.path(digest).write_bytes(b"")
    with pytest.raises(DigestMismatch, match="stored blob"):
        store.read(digest)
    assert (store.contains(digest), store.contains(digest, 8), store.read_if_whole(digest)) == (True, False, None)
    assert store.write(b"manifest") == digest
    assert store.read(digest) == b"manifest"


def test_a_blob_over_the_limit_is_not_read_into_memory(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    digest = store.write(bytes(1000))
    with pytest.raises(BlobTooLarge, match="1000 bytes, over the limit of 999"):
        store.read(digest, 999)


def test_blobs_lie_as_in_an_oci_layout(tmp_path: Path) -> None:
    digest = DirectoryStore(tmp_path).write(b"x")
    assert (tmp_path / "blobs/sha256" / digest.hex).read_bytes() == b"x"
    assert DirectoryStore(tmp_path).contains(digest)


def test_ingests_that_nobody_continues_go(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    for key in ("old", "new"):
        with store.ingest(key) as ingest:
            ingest.write(bytes(10))
            ingest.suspend()
    old = max((tmp_path / "ingest").iterdir())
    os.utime(old, (0, 0))
    assert store.remove_stale_ingests(3600) == 10
    assert len(os.listdir(tmp_path / "ingest")) == 1


def test_foreign_files_among_the_blobs_are_no_digests(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    (tmp_path / "blobs/sha256/lost+found").touch()
    assert list(store) == []
    assert not store.contains(Digest.of(b"x"))
