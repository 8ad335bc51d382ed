from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.runtime_spec import Mount
from jupyter_containers.oci.snapshot_record import LABEL_OPAQUE, LABEL_VOLATILE
from jupyter_containers.snapshots.overlay import OverlaySnapshotter
from jupyter_containers.snapshots.snapshotter import SnapshotExists
from tests.support.memory_records import MemoryRecords


@pytest.fixture
def snapshotter(tmp_path: Path) -> OverlaySnapshotter:
    return OverlaySnapshotter(tmp_path / "s", MemoryRecords())


def stacked(snapshotter: OverlaySnapshotter, *names: str, parent: str | None = None) -> str:
    for name in names:
        snapshotter.prepare("k", parent)
        snapshotter.commit(name, "k")
        parent = name
    assert parent is not None
    return parent


def option(mount: Mount, key: str) -> str:
    return next(word.partition("=")[2] for word in mount.options if word.startswith(f"{key}="))


def test_a_first_layer_is_a_bind_and_the_next_an_overlay(snapshotter: OverlaySnapshotter, tmp_path: Path) -> None:
    assert snapshotter.prepare("first") == (Mount("/", "bind", str(tmp_path / "s/1/fs"), ("bind", "rw")),)
    (mount,) = snapshotter.prepare("second", stacked(snapshotter, "a", "b"))
    assert option(mount, "lowerdir") == f"{tmp_path}/s/3/fs:{tmp_path}/s/2/fs"
    assert option(mount, "upperdir") == f"{tmp_path}/s/4/fs"
    assert {"index=off", "metacopy=off", "redirect_dir=nofollow"} < set(mount.options)
    assert snapshotter.lowers("second") == (tmp_path / "s/3/fs", tmp_path / "s/2/fs")


def test_a_view_of_one_layer_is_a_bind_and_of_two_an_overlay_without_upper(snapshotter: OverlaySnapshotter) -> None:
    stacked(snapshotter, "a", "b")
    (one,) = snapshotter.view("v1", "a")
    assert (one.type, one.options) == ("bind", ("bind", "ro"))
    (two,) = snapshotter.view("v2", "b")
    assert two.options[0] == "ro"
    assert not any(word.startswith("upperdir") for word in two.options)


def test_an_opaque_layer_ends_the_chain(snapshotter: OverlaySnapshotter, tmp_path: Path) -> None:
    stacked(snapshotter, "a")
    snapshotter.prepare("k", "a")
    snapshotter.commit("opaque", "k", labels={LABEL_OPAQUE: "true"})
    snapshotter.prepare("container", "opaque")
    assert snapshotter.lowers("container") == (tmp_path / "s/2/fs",)


def test_a_volatile_snapshot_is_mountable_again_and_durable_once_committed(
    snapshotter: OverlaySnapshotter, tmp_path: Path
) -> None:
    stacked(snapshotter, "a")
    (mount,) = snapshotter.prepare("k", "a", labels={LABEL_VOLATILE: "true"})
    assert "volatile" in mount.options
    mark = tmp_path / "s/2/work/work/incompat/volatile"
    mark.mkdir(parents=True)
    snapshotter.mounts("k")
    assert not mark.exists()
    assert snapshotter.commit("b", "k").labels == {}


def test_an_adopted_folder_comes_in_through_an_overlay_of_its_own(
    snapshotter: OverlaySnapshotter, tmp_path: Path
) -> None:
    """Our layers lie inside it, and overlayfs refuses a lower directory inside another one."""
    snapshotter.adopt("host:/", tmp_path)
    step, mount = snapshotter.prepare("k", stacked(snapshotter, "masks", parent="host:/"))
    assert (step.destination, option(step, "lowerdir")) == (f"{tmp_path}/s/3/host", str(tmp_path))
    assert "ro" in step.options
    assert option(mount, "lowerdir") == f"{tmp_path}/s/2/fs:{tmp_path}/s/3/host"
    assert "redirect_dir=follow" in mount.options
    assert mount.destination == "/"


def test_adopting_again_is_accepted_and_another_folder_is_not(snapshotter: OverlaySnapshotter, tmp_path: Path) -> None:
    assert snapshotter.adopt("host:/", tmp_path) == snapshotter.adopt("host:/", tmp_path)
    with pytest.raises(SnapshotExists):
        snapshotter.adopt("host:/", tmp_path.parent)
    with pytest.raises(InvalidParameter):
        snapshotter.adopt("relative", Path("etc"))


def test_removing_an_adopted_snapshot_leaves_the_folder_alone(snapshotter: OverlaySnapshotter, tmp_path: Path) -> None:
    folder = tmp_path / "host"
    folder.mkdir()
    (folder / "precious").touch()
    snapshotter.adopt("host", folder)
    assert snapshotter.usage("host") == 0
    snapshotter.remove("host")
    assert os.listdir(folder) == ["precious"]
    assert os.listdir(tmp_path / "s") == []


def test_without_privileges_the_marks_are_user_attributes(tmp_path: Path) -> None:
    snapshotter = OverlaySnapshotter(tmp_path / "s", MemoryRecords(), user_xattr=True)
    (mount,) = snapshotter.prepare("k2", stacked(snapshotter, "a"))
    assert "userxattr" in mount.options
    # Linux refuses to follow redirects together with userxattr: anybody may write those.
    assert "redirect_dir=follow" not in mount.options


@pytest.mark.parametrize("name", ["a:b", "a,b", "a\\b"])
def test_a_folder_whose_path_overlayfs_would_split_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidParameter, match="overlayfs splits it"):
        OverlaySnapshotter(tmp_path / name, MemoryRecords())


def test_what_lies_under_a_removed_name_is_forgotten(snapshotter: OverlaySnapshotter, tmp_path: Path) -> None:
    stacked(snapshotter, "a")
    snapshotter.view("v", "a")
    snapshotter.remove("v")
    snapshotter.remove("a")
    stacked(snapshotter, "a")
    snapshotter.prepare("k", "a")
    assert snapshotter.lowers("k")[0].is_dir()
