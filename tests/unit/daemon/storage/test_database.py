"""Tests of daemon.storage.database."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.daemon.storage.database import check, check_rows
from jupyter_containers.daemon.storage.store import opened
from tests.support.resting_store import resting_store

VOLUME = {"created_at": "", "labels": {}, "options": {}}


def test_a_whole_database_has_no_findings(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        store.volumes.add("kept", VOLUME)
        assert list(check_rows(store)) == []
    assert list(check(tmp_path)) == []


def test_what_can_be_read_is_saved_into_a_new_one_and_the_damaged_one_is_kept(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        store.volumes.add("kept", {"labels": {}})
        store.build_cache.put("step", {"chain": ""})
        ((page,),) = store.database.rows("SELECT rootpage FROM sqlite_master WHERE name = 'build_cache'")
        ((size,),) = store.database.rows("PRAGMA page_size")
    path = tmp_path / "metadata.db"
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    path.write_bytes(content)
    (finding,) = check(tmp_path)
    assert finding.what == "database"
    assert "malformed" in finding.problem
    assert path.read_bytes() == content
    assert finding.mend is not None
    finding.mend()
    assert list(check(tmp_path)) == []
    assert (tmp_path / "metadata.db.damaged-1").read_bytes() == content
    with opened(tmp_path) as store:
        assert store.volumes.all() == [("kept", {"labels": {}})]
        assert store.build_cache.all() == []


def test_a_row_without_an_object_is_forgotten(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        store.volumes.add("kept", VOLUME)
        store.database.execute("INSERT INTO volumes VALUES ('torn', '{\"a')")
        (finding,) = check_rows(store)
        assert (finding.what, finding.name) == ("volume", "torn")
        assert finding.mend is not None
        finding.mend()
        assert store.volumes.all() == [("kept", VOLUME)]
        # Its files may be all that there is.
        assert store.rows_lost
