from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from jupyter_containers.errors import Unsupported
from jupyter_containers.snapshots.plain import PlainSnapshotter, copy_tree
from tests.support.memory_records import MemoryRecords
from tests.support.trees import file, folder, hard_link, listing, symlink, unpacked


def test_a_copy_has_everything_the_original_has(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    unpacked(
        source,
        folder(b"d", mode=0o2751, mtime_ns=10**18, xattrs={b"user.n": b"v"}), file(b"d/f", b"x" * 5000, mode=0o4711),
        hard_link(b"h", b"d/f"), symlink(b"s", b"/nowhere"), file(b"t", b"time", mtime_ns=10**18),
    )  # fmt: skip
    os.mkfifo(source / "p")
    with (source / "sparse").open("wb") as sparse:
        sparse.truncate(1 << 30)
        sparse.seek(1 << 29)
        sparse.write(b"data")
    target.mkdir()
    copy_tree(source, target)
    (source / "sparse").rename(tmp_path / "sparse")
    copied = target / "sparse"
    assert copied.stat().st_size == 1 << 30
    assert copied.stat().st_blocks < 1 << 10
    with copied.open("rb") as content:
        content.seek(1 << 29)
        assert content.read(4) == b"data"
    copied.unlink()
    assert listing(target) == listing(source)
    assert (target / "h").samefile(target / "d/f")
    for name in ("d", "d/f", "t"):
        new, old = (target / name).stat(), (source / name).stat()
        assert (new.st_mode, new.st_mtime_ns) == (old.st_mode, old.st_mtime_ns)
    assert os.getxattr(target / "d", "user.n") == b"v"
    assert stat.S_ISFIFO((target / "p").stat().st_mode)


def test_a_child_changes_nothing_in_its_parent(tmp_path: Path) -> None:
    snapshotter = PlainSnapshotter(tmp_path, MemoryRecords())
    snapshotter.prepare("k")
    (tmp_path / "1/fs/f").write_text("parent's")
    snapshotter.commit("base", "k")
    snapshotter.prepare("child", "base")
    (tmp_path / "2/fs/f").write_text("child's")
    assert (tmp_path / "1/fs/f").read_text() == "parent's"
    assert snapshotter.lowers("child") == ()


def test_a_view_is_not_copied(tmp_path: Path) -> None:
    snapshotter = PlainSnapshotter(tmp_path, MemoryRecords())
    snapshotter.prepare("k")
    snapshotter.commit("base", "k")
    (mount,) = snapshotter.view("v", "base")
    assert (mount.source, mount.options) == (str(tmp_path / "1/fs"), ("bind", "ro"))


def test_a_host_is_not_copied(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="without overlayfs"):
        PlainSnapshotter(tmp_path, MemoryRecords()).adopt("host:/", Path("/"))
