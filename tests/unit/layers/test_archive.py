from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.layers.archive import PathNotFound, extract, pack, status
from jupyter_containers.layers.tar_reader import ByteSource, TarReader
from tests.support.trees import MINE, file, folder, listing, symlink, tar, unpacked


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path / "root"
    unpacked(
        top,
        folder(b"etc"), file(b"etc/hosts", b"here", mode=0o640), folder(b"data/sub"), file(b"data/sub/x", b"1"),
        symlink(b"data/link", b"/etc/hosts"), symlink(b"data/out", b"../../../etc/passwd"), symlink(b"dangling", b"no"),
        symlink(b"folder", b"/data"), folder(b"proc"), file(b"proc/kcore", b"huge"),
    )  # fmt: skip
    return top


@pytest.fixture
def root_fd(top: Path) -> Iterator[int]:
    fd = os.open(top, os.O_PATH | os.O_DIRECTORY)
    yield fd
    os.close(fd)


def packed(root_fd: int, path: str, **more: object) -> dict[str, str]:
    pieces: list[bytes] = []
    pack(root_fd, path, pieces.append, **more)  # type: ignore[arg-type]
    reader = TarReader(ByteSource([b"".join(pieces)]))
    return {member.text: (member.link or b"".join(reader.data())).decode() for member in reader}


def test_a_folder_is_packed_under_its_own_name(root_fd: int) -> None:
    assert packed(root_fd, "/data") == {
        "data/": "", "data/link": "/etc/hosts", "data/out": "../../../etc/passwd", "data/sub/": "", "data/sub/x": "1",
    }  # fmt: skip
    assert list(packed(root_fd, "data/sub", name="other")) == ["other/", "other/x"]


def test_a_file_is_packed_alone(root_fd: int) -> None:
    assert packed(root_fd, "/etc/hosts") == {"hosts": "here"}
    assert packed(root_fd, "/folder/../etc/./hosts") == {"hosts": "here"}


def test_a_link_at_the_end_is_packed_itself_unless_its_inside_is_asked_for(root_fd: int) -> None:
    assert packed(root_fd, "/data/out") == {"out": "../../../etc/passwd"}
    assert packed(root_fd, "/folder") == {"folder": "/data"}
    assert "folder/sub/x" in packed(root_fd, "/folder/")
    assert "folder/sub/x" in packed(root_fd, "/folder/.")


def test_the_whole_root_is_packed_without_what_is_excluded(root_fd: int) -> None:
    names = packed(root_fd, "/", name="", exclude=["proc"])
    assert "etc/hosts" in names
    assert "proc/" in names
    assert "proc/kcore" not in names


@pytest.mark.parametrize("path", ["/nothing", "/data/nothing/x", "/dangling/"])
def test_what_is_not_there_is_said_in_dockerds_words(root_fd: int, path: str) -> None:
    with pytest.raises(PathNotFound, match=f"Could not find the file {path} in container"):
        packed(root_fd, path)


def test_a_status_tells_name_size_and_where_a_link_leads(root_fd: int) -> None:
    hosts = status(root_fd, "/etc/hosts")
    assert (hosts.name, hosts.size, hosts.mode, hosts.link_target) == ("hosts", 4, 0o100640, "")
    assert status(root_fd, "/data/link").link_target == "/etc/hosts"
    assert status(root_fd, "/dangling").link_target == "/no"
    assert status(root_fd, "/folder").link_target == "/data"
    assert status(root_fd, "/").name == "/"
    with pytest.raises(PathNotFound):
        status(root_fd, "/data/x")


def test_a_link_out_of_the_root_leads_to_what_is_inside(root_fd: int, top: Path) -> None:
    with pytest.raises(PathNotFound):
        status(root_fd, "/data/out/")
    (top / "etc/passwd").write_text("the container's")
    assert status(root_fd, "/data/out").link_target == "/etc/passwd"


def test_an_archive_is_unpacked_in_a_folder_reached_through_links_inside(root_fd: int, top: Path) -> None:
    extract(BytesIO(tar(file(b"new", b"n"), file(b".wh.x", b"no whiteout"))), root_fd, "/folder/sub", ownership=MINE)
    assert listing(top / "data/sub") == {".wh.x": "no whiteout", "new": "n", "x": "1"}


def test_links_in_the_tree_lead_where_they_lead_in_the_container(root_fd: int, top: Path) -> None:
    (top / "data/e").symlink_to("/etc")
    extract(BytesIO(tar(file(b"e/new", b"n"))), root_fd, "/data", ownership=MINE)
    assert (top / "etc/new").read_text() == "n"


def test_an_archive_cannot_name_what_is_above_the_folder(root_fd: int) -> None:
    with pytest.raises(InvalidParameter, match="leads out"):
        extract(BytesIO(tar(file(b"../etc/hosts", b"n"))), root_fd, "/data", ownership=MINE)


def test_the_place_must_be_a_folder(root_fd: int) -> None:
    with pytest.raises(InvalidParameter, match="not a directory"):
        extract(BytesIO(tar()), root_fd, "/etc/hosts")
    with pytest.raises(PathNotFound):
        extract(BytesIO(tar()), root_fd, "/nothing")
