"""Tests of daemon.storage.store."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.daemon.storage.store import opened_copy
from tests.support.resting_store import resting_store


def test_a_copy_can_be_written_to_without_changing_the_store(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        store.volumes.add("kept", {})
    before = (tmp_path / "metadata.db").read_bytes()
    with opened_copy(tmp_path, tmp_path / "metadata.db") as copy:
        assert copy.volumes.get("kept") == {}
        copy.volumes.remove("kept")
    assert (tmp_path / "metadata.db").read_bytes() == before
    assert sorted(path.name for path in tmp_path.glob("metadata.db*")) == ["metadata.db"]


def test_what_is_doomed_counts_as_gone_and_what_is_promised_as_there(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        digest = store.content.write(b"content")
        assert store.has_blob(digest)
        store.doomed.add(str(digest))
        assert not store.has_blob(digest)
        assert not store.has_snapshot("sha256:1")
        store.promised.add("sha256:1")
        assert store.has_snapshot("sha256:1")
