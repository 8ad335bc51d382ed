from __future__ import annotations

from io import BytesIO
from pathlib import Path

from jupyter_containers.layers.apply import apply
from jupyter_containers.layers.whiteouts import USER_OPAQUE_XATTR, Whiteouts
from tests.support.trees import MINE, file, folder, listing, tar, unpacked


def stacked(target: Path, *members: object, lowers: list[Path]) -> dict[str, str]:
    target.mkdir()
    layer = tar(*members)  # type: ignore[arg-type]
    apply(BytesIO(layer), target, ownership=MINE, lowers=lowers, opaque_xattr=USER_OPAQUE_XATTR)
    return listing(target)


def test_what_is_not_there_below_gets_no_whiteout(tmp_path: Path) -> None:
    """In a directory that only one layer has, overlayfs shows a whiteout as a name that cannot be opened."""
    lower = tmp_path / "lower"
    unpacked(lower, file(b"there/x", b"1"), file(b"file", b"1"))
    marks = [file(b"there/.wh.x"), file(b"there/.wh.y"), file(b"new/.wh.x"), file(b"file/.wh.x")]
    assert stacked(tmp_path / "t", *marks, lowers=[lower]) == {
        "there": "dir", "there/x": "whiteout", "new": "dir", "file": "dir",
    }  # fmt: skip


def test_what_a_nearer_layer_has_deleted_gets_no_whiteout(tmp_path: Path) -> None:
    far, near = tmp_path / "far", tmp_path / "near"
    unpacked(far, file(b"d/x", b"1"), file(b"f", b"1"))
    unpacked(near, file(b".wh.d"), file(b".wh.f"))
    assert stacked(tmp_path / "t", file(b"d/.wh.x"), file(b".wh.f"), lowers=[near, far]) == {"d": "dir"}


def test_an_opaque_directory_holds_no_whiteouts_whichever_comes_first(tmp_path: Path) -> None:
    lower = tmp_path / "lower"
    unpacked(lower, file(b"a/b/x", b"1"), file(b"c/x", b"1"))
    marks = [file(b"a/b/.wh.x"), file(b"a/.wh..wh..opq"), file(b"c/.wh..wh..opq"), file(b"c/.wh.x")]
    assert stacked(tmp_path / "t", *marks, lowers=[lower]) == {"a": "dir", "a/b": "dir", "c": "dir"}


def test_an_opaque_directory_may_be_replaced_in_the_same_layer(tmp_path: Path) -> None:
    lower = tmp_path / "lower"
    unpacked(lower, file(b"a/x", b"1"), file(b"b/x", b"1"))
    marks = [file(b"a/.wh..wh..opq"), folder(b"b"), file(b"b/.wh..wh..opq"), file(b"a", b"2"), file(b"b", b"3")]
    assert stacked(tmp_path / "t", *marks, lowers=[lower]) == {"a": "2", "b": "3"}


def test_a_folder_in_which_a_layer_deletes_is_the_layers_own(tmp_path: Path) -> None:
    """So overlayfs has it, too: the folder that holds the whiteout hides the one below, and stays."""
    unpacked(tmp_path, file(b"d/x", b"1"), file(b"d/y", b"1"), file(b"e/x", b"1"))
    unpacked(tmp_path, file(b"d/.wh.x"), file(b".wh.d"), file(b".wh.e"), whiteouts=Whiteouts.DELETE)
    assert listing(tmp_path) == {"d": "dir"}


def test_a_file_that_the_layer_brings_as_well_stays_whichever_comes_first(tmp_path: Path) -> None:
    unpacked(tmp_path, file(b"a", b"old"), file(b"b", b"old"))
    unpacked(
        tmp_path, file(b"a", b"new"), file(b".wh.a"), file(b".wh.b"), file(b"b", b"new"), whiteouts=Whiteouts.DELETE
    )
    assert listing(tmp_path) == {"a": "new", "b": "new"}


def test_deleting_in_a_tree_deeper_than_the_interpreters_stack(deep: Path) -> None:
    unpacked(deep, file(b"d/old", b"1"))
    unpacked(deep, folder(b"d/" * 1500), file(b"d/.wh..wh..opq"), file(b".wh.d"), whiteouts=Whiteouts.DELETE)
    assert not (deep / "d/old").exists()
    assert (deep / "d/d/d").is_dir()


def test_a_file_of_a_lower_layer_gives_way_to_a_directory_that_is_needed(tmp_path: Path) -> None:
    unpacked(tmp_path, file(b"a", b"old"))
    unpacked(tmp_path, file(b"a/b", b"new"), whiteouts=Whiteouts.DELETE)
    assert listing(tmp_path) == {"a": "dir", "a/b": "new"}
