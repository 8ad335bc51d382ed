from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from jupyter_containers.layers.member import InvalidLayer
from jupyter_containers.layers.whiteouts import Mark, is_overlay_whiteout, is_overlay_xattr, read


@pytest.mark.parametrize(
    ("path", "mark", "about"),
    [
        (b"a/b", Mark.NONE, b"a/b"), (b"a/.wh.b", Mark.DELETED, b"a/b"), (b".wh.b", Mark.DELETED, b"b"),
        (b"a/.wh..wh..opq", Mark.OPAQUE, b"a"), (b".wh..wh..opq", Mark.OPAQUE, b""),
        (b".wh..wh.plnk", Mark.IGNORED, b".wh..wh.plnk"), (b".wh..wh.orph/x", Mark.IGNORED, b".wh..wh.orph/x"),
        (b"a.wh.b", Mark.NONE, b"a.wh.b"), (b".wh....", Mark.DELETED, b"..."),
    ],
)  # fmt: skip
def test_a_path_tells_what_is_deleted(path: bytes, mark: Mark, about: bytes) -> None:
    assert read(path) == (mark, about)


@pytest.mark.parametrize("path", [b".wh.", b".wh..", b".wh...", b"a/.wh...", b".wh.a/b"])
def test_a_mark_that_climbs_or_has_children_is_refused(path: bytes) -> None:
    with pytest.raises(InvalidLayer):
        read(path)


def test_only_the_device_0_0_is_a_whiteout_on_disk(tmp_path: Path) -> None:
    os.mknod(tmp_path / "w", stat.S_IFCHR, 0)
    assert is_overlay_whiteout((tmp_path / "w").lstat())
    assert not is_overlay_whiteout(Path("/dev/null").lstat())
    assert not is_overlay_whiteout(tmp_path.lstat())


@pytest.mark.parametrize(
    ("name", "own"),
    [
        (b"trusted.overlay.opaque", True), (b"user.overlay.redirect", True), (b"user.note", False),
        (b"security.capability", False),
    ],
)  # fmt: skip
def test_overlayfs_has_attributes_of_its_own(name: bytes, own: bool) -> None:
    assert is_overlay_xattr(name) is own
