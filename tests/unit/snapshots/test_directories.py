"""What the base of both snapshotters does beyond the protocol (tests/contract/snapshots)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.linux import capabilities
from jupyter_containers.oci.runtime_spec import Capabilities
from jupyter_containers.oci.snapshot_record import SnapshotRecord
from jupyter_containers.snapshots.overlay import OverlaySnapshotter
from tests.support.children import exit_of
from tests.support.memory_records import MemoryRecords


class FullRecords(MemoryRecords):
    def add(self, record: SnapshotRecord) -> None:
        raise OSError(28, "no space left on device")


def test_a_record_that_cannot_be_written_leaves_no_directory(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no space"):
        OverlaySnapshotter(tmp_path, FullRecords()).prepare("k")
    assert list(tmp_path.iterdir()) == []


def test_a_number_whose_directory_exists_is_not_used_again(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    snapshotter = OverlaySnapshotter(tmp_path, MemoryRecords())
    snapshotter.prepare("k")
    assert snapshotter.stat("k").number == 3


def test_a_tree_too_deep_for_paths_can_be_removed(tmp_path: Path) -> None:
    """A container may make one, and must not be able to prevent its own removal."""
    snapshotter = OverlaySnapshotter(tmp_path, MemoryRecords())
    snapshotter.prepare("k")
    fd = os.open(tmp_path / "1/fs", os.O_RDONLY)
    for _ in range(2500):
        os.mkdir("d", dir_fd=fd)
        child = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = child
    os.close(fd)
    assert snapshotter.usage("k") == 0
    snapshotter.remove("k")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_removed_of_a_snapshot_that_is_gone_keeps_nobody_from_starting(tmp_path: Path) -> None:
    """As a file that a container has made immutable: the row is gone, and the next daemon finds the directory."""
    stuck, loose = tmp_path / "3" / "fs", tmp_path / "4" / "fs"
    for folder in (stuck, loose):
        folder.mkdir(parents=True)
        (folder / "file").touch()
    stuck.chmod(0o500)

    def work() -> None:
        capabilities.capset(Capabilities())  # root would remove it all the same
        OverlaySnapshotter(tmp_path, MemoryRecords()).recover()

    assert exit_of(work) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["3"]
    stuck.chmod(0o700)
