"""`docker cp` into and out of the root of a process that lives in another mount namespace."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.layers.archive import PathNotFound, extract, folder, pack, status
from jupyter_containers.layers.tar_reader import ByteSource, TarReader
from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mounts, namespaces
from tests.support.trees import file, tar

pytestmark = pytest.mark.needs("root", "namespaces")


@pytest.fixture
def root_fd(tmp_path: Path) -> Iterator[int]:
    """The root of a child with a volume mounted in it that this namespace does not see."""
    root = tmp_path / "root"
    for name in ("volume", "old", "etc", "proc"):
        (root / name).mkdir(parents=True)
    (root / "link").symlink_to("/volume/f")
    ready, done = os.pipe(), os.pipe()
    pid = os.fork()
    if not pid:
        _live_in(root, ready[1], done[0], done[1])
    os.close(ready[1])
    assert os.read(ready[0], 1) == b"r"
    fd = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY)
    yield fd
    for each in (fd, ready[0], done[0], done[1]):
        os.close(each)
    os.waitpid(pid, 0)


def _live_in(root: Path, ready_fd: int, done_fd: int, other_end: int) -> None:
    try:
        os.close(other_end)
        namespaces.unshare(c.CLONE_NEWNS)
        mounts.mount(None, "/", None, c.MS_REC | c.MS_PRIVATE)
        mounts.mount(root, root, None, c.MS_BIND)
        mounts.mount("tmpfs", root / "volume", "tmpfs")
        mounts.mount("proc", root / "proc", "proc")
        (root / "volume/f").write_text("on the volume")
        os.chdir(root)
        mounts.pivot_root(".", "old")
        os.chroot(".")
        mounts.unmount("/old", c.MNT_DETACH)
        os.write(ready_fd, b"r")
        os.read(done_fd, 1)
    finally:
        os._exit(0)


def contents(root_fd: int, path: str) -> dict[str, bytes]:
    pieces: list[bytes] = []
    pack(root_fd, path, pieces.append)
    reader = TarReader(ByteSource([b"".join(pieces)]))
    return {member.text: b"".join(reader.data()) for member in reader}


def test_volumes_of_the_container_are_seen(root_fd: int) -> None:
    assert contents(root_fd, "/volume") == {"volume/": b"", "volume/f": b"on the volume"}
    assert status(root_fd, "/link").link_target == "/volume/f"
    assert status(root_fd, "/volume/f").size == 13


def test_files_arrive_on_the_volume_and_not_below_it(root_fd: int, tmp_path: Path) -> None:
    extract(BytesIO(tar(file(b"new", b"n", uid=7))), root_fd, "/volume")
    assert contents(root_fd, "/volume/new") == {"new": b"n"}
    assert os.listdir(tmp_path / "root/volume") == []


@pytest.mark.parametrize("path", ["/proc/self/root", "/proc/1/cwd/", "/proc/1/root/etc/shadow"])
def test_magic_links_lead_nowhere(root_fd: int, path: str) -> None:
    with pytest.raises((InvalidParameter, PathNotFound)):
        contents(root_fd, path + "/")
    with pytest.raises((InvalidParameter, PathNotFound)):
        extract(BytesIO(tar(file(b"new"))), root_fd, path)


def test_a_folder_is_read_up_to_a_limit_and_links_stay_links(root_fd: int) -> None:
    found, count = folder(root_fd, "/", 100)
    assert count == len(found) >= 4
    assert [one.name for one in found] == sorted(one.name for one in found)
    assert {one.name: one.link_target for one in found}["link"] == "/volume/f"
    assert [one.name for one in folder(root_fd, "/volume", 100)[0]] == ["f"]
    assert (len(folder(root_fd, "/", 2)[0]), folder(root_fd, "/", 2)[1]) == (2, count)
    with pytest.raises(InvalidParameter):
        folder(root_fd, "/volume/f", 100)
    with pytest.raises(PathNotFound):
        folder(root_fd, "/nothing", 100)
