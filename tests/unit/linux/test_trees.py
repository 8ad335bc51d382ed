from __future__ import annotations

import errno
import gc
import os
import stat
from pathlib import Path

import pytest

from jupyter_containers.linux.trees import LONGEST_PATH, Entry, remove_path, remove_tree, usage, walk


def walked(top: Path, **more: object) -> list[str]:
    fd = os.open(top, os.O_RDONLY)
    try:
        return [os.fsdecode(entry.path) for entry in walk(fd, **more)]  # type: ignore[arg-type]
    finally:
        os.close(fd)


def deep(top: Path, levels: int) -> None:
    """Make a path that is longer than any path may be."""
    fd = os.open(top, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("deeper", dir_fd=fd)
        child = os.open("deeper", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = child
    os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=fd))
    os.close(fd)


def test_parents_come_before_children_and_names_in_order(tmp_path: Path) -> None:
    for name in ("b/2", "b/1", "a", "c/x/y"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "b/1/file").touch()
    (tmp_path / "b/link").symlink_to("/")
    assert walked(tmp_path) == ["a", "b", "b/1", "b/1/file", "b/2", "b/link", "c", "c/x", "c/x/y"]


def test_a_directory_that_is_not_descended_into_is_seen_itself(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    assert walked(tmp_path, descend=lambda entry: entry.name != b"a") == ["a"]


def test_what_vanishes_or_becomes_a_link_during_the_walk_is_passed_over(tmp_path: Path) -> None:
    for name in ("a", "b/x", "c"):
        (tmp_path / name).mkdir(parents=True)

    def change(entry: Entry) -> bool:
        if entry.name == b"a":
            (tmp_path / "c").rmdir()
        if entry.name == b"b":
            (tmp_path / "b").rename(tmp_path / "z")
            (tmp_path / "b").symlink_to("/")
        return True

    assert walked(tmp_path, descend=change) == ["a", "b"]


def test_a_directory_that_is_moved_away_while_we_are_in_it_ends_the_walk(tmp_path: Path) -> None:
    (tmp_path / "top/a/b").mkdir(parents=True)

    def move(entry: Entry) -> bool:
        if entry.name == b"b":
            (tmp_path / "top/a").rename(tmp_path / "moved")
        return True

    with pytest.raises(OSError, match="moved while"):
        walked(tmp_path / "top", descend=move)


def test_trees_deeper_than_paths_may_be_are_walked_counted_and_removed(tmp_path: Path) -> None:
    (tmp_path / "top").mkdir()
    deep(tmp_path / "top", 1500)
    gc.collect()  # what earlier tests have dropped closes its descriptors now, and not between the two looks
    before = len(os.listdir("/proc/self/fd"))
    assert len(walked(tmp_path / "top")) == 1501
    remove_path(tmp_path / "top")
    assert not (tmp_path / "top").exists()
    assert len(os.listdir("/proc/self/fd")) == before


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").touch()
    (tmp_path / "top/d").mkdir(parents=True)
    (tmp_path / "top/d/link").symlink_to(tmp_path / "outside")
    (tmp_path / "link").symlink_to(tmp_path / "outside")
    remove_path(tmp_path / "top")
    remove_path(tmp_path / "link")
    assert sorted(os.listdir(tmp_path)) == ["outside"]
    assert os.listdir(tmp_path / "outside") == ["file"]


@pytest.mark.parametrize("name", [b"..", b".", b"../beside", b"kept/../../beside"])
def test_nothing_is_removed_but_what_lies_in_the_directory_itself(tmp_path: Path, name: bytes) -> None:
    for place in ("beside/f", "in/kept/f"):
        (tmp_path / place).mkdir(parents=True)
    fd = os.open(tmp_path / "in", os.O_RDONLY | os.O_DIRECTORY)
    try:
        with pytest.raises(OSError, match="Invalid argument"):
            remove_tree(fd, name)
    finally:
        os.close(fd)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*")) == ["beside/f", "in/kept"]


def test_removing_what_is_not_there_is_done_already(tmp_path: Path) -> None:
    remove_path(tmp_path / "nothing")
    remove_path(tmp_path / "nothing/below")
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        remove_tree(fd, b"nothing")
    finally:
        os.close(fd)


def test_usage_counts_hard_links_once_and_directories_not(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a").write_bytes(bytes(1000))
    os.link(tmp_path / "d/a", tmp_path / "b")
    (tmp_path / "c").symlink_to("12345")
    os.mkfifo(tmp_path / "p")
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        assert usage(fd) == 1005
        assert {stat.S_IFMT(entry.status.st_mode) for entry in walk(fd)} >= {stat.S_IFIFO, stat.S_IFLNK}
    finally:
        os.close(fd)


def test_a_walk_ends_where_paths_become_too_long_for_anybody(tmp_path: Path) -> None:
    """What walkers keep for each path grows with the square of the depth: gigabytes for 50 000 levels."""
    deep(tmp_path, LONGEST_PATH // len("deeper/") + 1)
    with pytest.raises(OSError, match="nested") as caught:
        walked(tmp_path)
    assert caught.value.errno == errno.ENAMETOOLONG
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        assert usage(fd) == 0
    finally:
        os.close(fd)
    remove_tree_of(tmp_path)


def remove_tree_of(top: Path) -> None:
    remove_path(top / "deeper")
    assert list(top.iterdir()) == []
