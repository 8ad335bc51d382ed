"""Tests of daemon.storage.unpacked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_containers.daemon.storage import unpacked
from jupyter_containers.daemon.storage.doctor import examine
from jupyter_containers.daemon.storage.store import Store
from jupyter_containers.images import walk
from jupyter_containers.images.unpack import unpack
from jupyter_containers.metadata.images import ImageRecord
from tests.support import tiny_image
from tests.support.resting_store import resting_store
from tests.support.tiny_image import Symlink

BOTTOM = tiny_image.layer({"d": None, "d/a": b"first", "d/b": b"second", "link": Symlink("d/a")})
TOP = tiny_image.layer({"d/.wh.b": b"", "d/c": b"third"})
IMAGE = tiny_image.image(BOTTOM, TOP)


def made(store: Store) -> Path:
    """Bring the image in, unpacked; return the directory of its bottom layer."""
    for content in (*IMAGE.blobs.values(), IMAGE.manifest):
        store.content.write(content)
    image = walk.load(store.content, IMAGE.descriptor)
    unpack(image, store.content, store.snapshots)
    size = sum(store.snapshots.stat(chain).size_bytes or 0 for chain in image.chain)
    store.image_records.add(ImageRecord(IMAGE.image_id, IMAGE.descriptor, "2020-01-01T00:00:00Z", size))
    files = store.snapshots.upper(image.chain[0])
    assert files is not None
    return files


def emptied(files: Path) -> None:
    (files / "d/a").write_bytes(b"")


def altered(files: Path) -> None:
    (files / "d/a").write_bytes(b"fir5t")


def gone(files: Path) -> None:
    (files / "d/b").unlink()


def opened(files: Path) -> None:
    (files / "d/a").chmod(0o777)


def led_astray(files: Path) -> None:
    (files / "link").unlink()
    (files / "link").symlink_to("d/b")


def made_a_folder(files: Path) -> None:
    (files / "link").unlink()
    (files / "link").mkdir()


@pytest.mark.needs("root", "overlay")
@pytest.mark.parametrize(
    ("damage", "problem"),
    [(emptied, "d/a has another size (0 bytes, not 5)"), (altered, "d/a has not the content"), (gone, "has no d/b"),
     (opened, "d/a has another mode"), (led_astray, "link has not the content"),
     (made_a_folder, "link has another type")],
)  # fmt: skip
def test_what_is_not_as_in_the_layer_is_unpacked_again(
    tmp_path: Path, damage: Callable[[Path], None], problem: str
) -> None:
    with resting_store(tmp_path) as store:
        files = made(store)
        assert list(unpacked.check(store)) == []
        damage(files)
        (finding,) = unpacked.check(store)
        assert finding.problem.startswith(problem)
        assert not list((store.data / "tmp").iterdir())
        assert finding.mend is not None
        finding.mend()
        assert list(unpacked.check(store)) == []
        assert (files / "d/a").read_bytes() == b"first"


@pytest.mark.needs("root", "overlay")
def test_the_doctor_looks_so_deep_only_when_asked(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        altered(made(store))
    assert examine(tmp_path) == []
    assert [outcome.finding.what for outcome in examine(tmp_path, deep=True)] == ["snapshot"]
    assert all(outcome.mended for outcome in examine(tmp_path, deep=True, repair=True))
    assert examine(tmp_path, deep=True) == []
