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
