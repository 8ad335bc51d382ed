"""Paths in the new root are reached without leaving it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.runtime.operations.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "root").mkdir()
    made = Site(root_fd=os.open(tmp_path / "root", os.O_PATH))
    yield made
    os.close(made.root_fd)


def place(fd: int) -> str:
    path = os.readlink(f"/proc/self/fd/{fd}")
    os.close(fd)
    return path


def test_a_missing_directory_is_made(site: Site, tmp_path: Path) -> None:
    assert place(site.directory("/a/b")) == str(tmp_path / "root/a/b")


def test_a_link_is_followed_inside_the_root(site: Site, tmp_path: Path) -> None:
    os.symlink("/../../elsewhere", tmp_path / "root/link")
    assert place(site.directory("/link/deep")) == str(tmp_path / "root/elsewhere/deep")
    assert not (tmp_path / "elsewhere").exists()


def test_a_link_is_refused_where_none_may_be(site: Site, tmp_path: Path) -> None:
    (tmp_path / "root/real").mkdir()
    os.symlink("/real", tmp_path / "root/proc")
    with pytest.raises(InvalidParameter, match="/proc is a symbolic link in this image"):
        site.directory("/proc", follow_links=False)


def test_a_missing_file_is_made_empty_with_its_parents(site: Site, tmp_path: Path) -> None:
    assert place(site.file("/etc/deep/hosts")) == str(tmp_path / "root/etc/deep/hosts")
    assert (tmp_path / "root/etc/deep/hosts").read_bytes() == b""


def test_a_file_that_is_there_is_left_as_it_is(site: Site, tmp_path: Path) -> None:
    (tmp_path / "root/hosts").write_text("kept")
    os.close(site.file("/hosts"))
    assert (tmp_path / "root/hosts").read_text() == "kept"


def test_a_dangling_link_s_target_is_made_inside(site: Site, tmp_path: Path) -> None:
    (tmp_path / "root/run").mkdir()
    os.symlink("/run/resolv.conf", tmp_path / "root/resolv.conf")
    assert place(site.file("/resolv.conf")) == str(tmp_path / "root/run/resolv.conf")


def test_a_parent_is_the_directory_and_the_name(site: Site, tmp_path: Path) -> None:
    directory_fd, name = site.parent("/dev/net/tun")
    assert (place(directory_fd), name) == (str(tmp_path / "root/dev/net"), "tun")


def test_in_a_dev_of_ours_nothing_is_resolved(site: Site, tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    os.symlink("/somewhere", tmp_path / "root/dev")
    site.device_fd = os.open(tmp_path / "ours", os.O_PATH)
    directory_fd, name = site.parent("/dev/null")
    assert (place(directory_fd), name) == (str(tmp_path / "ours"), "null")
    os.close(site.device_fd)
