"""Tests of bootstrap.own_files."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_containers.bootstrap.own_files import file, place
from jupyter_containers.layers.member import Kind, Member


def placed(root: Path, *files: tuple[Member, bytes]) -> None:
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        place(fd, files)
    finally:
        os.close(fd)


def test_files_get_what_they_shall_have_and_folders_above_them(tmp_path: Path) -> None:
    placed(tmp_path, file("etc/x/y", b"1", 0o755, mtime_ns=10**9), file("etc/empty", b""))
    assert (tmp_path / "etc/x/y").read_bytes() == b"1"
    status = (tmp_path / "etc/x/y").stat()
    assert (status.st_mode & 0o777, status.st_mtime, status.st_uid) == (0o755, 1, 0)
    assert (tmp_path / "etc/empty").read_bytes() == b""


def test_a_link_is_replaced_and_not_followed_and_a_folder_is_followed_inside_only(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("whole")
    (root / "tmp").mkdir(parents=True)
    (root / "etc").symlink_to(outside)
    (root / "link").symlink_to(outside / "secret")
    (root / "var").symlink_to("tmp")
    directory = Member(b"var", Kind.DIRECTORY, 0o700)
    placed(root, file("link", b"new"), (directory, b""), file("var/x", b"1"))
    assert (outside / "secret").read_text() == "whole"
    assert (root / "link").read_text() == "new"
    assert ((root / "tmp/x").read_bytes(), (root / "var").is_symlink()) == (b"1", True)
