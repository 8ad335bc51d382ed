"""What every content store promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.content.store import BlobNotFound, ContentStore, DirectoryStore
from jupyter_containers.oci.digest import Digest


@pytest.fixture(params=[DirectoryStore])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ContentStore:
    made: ContentStore = request.param(tmp_path / "content")
    return made


def test_what_is_written_is_found_by_its_digest(store: ContentStore) -> None:
    digest = store.write(b"content")
    assert digest == Digest.of(b"content")
    assert store.contains(digest)
    assert (store.size(digest), store.read(digest)) == (7, b"content")
    assert store.path(digest).read_bytes() == b"content"
    with store.open(digest) as blob:
        assert blob.read() == b"content"


def test_the_same_content_is_kept_once(store: ContentStore) -> None:
    assert store.write(b"x") == store.write(b"x")
    with store.ingest("k") as ingest:
        ingest.write(b"x")
        ingest.commit()
    assert list(store) == [Digest.of(b"x")]


def test_what_is_not_there_is_said_by_name(store: ContentStore) -> None:
    missing = Digest.of(b"nothing")
    assert not store.contains(missing)
    for ask in (store.size, store.path, store.open, store.read, store.delete):
        with pytest.raises(BlobNotFound, match=str(missing)):
            ask(missing)


def test_a_deleted_blob_is_gone(store: ContentStore) -> None:
    digest = store.write(b"x")
    store.delete(digest)
    assert not store.contains(digest)
    assert list(store) == []


def test_a_reader_keeps_what_it_opened(store: ContentStore) -> None:
    digest = store.write(b"x")
    with store.open(digest) as blob:
        store.delete(digest)
        assert blob.read() == b"x"


def test_after_a_crash_only_writes_that_know_their_digest_can_be_continued(store: ContentStore) -> None:
    digest = Digest.of(b"layer")
    for key, expected in (("known", digest), ("unknown", None)):
        ingest = store.ingest(key, expected=expected)
        ingest.write(b"lay")
        ingest.suspend()  # as the kernel does it for a process that was killed
    store.recover()
    with store.ingest("unknown") as ingest:
        assert ingest.offset == 0
    with store.ingest("known", expected=digest) as ingest:
        assert ingest.offset == 3
        ingest.write(b"er")
        ingest.commit()
    assert list(store) == [digest]
