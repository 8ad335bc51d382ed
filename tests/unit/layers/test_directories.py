from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.layers.directories import Directories


@pytest.fixture
def root(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "root").mkdir()
    fd = os.open(tmp_path / "root", os.O_RDONLY)
    yield fd
    os.close(fd)


def make(parent_fd: int, name: bytes, path: bytes) -> None:
    os.mkdir(name, dir_fd=parent_fd)


def test_missing_directories_are_made_from_the_top(root: int, tmp_path: Path) -> None:
    asked: list[bytes] = []

    def note(parent_fd: int, name: bytes, path: bytes) -> None:
        asked.append(path)
        os.mkdir(name, dir_fd=parent_fd)

    directories = Directories(root, note)
    os.mkdir("x", dir_fd=directories.open(b"a/b/c"))
    directories.close()
    assert asked == [b"a", b"a/b", b"a/b/c"]
    assert (tmp_path / "root/a/b/c/x").is_dir()


def test_members_start_at_the_base_and_links_at_the_root(root: int, tmp_path: Path) -> None:
    top = tmp_path / "root"
    (top / "base").mkdir()
    (top / "etc").mkdir()
    (top / "base/link").symlink_to("/etc")
    (top / "base/out").symlink_to("../../../..")
    directories = Directories(root, make, base=b"base")
    assert os.path.samestat(os.fstat(directories.open(b"link")), (top / "etc").stat())
    assert os.path.samestat(os.fstat(directories.open(b"out")), top.stat())
    assert os.path.samestat(os.fstat(directories.open(b"")), (top / "base").stat())
    directories.close()


def test_no_more_than_a_few_stay_open_and_none_after_closing(root: int) -> None:
    before = len(os.listdir("/proc/self/fd"))
    directories = Directories(root, make)
    for number in range(600):
        directories.open(b"d%d" % number)
    assert len(os.listdir("/proc/self/fd")) - before < 300
    directories.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_what_was_opened_stays_open_after_forgetting_until_the_next_open(root: int, tmp_path: Path) -> None:
    directories = Directories(root, make)
    fd = directories.open(b"d")
    (tmp_path / "root/d").rmdir()
    directories.forget()
    os.fstat(fd)
    assert os.path.samestat(os.fstat(directories.open(b"d")), (tmp_path / "root/d").stat())
    directories.close()
