"""Tests of client.context: what goes into the tar."""

from __future__ import annotations

import io
import os
import socket
import tarfile
from pathlib import Path

import pytest

from jupyter_containers.client.context import Context, gather
from jupyter_containers.errors import InvalidParameter


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src" / "deep").mkdir(parents=True)
    (tmp_path / "src" / "app.py").write_text("print('app')\n")
    (tmp_path / "src" / "deep" / "x").write_text("x")
    (tmp_path / "secret").write_text("s" * 1000)
    (tmp_path / "script.sh").write_text("#!/bin/sh\n")
    (tmp_path / "script.sh").chmod(0o755)
    return tmp_path


def opened(context: Context) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(b"".join(context.chunks())))


def text_of(tar: tarfile.TarFile, name: str) -> str:
    file = tar.extractfile(name)
    assert file is not None
    return file.read().decode()


def test_without_copy_nothing_but_the_dockerfile_is_sent(folder: Path) -> None:
    context = gather("FROM x\nRUN true", folder)
    assert context.size_bytes == 0
    assert opened(context).getnames() == [context.dockerfile_name, ".dockerignore"]
    assert text_of(opened(context), context.dockerfile_name) == "FROM x\nRUN true"


def test_only_what_is_copied_is_sent(folder: Path) -> None:
    context = gather("FROM x\nCOPY src /src", folder)
    assert context.paths == ("src", "src/app.py", "src/deep", "src/deep/x")
    assert context.size_bytes == 14
    assert text_of(opened(context), "src/app.py") == "print('app')\n"


def test_what_the_ignore_file_names_is_not_sent(folder: Path) -> None:
    (folder / ".dockerignore").write_text("secret\nsrc/*\n!src/deep\n")
    context = gather("FROM x\nCOPY . /", folder)
    assert context.paths == ("script.sh", "src", "src/deep", "src/deep/x")


def test_our_two_files_are_ignored_by_the_build(folder: Path) -> None:
    (folder / ".dockerignore").write_text("secret")
    context = gather("FROM x\nCOPY . /", folder)
    text = text_of(opened(context), ".dockerignore")
    assert text == f"secret\n.dockerignore\n{context.dockerfile_name}\n"
    assert opened(context).getnames().count(".dockerignore") == 1


def test_a_dockerfile_in_the_folder_is_a_file_like_others(folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM other\n")
    context = gather("FROM x\nCOPY . /", folder)
    assert text_of(opened(context), "Dockerfile") == "FROM other\n"
    assert text_of(opened(context), context.dockerfile_name) == "FROM x\nCOPY . /"


def test_all_belongs_to_root_and_keeps_its_mode(folder: Path) -> None:
    os.chown(folder / "script.sh", 1000, 1000)
    member = opened(gather("FROM x\nCOPY script.sh /", folder)).getmember("script.sh")
    assert (member.uid, member.gid, member.uname, member.mode & 0o777) == (0, 0, "", 0o755)


def test_links_are_sent_as_links(folder: Path) -> None:
    (folder / "src" / "link").symlink_to("../secret")
    member = opened(gather("FROM x\nCOPY src /", folder)).getmember("src/link")
    assert (member.type, member.linkname) == (tarfile.SYMTYPE, "../secret")


def test_a_link_on_the_way_to_a_source_brings_all_that_it_may_need(folder: Path) -> None:
    (folder / "link").symlink_to("src")
    assert "src/app.py" in gather("FROM x\nCOPY link/app.py /", folder).paths


def test_sockets_are_left_out(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(folder / "src" / "sock"))
        assert "src/sock" not in opened(gather("FROM x\nCOPY src /", folder)).getnames()


def test_a_source_that_is_not_there_is_for_the_daemon_to_miss(folder: Path) -> None:
    assert gather("FROM x\nCOPY nothing /", folder).paths == ()


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    context = gather("FROM x\nCOPY src /", folder)
    (folder / "src" / "app.py").unlink()
    with pytest.raises(InvalidParameter, match=r"cannot send src/app\.py to the build: No such file"):
        list(context.chunks())
