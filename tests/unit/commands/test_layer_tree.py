"""Tests of commands.layer_tree."""

from __future__ import annotations

from jupyter_containers.commands.layer_changes import Change
from jupyter_containers.commands.layer_tree import Tree

TREE = Tree([
    Change("A", "usr/bin/small", "file", 1), Change("C", "usr/bin/large", "file", 10), Change("D", "etc", "folder", 0),
    Change("D", "etc/x", "file", 3), Change("A", "usr/bin/link", "link", 0),
])  # fmt: skip


def test_a_folder_has_the_sum_of_what_is_in_it() -> None:
    assert (TREE.root.size, TREE.root.files) == (14, 4)
    usr = TREE.folder("usr")
    assert usr is not None and (usr.size, usr.files, usr.letter) == (11, 3, "")
    etc = TREE.folder("etc")
    assert etc is not None and (etc.size, etc.files, etc.letter) == (3, 1, "D")


def test_the_largest_comes_first() -> None:
    assert [node.name for node in TREE.root.sorted()] == ["usr", "etc"]
    folder = TREE.folder("usr/bin")
    assert folder is not None
    assert [(node.letter, node.path) for node in folder.sorted()] == [
        ("C", "usr/bin/large"), ("A", "usr/bin/small"), ("A", "usr/bin/link"),
    ]  # fmt: skip


def test_a_folder_that_is_not_there_is_none() -> None:
    assert TREE.folder("usr/lib/x") is None
