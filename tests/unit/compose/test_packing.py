"""Tests of compose.packing."""

from __future__ import annotations

import io
import os
import socket
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from jupyter_containers.compose.packing import is_gone, pack
from jupyter_containers.compose.triggers import SYNC, Trigger


def packed(folder: Path, paths: Iterable[Path]) -> tuple[dict[str, tarfile.TarInfo], dict[str, bytes], int]:
    """Return what a tar of paths below a folder has, by its names there, with the contents of files."""
    file = io.BytesIO()
    count = pack(Trigger("web", SYNC, folder, "/app"), paths, file)
    file.seek(0)
    with tarfile.open(fileobj=file) as tar:
        members = {member.name: member for member in tar}
        contents = {name: tar.extractfile(member) for name, member in members.items() if member.isreg()}
        return members, {name: content.read() for name, content in contents.items() if content is not None}, count


def test_what_there_is_comes_as_root_s_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir(mode=0o750)
    (tmp_path / "sub/page").write_text("one")
    (tmp_path / "sub/page").chmod(0o640)
    os.chown(tmp_path / "sub/page", 1234, 1234)
    (tmp_path / "link").symlink_to("sub/page")
    members, contents, count = packed(tmp_path, [tmp_path / "sub", tmp_path / "sub/page", tmp_path / "link"])
    assert list(members) == ["app/sub", "app/sub/page", "app/link"]
    assert contents == {"app/sub/page": b"one"}
    assert count == 3
    assert members["app/sub"].isdir()
    assert members["app/sub/page"].mode == 0o640
    assert members["app/link"].linkname == "sub/page"
    assert {(one.uid, one.gid, one.uname, one.gname) for one in members.values()} == {(0, 0, "", "")}


def test_two_names_of_one_file_are_two_files(tmp_path: Path) -> None:
    """A link to a name that the container has from before would be a link to that."""
    (tmp_path / "a").write_text("content")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert packed(tmp_path, [tmp_path / "a", tmp_path / "b"])[1] == {"app/a": b"content", "app/b": b"content"}


def test_what_is_no_file_is_left_out_and_the_others_come(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "page").write_text("one")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(tmp_path / "socket"))
        members, _, count = packed(tmp_path, [tmp_path / name for name in ("pipe", "socket", "page")])
    assert (list(members), count) == (["app/page"], 1)
    assert packed(tmp_path, [tmp_path / "pipe"])[2] == 0


def test_what_has_gone_since_it_changed_is_left_out_and_the_others_come(tmp_path: Path) -> None:
    (tmp_path / "page").write_text("one")
    members, _, count = packed(tmp_path, [tmp_path / "gone", tmp_path / "page"])
    assert (list(members), count) == (["app/page"], 1)


def test_a_file_that_shrinks_while_it_is_read_does_not_keep_the_others_away() -> None:
    """The kernel says a page of its own files, and gives less. The change that shrank a file is a change to come."""
    folder = Path("/sys/kernel")
    shrunk, others = folder / "profiling", (folder / "mm", folder / "cgroup/features")
    _, contents, count = packed(folder, [shrunk, *others])
    assert count == 3
    assert contents["app/profiling"] == shrunk.read_bytes().ljust(shrunk.stat().st_size, b"\0")
    assert contents["app/cgroup/features"].rstrip(b"\0") == others[1].read_bytes()


def test_what_may_not_be_looked_at_is_not_gone(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "nowhere").symlink_to("gone")
    (tmp_path / "loop").symlink_to("loop")
    assert [is_gone(tmp_path / name) for name in ("file", "nowhere", "loop", "gone", "file/in it")] == [
        False, False, False, True, True,
    ]  # fmt: skip
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        is_gone(tmp_path / "loop/page")
