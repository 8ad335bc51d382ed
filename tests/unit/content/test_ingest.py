from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from jupyter_containers.content.ingest import IngestInUse, SizeMismatch
from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.oci.digest import Digest, DigestMismatch

CONTENT = b"some content"
DIGEST = Digest.of(CONTENT)


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path)


def left(store: DirectoryStore, tmp_path: Path) -> list[str]:
    return os.listdir(tmp_path / "ingest")


def test_a_blob_is_not_there_before_it_is_committed(store: DirectoryStore, tmp_path: Path) -> None:
    with store.ingest("k", expected=DIGEST, size=len(CONTENT)) as ingest:
        ingest.write(CONTENT)
        assert not store.contains(DIGEST)
        assert ingest.commit() == DIGEST
    assert store.read(DIGEST) == CONTENT
    assert left(store, tmp_path) == []
    assert store.path(DIGEST).stat().st_mode & 0o777 == 0o444


def test_leaving_without_commit_throws_the_bytes_away(store: DirectoryStore, tmp_path: Path) -> None:
    with pytest.raises(KeyError), store.ingest("k") as ingest:
        ingest.write(CONTENT)
        raise KeyError
    assert left(store, tmp_path) == []
    with store.ingest("k") as ingest:
        assert ingest.offset == 0


def test_a_suspended_write_continues_with_its_hash(store: DirectoryStore) -> None:
    with store.ingest("k", expected=DIGEST) as ingest:
        ingest.write(CONTENT[:5])
        ingest.suspend()
    with store.ingest("k", expected=DIGEST) as ingest:
        assert ingest.offset == 5
        ingest.write(CONTENT[5:])
        ingest.commit()
    assert store.read(DIGEST) == CONTENT


def test_a_write_can_start_over(store: DirectoryStore) -> None:
    with store.ingest("k", expected=DIGEST) as ingest:
        ingest.write(b"wrong beginning that is longer than what comes")
        ingest.restart()
        ingest.write(CONTENT)
        ingest.commit()
    assert store.read(DIGEST) == CONTENT


def test_what_was_left_and_is_too_long_is_thrown_away(store: DirectoryStore) -> None:
    with store.ingest("k") as ingest:
        ingest.write(bytes(100))
        ingest.suspend()
    with store.ingest("k", size=len(CONTENT)) as ingest:
        assert ingest.offset == 0


def test_more_bytes_than_promised_are_refused_before_they_are_written(store: DirectoryStore) -> None:
    with store.ingest("k", size=3) as ingest, pytest.raises(SizeMismatch, match="more bytes than promised"):
        ingest.write(b"four")


def test_fewer_bytes_than_promised_are_refused(store: DirectoryStore) -> None:
    with store.ingest("k", expected=DIGEST) as ingest:
        ingest.write(CONTENT)
        with pytest.raises(SizeMismatch, match="fewer"):
            ingest.commit(100)
    assert not store.contains(DIGEST)


def test_other_bytes_than_promised_are_refused(store: DirectoryStore, tmp_path: Path) -> None:
    with store.ingest("k", expected=DIGEST) as ingest:
        ingest.write(b"other bytes.")
        with pytest.raises(DigestMismatch):
            ingest.commit()
    assert list(store) == []
    assert left(store, tmp_path) == []


def test_the_expected_digest_may_be_told_at_the_end_in_another_algorithm(store: DirectoryStore) -> None:
    sha512 = Digest("sha512", hashlib.sha512(CONTENT).hexdigest())
    with store.ingest("k") as ingest:
        ingest.write(CONTENT)
        assert ingest.digest == DIGEST
        assert ingest.commit(expected=sha512) == sha512
    assert store.read(sha512) == CONTENT


def test_two_cannot_write_the_same_ingest(store: DirectoryStore) -> None:
    with store.ingest("k"), pytest.raises(IngestInUse, match="written already"):
        store.ingest("k")
    store.ingest("k").abort()


def test_many_writers_of_one_key_never_share_a_file(store: DirectoryStore) -> None:
    """One may open the file just before another commits it: it must notice that it holds a blob by then."""
    wrong: list[BaseException] = []

    def write() -> None:
        for _ in range(100):
            try:
                with store.ingest("k", expected=DIGEST, size=len(CONTENT)) as ingest:
                    ingest.write(CONTENT)
                    ingest.commit(sync=False)
            except IngestInUse:
                continue
            except BaseException as error:  # noqa: BLE001
                wrong.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert store.read(DIGEST) == CONTENT


def test_an_ended_ingest_takes_nothing_more(store: DirectoryStore) -> None:
    ingest = store.ingest("k")
    ingest.abort()
    ingest.abort()
    with pytest.raises(ValueError, match="has ended"):
        ingest.write(b"x")


def test_a_key_is_never_a_path(store: DirectoryStore, tmp_path: Path) -> None:
    with store.ingest("../../evil\0\udcff") as ingest:
        ingest.write(CONTENT)
        ingest.suspend()
    assert len(left(store, tmp_path)) == 1
    assert sorted(os.listdir(tmp_path)) == ["blobs", "ingest"]
