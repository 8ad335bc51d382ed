"""Mounted snapshots, seen from a child process whose mounts nobody else sees."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.linux import mountinfo
from jupyter_containers.oci.runtime_spec import Mount
from jupyter_containers.oci.snapshot_record import LABEL_VOLATILE
from jupyter_containers.snapshots.mounting import mounted_at
from jupyter_containers.snapshots.overlay import OverlaySnapshotter
from jupyter_containers.snapshots.plain import PlainSnapshotter
from jupyter_containers.snapshots.snapshotter import Snapshotter
from tests.support.memory_records import MemoryRecords
from tests.support.private_mounts import in_private_mounts
from tests.support.trees import file, folder, listing, unpacked

pytestmark = pytest.mark.needs("root", "overlay")


@pytest.fixture(params=[OverlaySnapshotter, PlainSnapshotter])
def snapshotter(request: pytest.FixtureRequest, tmp_path: Path) -> Snapshotter:
    made: Snapshotter = request.param(tmp_path / "s", MemoryRecords())
    made.prepare("k")
    upper = made.upper("k")
    assert upper is not None
    unpacked(upper, folder(b"d"), file(b"d/below", b"1"), file(b"gone", b"2"))
    made.commit("base", "k")
    return made


def test_what_is_written_in_a_mounted_snapshot_is_in_its_commit(snapshotter: Snapshotter) -> None:
    def write_and_look() -> list[dict[str, str]]:
        snapshotter.prepare("c", "base")
        with snapshotter.mounted("c") as path:
            (path / "d/new").write_text("3")
            (path / "gone").unlink()
        snapshotter.commit("top", "c")
        with snapshotter.mounted("top") as path:
            top = listing(path)
        with snapshotter.mounted("base") as path:
            return [top, listing(path)]

    top, base = in_private_mounts(write_and_look)
    assert top == {"d": "dir", "d/below": "1", "d/new": "3"}
    assert base == {"d": "dir", "d/below": "1", "gone": "2"}


def test_committed_snapshots_views_and_what_is_asked_for_are_read_only(snapshotter: Snapshotter) -> None:
    def write_everywhere() -> list[int]:
        snapshotter.prepare("c", "base")
        snapshotter.view("v", "base")
        refusals = []
        for key, read_only in (("base", False), ("v", False), ("c", True)):
            with snapshotter.mounted(key, read_only=read_only) as path:
                try:
                    (path / "new").touch()
                except OSError as error:
                    refusals.append(error.errno or 0)
        return refusals

    assert in_private_mounts(write_everywhere) == [30, 30, 30]


def test_no_mount_and_no_folder_is_left_also_after_a_failure(snapshotter: Snapshotter, tmp_path: Path) -> None:
    def fail_inside() -> tuple[list[str], list[str]]:
        snapshotter.prepare("c", "base")
        with pytest.raises(KeyError), snapshotter.mounted("c"):
            raise KeyError
        mounts = [entry.mount_point for entry in mountinfo.read() if entry.mount_point.startswith(str(tmp_path))]
        return mounts, [name for name in os.listdir(tmp_path / "s") if not name.isdecimal()]

    assert in_private_mounts(fail_inside) == ([], [])


def test_a_mount_in_use_is_let_go_of(snapshotter: Snapshotter, tmp_path: Path) -> None:
    def hold() -> bool:
        snapshotter.prepare("c", "base")
        with snapshotter.mounted("c") as path:
            fd = os.open(path / "d/below", os.O_RDONLY)
        os.close(fd)
        return any(entry.mount_point.startswith(str(tmp_path)) for entry in mountinfo.read())

    assert not in_private_mounts(hold)


def test_a_volatile_snapshot_can_be_mounted_again(tmp_path: Path) -> None:
    snapshotter = OverlaySnapshotter(tmp_path / "s", MemoryRecords())
    snapshotter.prepare("k")
    snapshotter.commit("base", "k")
    snapshotter.prepare("c", "base", labels={LABEL_VOLATILE: "true"})

    def mount_twice() -> str:
        with snapshotter.mounted("c") as path:
            (path / "f").write_text("kept")
        with snapshotter.mounted("c") as path:
            return (path / "f").read_text()

    assert in_private_mounts(mount_twice) == "kept"


def test_more_layers_than_fit_in_a_page_are_mounted(tmp_path: Path) -> None:
    snapshotter = OverlaySnapshotter(tmp_path / "s", MemoryRecords())
    parent = None
    for number in range(128):
        snapshotter.prepare("k", parent)
        upper = snapshotter.upper("k")
        assert upper is not None
        (upper / f"f{number}").touch()
        parent = f"layer{number}"
        snapshotter.commit(parent, "k")
    (mount,) = snapshotter.prepare("c", parent)
    assert len(",".join(mount.options)) > 4096

    def count() -> tuple[int, bool]:
        with snapshotter.mounted("c", read_only=True) as path:
            number = len(os.listdir(path))
        with snapshotter.mounted("c") as path:
            (path / "new").touch()
        return number, (tmp_path / "s" / str(snapshotter.stat("c").number) / "fs/new").exists()

    assert in_private_mounts(count) == (128, True)


def test_an_adopted_folder_that_holds_our_own_is_mounted(tmp_path: Path) -> None:
    """On this host's real /, inside which the snapshots of this test lie."""
    snapshotter = OverlaySnapshotter(tmp_path / "s", MemoryRecords())
    snapshotter.adopt("host:/", Path("/"))
    snapshotter.prepare("k", "host:/")
    snapshotter.commit("masks", "k")
    snapshotter.prepare("c", "masks")

    def look() -> tuple[bool, bool]:
        with snapshotter.mounted("c") as path:
            (path / "etc/jc-test-of-the-host").write_text("copy on write")
            seen = (path / "etc/passwd").exists()
        with snapshotter.mounted("masks") as path:
            return seen, (path / "etc/passwd").exists()

    assert in_private_mounts(look) == (True, True)
    assert not Path("/etc/jc-test-of-the-host").exists()
    upper = snapshotter.upper("c")
    assert upper is not None
    assert listing(upper) == {"etc": "dir", "etc/jc-test-of-the-host": "copy on write"}


def test_a_failing_second_mount_takes_the_first_one_down(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "step").mkdir()
    (tmp_path / "t").mkdir()
    mounts = (
        Mount(str(tmp_path / "step"), "bind", str(tmp_path / "a"), ("bind", "ro")),
        Mount("/", "overlay", "overlay", (f"lowerdir={tmp_path}/missing:{tmp_path}/step",)),
    )

    def mount() -> bool:
        with pytest.raises(FileNotFoundError), mounted_at(mounts, tmp_path / "t"):
            pass
        return any(entry.mount_point.startswith(str(tmp_path)) for entry in mountinfo.read())

    assert not in_private_mounts(mount)
