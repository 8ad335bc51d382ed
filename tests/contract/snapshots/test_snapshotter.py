"""What every snapshotter promises. Written through its directories; mounted trees are in tests/integration."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from jupyter_containers.oci.snapshot_record import ACTIVE, COMMITTED, LABEL_DISPOSABLE
from jupyter_containers.snapshots.overlay import OverlaySnapshotter
from jupyter_containers.snapshots.plain import PlainSnapshotter
from jupyter_containers.snapshots.snapshotter import (
    SnapshotExists,
    SnapshotInUse,
    SnapshotNotFound,
    Snapshotter,
    WrongSnapshotKind,
)
from tests.support.memory_records import MemoryRecords


@pytest.fixture(params=[OverlaySnapshotter, PlainSnapshotter])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[type, Path, MemoryRecords]:
    return request.param, tmp_path / "snapshots", MemoryRecords()


@pytest.fixture
def snapshotter(made: tuple[type, Path, MemoryRecords]) -> Snapshotter:
    kind, root, records = made
    result: Snapshotter = kind(root, records)
    return result


def upper(snapshotter: Snapshotter, key: str) -> Path:
    path = snapshotter.upper(key)
    assert path is not None
    return path


def committed(snapshotter: Snapshotter, name: str, parent: str | None = None) -> str:
    snapshotter.prepare(f"key of {name}", parent)
    (upper(snapshotter, f"key of {name}") / name).write_text(name)
    snapshotter.commit(name, f"key of {name}")
    return name


def test_a_committed_snapshot_is_a_parent_of_others(snapshotter: Snapshotter) -> None:
    committed(snapshotter, "top", committed(snapshotter, "base"))
    record = snapshotter.stat("top")
    assert (record.kind, record.parent) == (COMMITTED, "base")
    assert not snapshotter.exists("key of top")
    mounts = snapshotter.prepare("container", "top")
    assert mounts == snapshotter.mounts("container")
    assert mounts[-1].destination == "/"
    assert snapshotter.stat("container").kind == ACTIVE


def test_second_prepare_with_same_key_is_refused(snapshotter: Snapshotter) -> None:
    snapshotter.prepare("k")
    for again in (snapshotter.prepare, snapshotter.view):
        with pytest.raises(SnapshotExists):
            again("k")


def test_commit_to_a_name_that_is_taken_keeps_the_snapshot(snapshotter: Snapshotter) -> None:
    committed(snapshotter, "base")
    snapshotter.prepare("k")
    with pytest.raises(SnapshotExists):
        snapshotter.commit("base", "k")
    assert snapshotter.stat("k").kind == ACTIVE


def test_only_a_committed_snapshot_can_be_a_parent(snapshotter: Snapshotter) -> None:
    snapshotter.prepare("k")
    with pytest.raises(WrongSnapshotKind):
        snapshotter.prepare("child", "k")
    with pytest.raises(SnapshotNotFound):
        snapshotter.prepare("child", "nobody")
    assert not snapshotter.exists("child")


def test_only_an_active_snapshot_can_be_committed(snapshotter: Snapshotter) -> None:
    committed(snapshotter, "base")
    snapshotter.view("v", "base")
    for key in ("base", "v"):
        with pytest.raises(WrongSnapshotKind):
            snapshotter.commit("other", key)
    with pytest.raises(WrongSnapshotKind):
        snapshotter.mounts("base")


def test_a_parent_cannot_be_removed_before_its_children(snapshotter: Snapshotter) -> None:
    committed(snapshotter, "top", committed(snapshotter, "base"))
    with pytest.raises(SnapshotInUse, match="parent of top"):
        snapshotter.remove("base")
    snapshotter.remove("top")
    snapshotter.remove("base")
    assert list(snapshotter.walk()) == []
    with pytest.raises(SnapshotNotFound):
        snapshotter.remove("base")


def test_nothing_is_left_of_what_is_removed(snapshotter: Snapshotter, made: tuple[type, Path, MemoryRecords]) -> None:
    for key in ("a", "b"):
        snapshotter.prepare(key)
        (upper(snapshotter, key) / "d/e").mkdir(parents=True)
        snapshotter.remove(key)
    assert list(made[1].iterdir()) == []


def test_a_view_has_no_files_of_its_own(snapshotter: Snapshotter) -> None:
    snapshotter.view("v", committed(snapshotter, "base"))
    assert snapshotter.upper("v") is None
    assert snapshotter.usage("v") == 0
    assert all("rw" not in mount.options for mount in snapshotter.mounts("v"))


def test_usage_is_counted_and_kept_at_commit(snapshotter: Snapshotter) -> None:
    snapshotter.prepare("k")
    (upper(snapshotter, "k") / "f").write_bytes(bytes(500))
    assert snapshotter.usage("k") == 500
    snapshotter.commit("name", "k", labels={"a": "b"})
    assert snapshotter.stat("name").size_bytes == 500
    assert snapshotter.stat("name").labels == {"a": "b"}
    snapshotter.prepare("known")
    assert snapshotter.commit("other", "known", size_bytes=7).size_bytes == 7


def test_the_root_of_a_child_looks_like_its_parents(snapshotter: Snapshotter) -> None:
    snapshotter.prepare("k")
    assert upper(snapshotter, "k").stat().st_mode & 0o7777 == 0o755
    upper(snapshotter, "k").chmod(0o1751)
    snapshotter.commit("base", "k")
    snapshotter.prepare("child", "base")
    assert upper(snapshotter, "child").stat().st_mode & 0o7777 == 0o1751


def test_recovery_brings_records_and_directories_together(
    snapshotter: Snapshotter, made: tuple[type, Path, MemoryRecords]
) -> None:
    kind, root, records = made
    committed(snapshotter, "base")
    snapshotter.prepare("container", "base")
    snapshotter.view("view", "base")
    snapshotter.prepare("building", "base", labels={LABEL_DISPOSABLE: "true"})
    committed(snapshotter, "lost", committed(snapshotter, "kept"))
    snapshotter.prepare("stands on lost", "lost")
    lost = upper(snapshotter, "lost").parent
    lost.rename(root.parent / "stolen")
    (root / "999/fs/junk").mkdir(parents=True)
    (root / "mounted-abc").mkdir()

    again: Snapshotter = kind(root, records)
    again.recover()
    assert {record.key for record in again.walk()} == {"base", "container", "kept"}
    numbers = {str(record.number) for record in again.walk()}
    assert {path.name for path in root.iterdir()} == numbers
    again.prepare("next", "base")
    assert str(again.stat("next").number) not in numbers


def test_a_commit_that_was_cut_off_is_finished_by_recovery(
    snapshotter: Snapshotter, made: tuple[type, Path, MemoryRecords]
) -> None:
    kind, root, records = made
    snapshotter.prepare("k")
    half = snapshotter.stat("k")
    snapshotter.commit("name", "k")
    records.add(half)
    again: Snapshotter = kind(root, records)
    again.recover()
    assert [record.key for record in again.walk()] == ["name"]
    assert upper(again, "name").is_dir()


def test_making_the_same_name_waits_for_the_one_that_came_first(snapshotter: Snapshotter) -> None:
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        inside.wait(5)
        with snapshotter.exclusive("name"):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with snapshotter.exclusive("name"), snapshotter.exclusive("another"):
        inside.set()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_many_threads_prepare_without_sharing_a_directory(snapshotter: Snapshotter) -> None:
    base = committed(snapshotter, "base")

    def prepare(prefix: str) -> None:
        for number in range(20):
            snapshotter.prepare(f"{prefix}{number}", base)

    threads = [threading.Thread(target=prepare, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({record.number for record in snapshotter.walk()}) == 81
