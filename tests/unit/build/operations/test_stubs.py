from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.build.operations import stubs


def make_stubs(root: Path) -> None:
    for name in ("dev", "proc", "sys", "etc"):
        (root / name).mkdir(exist_ok=True)
    for name in ("etc/hosts", "etc/hostname", "etc/resolv.conf"):
        (root / name).touch()


def names(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


def test_nothing_is_left_of_mount_points_on_an_empty_root(tmp_path: Path) -> None:
    make_stubs(tmp_path)
    stubs.clear(tmp_path, stubs.NOTHING, is_overlay=True)
    assert names(tmp_path) == []


def test_what_the_process_wrote_beside_them_stays(tmp_path: Path) -> None:
    make_stubs(tmp_path)
    (tmp_path / "etc/mine").touch()
    (tmp_path / "etc/hosts").write_text("not empty")
    stubs.clear(tmp_path, stubs.NOTHING, is_overlay=True)
    assert names(tmp_path) == ["etc", "etc/hosts", "etc/mine"]


def test_a_folder_of_the_image_that_is_copied_up_for_them_is_no_change(tmp_path: Path) -> None:
    lower, upper = tmp_path / "lower", tmp_path / "upper"
    for root in (lower, upper):
        (root / "etc").mkdir(parents=True)
    before = stubs.look(lower)
    make_stubs(upper)
    stubs.clear(upper, before, is_overlay=True)
    assert names(upper) == []


def test_a_folder_whose_mode_was_changed_is_a_change(tmp_path: Path) -> None:
    lower, upper = tmp_path / "lower", tmp_path / "upper"
    for root in (lower, upper):
        (root / "etc").mkdir(parents=True)
    (upper / "etc").chmod(0o700)
    stubs.clear(upper, stubs.look(lower), is_overlay=True)
    assert names(upper) == ["etc"]


@pytest.mark.parametrize(
    "name",
    [
        "user.overlay.opaque",
        pytest.param("trusted.overlay.opaque", marks=pytest.mark.needs("root")),
    ],
)
def test_a_folder_that_hides_the_image_s_is_a_change(tmp_path: Path, name: str) -> None:
    lower, upper = tmp_path / "lower", tmp_path / "upper"
    for root in (lower, upper):
        (root / "etc").mkdir(parents=True)
    os.setxattr(upper / "etc", name, b"y")
    before = stubs.look(lower)
    stubs.clear(upper, before, is_overlay=True)
    assert names(upper) == ["etc"]
    os.removexattr(upper / "etc", name)
    opened = os.listdir("/proc/self/fd")
    stubs.clear(upper, stubs.look(lower), is_overlay=True)
    assert names(upper) == []
    assert os.listdir("/proc/self/fd") == opened


def test_a_copy_of_the_whole_root_keeps_what_was_there_before(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "proc").mkdir()
    (tmp_path / "etc/hosts").touch()
    before = stubs.look(tmp_path)
    make_stubs(tmp_path)
    stubs.clear(tmp_path, before, is_overlay=False)
    assert names(tmp_path) == ["etc", "etc/hosts", "proc"]


@pytest.mark.parametrize("prefix", ["..", "/outside/..", "{}"])
def test_links_do_not_lead_out(tmp_path: Path, prefix: str) -> None:
    upper, outside = tmp_path / "upper", tmp_path / "outside"
    upper.mkdir()
    make_stubs(tmp_path)
    outside.mkdir()
    (outside / "hosts").touch()
    (upper / "etc").symlink_to(f"{prefix.format(tmp_path)}/outside")
    assert stubs.look(upper)["etc/hosts"] is None
    stubs.clear(upper, stubs.NOTHING, is_overlay=True)
    assert (outside / "hosts").exists()
    assert (tmp_path / "etc/hosts").exists()


def test_the_points_of_own_mounts_go_with_their_parents(tmp_path: Path) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "a/file").touch()
    stubs.clear(tmp_path, stubs.places(["/a/b/c", "a/file"]), is_overlay=True)
    assert names(tmp_path) == []
