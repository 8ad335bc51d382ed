from __future__ import annotations

import hashlib
import os
import stat
from io import BytesIO
from pathlib import Path

import pytest

from jupyter_containers.layers.apply import apply
from jupyter_containers.layers.diff import Diff, changes, diff, diff_trees
from jupyter_containers.layers.tar_reader import ByteSource, TarReader
from jupyter_containers.layers.whiteouts import USER_OPAQUE_XATTR, Whiteouts
from tests.support.trees import MINE, file, folder, hard_link, listing, symlink, unpacked


def difference(upper: Path) -> tuple[bytes, Diff]:
    pieces: list[bytes] = []
    made = diff(upper, pieces.append, ownership=MINE, opaque_xattr=USER_OPAQUE_XATTR)
    return b"".join(pieces), made


def names(layer: bytes) -> list[str]:
    return [member.text for member in TarReader(ByteSource([layer]))]


@pytest.fixture
def upper(tmp_path: Path) -> Path:
    top = tmp_path / "upper"
    unpacked(
        top,
        folder(b"b", mtime_ns=10**18), file(b"b/two", b"2", xattrs={b"user.note": b"n"}), file(b"a", b"1"),
        hard_link(b"b/one", b"a"), symlink(b"b/link", b"../a"), file(b"b/.wh.gone"), folder(b"o"),
        file(b"o/.wh..wh..opq"), file(b"o/inside", b"3"),
    )  # fmt: skip
    return top


def test_a_diff_lists_parents_first_in_the_order_of_names(upper: Path) -> None:
    layer, made = difference(upper)
    assert names(layer) == ["a", "b/", "b/.wh.gone", "b/link", "b/one", "b/two", "o/", "o/.wh..wh..opq", "o/inside"]
    assert made.diff_id.hex == hashlib.sha256(layer).hexdigest()
    assert (made.stream_bytes, made.entries, made.size_bytes) == (len(layer), 9, 3)


def test_a_diff_applied_again_gives_the_same_tree(upper: Path, tmp_path: Path) -> None:
    layer, made = difference(upper)
    target = tmp_path / "again"
    target.mkdir()
    applied = apply(BytesIO(layer), target, ownership=MINE, opaque_xattr=USER_OPAQUE_XATTR)
    assert applied.diff_id == made.diff_id
    assert listing(target) == listing(upper)
    assert (target / "a").samefile(target / "b/one")
    assert os.getxattr(target / "b/two", "user.note") == b"n"
    assert os.getxattr(target / "o", USER_OPAQUE_XATTR) == b"y"
    assert (target / "b").stat().st_mtime_ns == 10**18
    assert difference(target)[0] == layer


def test_names_that_would_become_whiteouts_are_left_out(tmp_path: Path) -> None:
    (tmp_path / ".wh.passwd").write_text("made inside a container")
    (tmp_path / "x").touch()
    assert names(difference(tmp_path)[0]) == ["x"]


def test_sockets_are_left_out_and_fifos_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    os.mknod(tmp_path / "socket", stat.S_IFSOCK | 0o600)
    assert names(difference(tmp_path)[0]) == ["fifo"]


def test_a_hole_of_a_terabyte_costs_nothing(tmp_path: Path) -> None:
    with (tmp_path / "s").open("wb") as sparse:
        sparse.truncate(1 << 40)
        sparse.seek(1 << 39)
        sparse.write(b"data")
    layer, made = difference(tmp_path)
    assert len(layer) < 100_000
    target = tmp_path / "t"
    target.mkdir()
    apply(BytesIO(layer), target, ownership=MINE)
    assert (target / "s").stat().st_size == 1 << 40
    assert made.size_bytes < 10_000


def test_changes_are_dockers(tmp_path: Path) -> None:
    """The rules are what `docker diff` showed for the same things done in a container."""
    lowest, lower, upper = tmp_path / "1", tmp_path / "2", tmp_path / "3"
    unpacked(lowest, folder(b"etc"), file(b"etc/passwd", b"1"), folder(b"gone"), file(b"gone/x", b"1"))
    unpacked(lower, file(b"usr/bin/x"), file(b"usr/only-copied-up", b"1"), folder(b"home", 0o755), file(b".wh.gone"))
    unpacked(
        upper,
        folder(b"etc", mtime_ns=10**18), file(b"etc/passwd", b"22"), file(b"usr/bin/.wh.x"), folder(b"new"),
        file(b"new/f", b"1"), folder(b"gone"), file(b"usr/only-copied-up", b"1"), folder(b"home", 0o700),
        folder(b"opt"),
    )  # fmt: skip
    (lowest / "opt").mkdir()
    (lowest / "opt").chmod(0o755)
    assert [f"{change.kind} {change.path}" for change in changes(upper, [lower, lowest])] == [
        "C /etc", "C /etc/passwd", "A /gone", "C /home", "A /new", "A /new/f", "C /usr", "C /usr/bin", "D /usr/bin/x",
    ]  # fmt: skip


def test_trees_differ_by_what_was_added_changed_and_removed(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    same = [file(b"same", b"s", mtime_ns=1), folder(b"d", mtime_ns=1)]
    unpacked(
        old, *same, file(b"d/gone", b"1"), file(b"changed", b"1", mtime_ns=1), folder(b"f/deep"), file(b"f/deep/x")
    )
    unpacked(new, *same, file(b"changed", b"2", mtime_ns=2 * 10**9), file(b"f", b"now a file"), file(b"added", b"3"))
    pieces: list[bytes] = []
    diff_trees(new, old, pieces.append, ownership=MINE)
    assert names(b"".join(pieces)) == ["added", "changed", "f", "d/.wh.gone"]
    apply(BytesIO(b"".join(pieces)), old, ownership=MINE, whiteouts=Whiteouts.DELETE)
    assert listing(old) == listing(new)


def test_a_tree_over_nothing_is_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/x").touch()
    pieces: list[bytes] = []
    diff_trees(tmp_path, None, pieces.append)
    assert names(b"".join(pieces)) == ["d/", "d/x"]
