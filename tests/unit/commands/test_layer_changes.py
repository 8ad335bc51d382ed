"""Tests of commands.layer_changes."""

from __future__ import annotations

from jupyter_containers.client.saved_layers import read_image
from jupyter_containers.commands.layer_changes import Layering
from tests.support.saved_tars import Files, saved


def layering(*layers: Files) -> Layering:
    return Layering.of(read_image([saved(*layers)]).layers)


def changes(found: Layering, number: int) -> list[tuple[str, str]]:
    return sorted((change.letter, change.path) for change in found.changes[number])


def test_added_changed_removed_and_folders_on_the_way() -> None:
    found = layering(
        {"etc": None, "etc/a": b"12", "etc/b": b"345"}, {"etc": None, "etc/a": b"x", "etc/.wh.b": b"", "etc/c": b""}
    )
    assert changes(found, 0) == [("A", "etc"), ("A", "etc/a"), ("A", "etc/b")]
    assert changes(found, 1) == [("", "etc"), ("A", "etc/c"), ("C", "etc/a"), ("D", "etc/b")]
    assert found.wasted == {"etc/a": 2, "etc/b": 3}
    assert (found.size, found.wasted_bytes) == (6, 5)
    assert round(found.efficiency, 3) == round(1 / 6, 3)


def test_a_removed_folder_takes_all_in_it() -> None:
    found = layering({"a": None, "a/b": None, "a/b/c": b"123"}, {".wh.a": b""})
    assert changes(found, 1) == [("D", "a"), ("D", "a/b"), ("D", "a/b/c")]
    assert found.files.found == {}


def test_an_opaque_folder_hides_what_was_in_it_but_not_what_comes_with_it() -> None:
    found = layering({"a": None, "a/old": b"1", "a/same": b"2"}, {"a": None, "a/.wh..wh..opq": b"", "a/same": b"3"})
    assert changes(found, 1) == [("", "a"), ("C", "a/same"), ("D", "a/old")]
    assert sorted(found.files.found) == ["a", "a/same"]


def test_a_file_in_the_place_of_a_folder() -> None:
    found = layering({"a": None, "a/x": b"12"}, {"a": b"file"})
    assert changes(found, 1) == [("C", "a"), ("D", "a/x")]
    assert found.wasted == {"a/x": 2}


def test_a_copy_of_the_same_bytes_is_wasted_as_well() -> None:
    found = layering({"a": b"12"}, {"a": b"12"}, {"a": b"12"})
    assert (found.wasted, found.times) == ({"a": 4}, {"a": 2})


def test_the_file_below_is_found_through_layers_that_do_not_have_it() -> None:
    found = layering({"a": b"1", "d": None, "d/x": b""}, {"b": b""}, {"a": b"2"}, {".wh.d": b""}, {"d/x": b"2"})
    assert found.below(2, "a") == 0
    assert found.below(4, "d/x") is None
    assert found.below(0, "a") is None


def test_links_lead_through_folders_and_end() -> None:
    found = layering({
        "etc": None, "etc/os-release": "-> ../usr/lib/os-release", "usr/lib/os-release": b"x", "lib": "-> usr/lib",
        "round": "-> round", "abs": "-> /lib/os-release", "hard": "=> usr/lib/os-release",
    })  # fmt: skip
    for path in ("/etc/os-release", "lib/os-release", "abs", "hard", "etc/../etc/os-release"):
        assert found.resolve(path) == "usr/lib/os-release", path
    assert found.resolve("round") == "round"
    assert found.resolve("etc/nothing") == "etc/nothing"


def test_an_image_without_files_wastes_nothing() -> None:
    assert layering({}).efficiency == 1.0
