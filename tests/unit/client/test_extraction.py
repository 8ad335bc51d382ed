"""A tar from the daemon in a folder of ours: what is made, and what a hostile one cannot do."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.client.extraction import ByteStream, extract
from jupyter_containers.errors import ContainersError, InvalidParameter

FILE, LINK, HARD = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def member(name: str, kind: bytes = FILE, content: bytes = b"", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    found = tarfile.TarInfo(name)
    found.type, found.size, found.mtime = kind, len(content), 1_000_000_000
    found.mode = fields.pop("mode", 0o755 if kind == tarfile.DIRTYPE else 0o644)
    for key, value in fields.items():
        setattr(found, key, value)
    return found, content


def tar_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def pieces(content: bytes, size: int = 700) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


def unpack(folder: Path, *members: tuple[tarfile.TarInfo, bytes]) -> list[str]:
    """Unpack as `extract` does; whatever comes of it, nothing stays open."""
    opened = os.listdir("/proc/self/fd")
    try:
        return extract(pieces(tar_of(*members)), folder)
    finally:
        assert os.listdir("/proc/self/fd") == opened


def test_a_stream_gives_as_much_as_is_asked_for_however_it_is_cut() -> None:
    stream = ByteStream([b"ab", b"", b"cde", b"f"])
    assert [stream.read(size) for size in (1, 3, 0, 5, 1)] == [b"a", b"bcd", b"", b"ef", b""]


def test_files_folders_and_links_are_as_in_the_tar(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    left_out = unpack(
        out, member("d", tarfile.DIRTYPE, mode=0o555), member("d/f", content=b"x" * 5000, mode=0o4751),
        member("d/h", HARD, linkname="d/f"), member("l", LINK, linkname="../../outside"), member("p", tarfile.FIFOTYPE),
        member("deep/in/folder", content=b"1"), member("d/\udcff", content=b"2"),
    )  # fmt: skip
    assert left_out == []
    assert (out / "d/f").read_bytes() == b"x" * 5000
    assert [stat.S_IMODE((out / name).stat().st_mode) for name in ("d", "d/f")] == [0o555, 0o4751]
    assert (out / "d/f").stat().st_ino == (out / "d/h").stat().st_ino
    assert os.readlink(out / "l") == "../../outside"
    assert stat.S_ISFIFO((out / "p").stat().st_mode)
    assert {path.lstat().st_mtime for path in (out / "d", out / "d/f", out / "l")} == {1_000_000_000}
    assert os.listdir(os.fsencode(out / "d")).count(b"\xff") == 1


def test_what_is_there_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "keep").write_text("kept")
    (tmp_path / "f").write_text("old")
    (tmp_path / "was-folder").mkdir()
    (tmp_path / "was-file").write_text("old")
    unpack(
        tmp_path, member("f", content=b"new"), member("was-folder", content=b"file"),
        member("was-file", tarfile.DIRTYPE), member("was-file/in", content=b"in"),
    )  # fmt: skip
    assert [(tmp_path / name).read_text() for name in ("keep", "f", "was-folder", "was-file/in")] == [
        "kept", "new", "file", "in",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "members",
    [
        [member("../evil", content=b"1")],
        [member("/evil", content=b"1")],
        [member("a/../../evil", content=b"1")],
        [member("l", LINK, linkname=".."), member("l/evil", content=b"1")],
        [member("l", LINK, linkname=".."), member("l/evil", tarfile.DIRTYPE)],
        [member("a", HARD, linkname="../secret")],
        [member("l", LINK, linkname=".."), member("a", HARD, linkname="l/secret")],
        [member("a", HARD, linkname=".")],
        [member("d", tarfile.DIRTYPE, mode=0o777), member("d", LINK, linkname="..")],
    ],
)
def test_nothing_leaves_the_folder(tmp_path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    (tmp_path / "secret").write_text("secret")
    before = os.stat(tmp_path).st_mode
    with pytest.raises(InvalidParameter):
        unpack(tmp_path / "out", *members)
    assert sorted(os.listdir(tmp_path)) == ["out", "secret"]
    assert ((tmp_path / "secret").stat().st_nlink, os.stat(tmp_path).st_mode) == (1, before)


def test_a_link_that_lies_there_already_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "out" / "f").symlink_to(tmp_path / "secret")
    (tmp_path / "out" / "d").symlink_to(tmp_path)
    unpack(tmp_path / "out", member("f", content=b"new"), member("d", tarfile.DIRTYPE), member("d/x", content=b"1"))
    assert (tmp_path / "secret").read_text() == "secret"
    assert sorted(os.listdir(tmp_path)) == ["out", "secret"]
    assert (tmp_path / "out/d/x").read_bytes() == b"1"


def test_a_folder_with_something_in_it_is_not_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("mine")
    with pytest.raises(InvalidParameter, match="move it away"):
        unpack(tmp_path, member("d", content=b"file"))
    assert (tmp_path / "d" / "f").read_text() == "mine"


def test_device_files_are_left_out_and_told(tmp_path: Path) -> None:
    assert unpack(tmp_path, member("dev/sda", tarfile.BLKTYPE), member("f", content=b"1")) == ["dev/sda"]
    assert [path.name for path in tmp_path.rglob("*")] == ["f"]


@pytest.mark.parametrize("cut", [100, 512, 1000])
def test_a_tar_that_was_cut_is_an_error(tmp_path: Path, cut: int) -> None:
    content = tar_of(member("f", content=b"x" * 2000))
    with pytest.raises(InvalidParameter, match="no whole tar"):
        extract(pieces(content[:cut]), tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ContainersError, match=r"cannot write into .*file/out"):
        unpack(tmp_path / "file" / "out", member("f"))
