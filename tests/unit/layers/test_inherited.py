from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

from jupyter_containers.layers.apply import apply
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
