from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import pytest

from jupyter_containers.layers.apply import apply
from jupyter_containers.layers.whiteouts import USER_OPAQUE_XATTR
from tests.support.trees import MINE, file, folder, symlink, tar, unpacked


def applied(target: Path, layer: bytes, *lowers: Path) -> None:
    target.mkdir()
    apply(BytesIO(layer), target, ownership=MINE, lowers=lowers)


def test_a_folder_that_the_layer_does_not_describe_looks_as_below(tmp_path: Path) -> None:
    far, near = tmp_path / "far", tmp_path / "near"
    unpacked(far, folder(b"a", mode=0o700), folder(b"a/b", mode=0o1777, mtime_ns=10**18, xattrs={b"user.n": b"v"}))
    unpacked(near, folder(b"a", mode=0o711))
    applied(tmp_path / "t", tar(file(b"a/b/c/x", b"1")), near, far)
    assert (tmp_path / "t/a").stat().st_mode & 0o7777 == 0o711
    assert (tmp_path / "t/a/b").stat().st_mode & 0o7777 == 0o1777
    assert (tmp_path / "t/a/b").stat().st_mtime_ns == 10**18
    assert os.getxattr(tmp_path / "t/a/b", "user.n") == b"v"
    assert (tmp_path / "t/a/b/c").stat().st_mode & 0o7777 == 0o755


def test_what_is_no_folder_below_hides_what_is_further_down(tmp_path: Path) -> None:
    far, near, outside = tmp_path / "far", tmp_path / "near", tmp_path / "outside"
    unpacked(far, folder(b"a", mode=0o700), folder(b"l", mode=0o700))
    unpacked(outside, folder(b"deep", mode=0o700))
    unpacked(near, file(b"a", b"a file"), symlink(b"l", os.fsencode(outside)))
    applied(tmp_path / "t", tar(file(b"a/x", b"1"), file(b"l/deep/x", b"1")), near, far)
    assert (tmp_path / "t/a").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / "t/l/deep").stat().st_mode & 0o7777 == 0o755


def test_what_overlayfs_says_to_itself_is_not_taken_over(tmp_path: Path) -> None:
    """A folder that hid what was below it then would hide, in the new layer, what is below now."""
    unpacked(tmp_path / "near", folder(b"a", xattrs={b"user.n": b"v"}), file(b"a/old", b"1"))
    os.setxattr(tmp_path / "near/a", USER_OPAQUE_XATTR, b"y")
    applied(tmp_path / "t", tar(file(b"a/x", b"1")), tmp_path / "near")
    assert os.listxattr(tmp_path / "t/a") == ["user.n"]


def test_the_mode_of_a_new_folder_is_nobodys_habit_and_nothing_stays_open(tmp_path: Path) -> None:
    unpacked(tmp_path / "far", folder(b"a/b", mode=0o700), file(b"f", b"1"))
    (tmp_path / "near").mkdir()
    opened, habit = os.listdir("/proc/self/fd"), os.umask(0o077)
    try:
        layer = tar(file(b"a/b/c/d/x", b"1"), file(b"a/.wh.b2"), file(b"f/.wh.x"), file(b".wh.f"))
        applied(tmp_path / "t", layer, tmp_path / "near", tmp_path / "far")
    finally:
        os.umask(habit)
    assert os.listdir("/proc/self/fd") == opened
    assert [(tmp_path / "t" / name).stat().st_mode & 0o7777 for name in ("a/b", "a/b/c", "a/b/c/d")] == [
        0o700, 0o755, 0o755,
    ]  # fmt: skip


@pytest.mark.needs("root")
def test_a_folder_stays_its_owners(tmp_path: Path) -> None:
    unpacked(tmp_path / "far", folder(b"home/ann"))
    os.chown(tmp_path / "far/home/ann", 7, 8)
    applied(tmp_path / "t", tar(file(b"home/ann/x", b"1")), tmp_path / "far")
    status = (tmp_path / "t/home/ann").stat()
    assert (status.st_uid, status.st_gid) == (7, 8)
