"""Tests of daemon.storage.snapshots."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from jupyter_containers.daemon.storage import snapshots
from jupyter_containers.daemon.storage.store import Store
from jupyter_containers.linux import trees
from jupyter_containers.metadata.snapshots import Snapshots
from jupyter_containers.oci.snapshot_record import COMMITTED, SnapshotRecord
from tests.support.resting_store import resting_store


def add(store: Store, key: str, *, number: int, parent: str | None = None, content: bytes = b"four") -> Path:
    """Make a committed snapshot with one file, and return its directory."""
    record = SnapshotRecord(key, COMMITTED, parent, number, size_bytes=len(content))
    Snapshots(store.database).add(record)
    directory = store.data / "snapshots" / str(number)
    (directory / "fs").mkdir(parents=True)
    (directory / "fs" / "file").write_bytes(content)
    return directory


def test_whole_snapshots_have_no_findings(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        add(store, "a", number=1)
        add(store, "b", number=2, parent="a")
        for check in (snapshots.check, snapshots.check_parents, snapshots.check_sizes, snapshots.check_mounts):
            assert list(check(store)) == []


def test_a_row_whose_directory_is_gone(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        directory = add(store, "a", number=1)
        trees.remove_path(directory)
        (finding,) = snapshots.check(store)
        assert finding.name == "a"
        assert str(directory) in finding.problem


def test_a_directory_without_a_row_is_removed_or_when_rows_were_lost_moved(tmp_path: Path) -> None:
    for rows_lost in (False, True):
        with resting_store(tmp_path, rows_lost=rows_lost) as store:
            (tmp_path / "snapshots" / "7" / "fs").mkdir(parents=True)
            (finding,) = snapshots.check(store)
            assert finding.mend is not None
            finding.mend()
            assert not (tmp_path / "snapshots" / "7").exists()
            assert (tmp_path / "lost" / "snapshot-7" / "fs").is_dir() is rows_lost


def test_what_stands_on_nothing_is_found_unless_that_will_be_made_again(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        add(store, "b", number=2, parent="a")
        (finding,) = snapshots.check_parents(store)
        assert finding.problem == "stands on a, which is gone"
        store.promised.add("a")
        assert list(snapshots.check_parents(store)) == []


def test_a_wrong_size_is_noted_right(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        add(store, "a", number=1)
        records = Snapshots(store.database)
        records.update(replace(records.all()[0], size_bytes=9))
        (finding,) = snapshots.check_sizes(store)
        assert finding.problem == "its files have 4 bytes, noted are 9"
        assert finding.mend is not None
        finding.mend()
        assert [record.size_bytes for record in records.all()] == [4]


def test_links_and_holes_may_be_noted_or_not(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        files = add(store, "a", number=1) / "fs"
        (files / "link").symlink_to("12345")
        with (files / "holes").open("wb") as file:
            file.truncate(1 << 20)
        records = Snapshots(store.database)
        everything = 4 + 5 + (1 << 20)
        for noted, findings in ((3, 1), (4, 0), (9, 0), (everything, 0), (everything + 1, 1)):
            records.update(replace(records.all()[0], size_bytes=noted))
            assert len(list(snapshots.check_sizes(store))) == findings, noted
