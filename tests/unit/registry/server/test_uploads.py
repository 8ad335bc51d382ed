"""Tests of registry.server.uploads."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.oci.digest import Digest, DigestMismatch
from jupyter_containers.registry.server.refusals import Refusal
from jupyter_containers.registry.server.uploads import Uploads


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "content")


@pytest.fixture
def uploads(tmp_path: Path, store: DirectoryStore) -> Iterator[Uploads]:
    uploads = Uploads(tmp_path / "uploads", store.publish)
    yield uploads
    uploads.close()


def write(uploads: Uploads, session: str, content: bytes) -> None:
    with uploads.hold(session, "a"):
        ingest = uploads.open(session)
        ingest.write(content)
        uploads.keep(session, ingest)


def commit(uploads: Uploads, session: str, digest: Digest) -> None:
    with uploads.hold(session, "a"):
        ingest = uploads.open(session)
        try:
            uploads.commit(session, ingest, digest)
        except BaseException:
            uploads.keep(session, ingest)
            raise


def files(tmp_path: Path) -> list[str]:
    return os.listdir(tmp_path / "uploads")


def test_parts_become_a_blob(tmp_path: Path, uploads: Uploads, store: DirectoryStore) -> None:
    session = uploads.begin("a")
    write(uploads, session, b"one")
    write(uploads, session, b"two")
    assert uploads.offset(session, "a") == 6
    commit(uploads, session, Digest.of(b"onetwo"))
    assert store.read(Digest.of(b"onetwo")) == b"onetwo"
    assert files(tmp_path) == []


def test_a_session_goes_on_after_a_restart(tmp_path: Path, uploads: Uploads, store: DirectoryStore) -> None:
    session = uploads.begin("a")
    write(uploads, session, b"one")
    uploads.close()
    after = Uploads(tmp_path / "uploads", store.publish)
    assert after.offset(session, "a") == 3
    write(after, session, b"two")
    commit(after, session, Digest.of(b"onetwo"))
    assert store.contains(Digest.of(b"onetwo"))


def test_more_sessions_than_are_kept_open(uploads: Uploads, store: DirectoryStore) -> None:
    sessions = [uploads.begin("a") for _ in range(40)]
    for part in (b"one", b"two"):
        for session in sessions:
            write(uploads, session, part + session.encode())
    for session in sessions:
        content = b"one" + session.encode() + b"two" + session.encode()
        commit(uploads, session, Digest.of(content))
        assert store.read(Digest.of(content)) == content


def test_another_digest_is_refused(uploads: Uploads) -> None:
    session = uploads.begin("a")
    write(uploads, session, b"one")
    with pytest.raises(DigestMismatch):
        commit(uploads, session, Digest.of(b"two"))
    assert uploads.offset(session, "a") == 3


def test_one_at_a_time(uploads: Uploads) -> None:
    session = uploads.begin("a")
    with uploads.hold(session, "a"), pytest.raises(Refusal) as refused, uploads.hold(session, "a"):
        pass
    assert refused.value.answer_status == 409
    with uploads.hold(session, "a"):
        pass


@pytest.mark.parametrize("repository", ["b", ""])
def test_other_repositories_do_not_have_it(uploads: Uploads, repository: str) -> None:
    session = uploads.begin("a")
    with pytest.raises(Refusal, match="no upload"):
        uploads.check(session, repository)
    with pytest.raises(Refusal, match="no upload"), uploads.hold(session, repository):
        pass


def test_what_is_cancelled_is_gone(tmp_path: Path, uploads: Uploads) -> None:
    session = uploads.begin("a")
    write(uploads, session, b"one")
    uploads.cancel(session)
    assert files(tmp_path) == []
    with pytest.raises(Refusal):
        uploads.offset(session, "a")


def test_only_what_nobody_touches_expires(tmp_path: Path, uploads: Uploads) -> None:
    old, used, fresh = uploads.begin("a"), uploads.begin("a"), uploads.begin("a")
    for session in (old, used):
        write(uploads, session, b"one")
        for path in (tmp_path / "uploads").glob(f"{session}.*"):
            os.utime(path, (0, time.time() - 100))
    with uploads.hold(used, "a"):
        assert uploads.expire(50) == 1
    assert {name.partition(".")[0] for name in files(tmp_path)} == {used, fresh}
