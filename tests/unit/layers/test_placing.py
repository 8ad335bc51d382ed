"""Placing while somebody else changes the same tree, as a container's processes may during `docker cp`."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.layers.archive import extract
from jupyter_containers.layers.inherited import Inherited
from jupyter_containers.layers.member import Kind, Member
from jupyter_containers.layers.placing import Placer
from jupyter_containers.layers.whiteouts import OPAQUE_XATTR, Whiteouts
from tests.support.trees import MINE, file, fingerprint, folder, listing, tar


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    outside = tmp_path / "outside"
    (outside / "d").mkdir(parents=True)
    (outside / "f").write_text("precious")
    return outside


@pytest.fixture
def swapping(tmp_path: Path, outside: Path) -> Iterator[Path]:
    """A root whose folder `d` is now a folder, now a link to the outside, all the time."""
    root = tmp_path / "root"
    (root / "d").mkdir(parents=True)
    (root / "link").symlink_to(outside)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            # Whatever the extraction has made of them meanwhile: a folder and a link change places.
            for old, new in (("d", "other"), ("link", "d"), ("d", "link"), ("other", "d")):
                try:
                    os.rename(root / old, root / new)
                except OSError:
                    continue
            if not (root / "link").is_symlink() and not os.path.lexists(root / "link"):
                (root / "link").symlink_to(outside)

    worker = threading.Thread(target=swap)
    worker.start()
    yield root
    stop.set()
    worker.join()


def test_a_folder_that_is_swapped_for_a_link_leads_nowhere_outside(swapping: Path, outside: Path) -> None:
    before = fingerprint(outside)
    members = (folder(b"d", mode=0o777), file(b"d/f", b"evil"), file(b"d/g", b"evil"), folder(b"d/d", mode=0o777))
    layer = tar(*members)
    fd = os.open(swapping, os.O_RDONLY)
    try:
        for _ in range(150):
            try:
                extract(BytesIO(layer), fd, "/", ownership=MINE)
                extract(BytesIO(layer), fd, "/d", ownership=MINE)
            except (InvalidParameter, OSError):
                pass  # the race was lost, as it may be
            except Exception as error:
                if type(error).__name__ != "PathNotFound":
                    raise
    finally:
        os.close(fd)
    assert fingerprint(outside) == before


def test_a_folder_may_be_kept_from_becoming_a_file(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "f").touch()
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(InvalidParameter, match="cannot overwrite directory 'd' with non-directory"):
            extract(BytesIO(tar(file(b"d"))), fd, "/", keep_kind=True, ownership=MINE)
        with pytest.raises(InvalidParameter, match="cannot overwrite non-directory 'f' with directory"):
            extract(BytesIO(tar(folder(b"f"))), fd, "/", keep_kind=True, ownership=MINE)
        extract(BytesIO(tar(file(b"d", b"1"), folder(b"f"))), fd, "/", ownership=MINE)
    finally:
        os.close(fd)
    assert listing(tmp_path) == {"d": "1", "f": "dir"}


def test_what_is_a_directory_already_may_stay_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "bin").symlink_to("usr/bin")
    (tmp_path / "gone").symlink_to("nowhere")
    (tmp_path / "usr").chmod(0o750)
    members = [Member(name, Kind.DIRECTORY, 0o711) for name in (b"usr", b"bin", b"gone", b"new")]

    def placed(*, keep: bool) -> dict[str, int]:
        fd = os.open(tmp_path, os.O_RDONLY)
        try:
            with Placer(
                fd, whiteouts=Whiteouts.NAMES, ownership=MINE, inherited=Inherited(()), opaque_xattr=OPAQUE_XATTR,
                keep_directories=keep,
            ) as placer:  # fmt: skip
                for member in members:
                    placer.place(member, iter(()))
        finally:
            os.close(fd)
        return {path.name: path.lstat().st_mode & 0o777 for path in tmp_path.iterdir()}

    assert placed(keep=True) == {"usr": 0o750, "bin": 0o777, "gone": 0o711, "new": 0o711}
    assert placed(keep=False) == {"usr": 0o711, "bin": 0o711, "gone": 0o711, "new": 0o711}
