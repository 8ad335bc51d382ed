from __future__ import annotations

import threading
from pathlib import Path

import pytest

from jupyter_containers.content.store import BlobNotFound, DirectoryStore
from jupyter_containers.errors import Cancelled
from jupyter_containers.images import walk
from jupyter_containers.images.unpack import COMPLETE, EXTRACTING, Progress, unpack
from jupyter_containers.images.walk import Image
from jupyter_containers.layers.member import InvalidLayer
from jupyter_containers.oci.digest import Digest, DigestMismatch
from jupyter_containers.snapshots.plain import PlainSnapshotter
from jupyter_containers.snapshots.snapshotter import Snapshotter
from tests.support import tiny_image
from tests.support.memory_records import MemoryRecords
from tests.support.tiny_image import TinyImage, TinyLayer

BASE = tiny_image.layer({"etc": None, "etc/hosts": b"here", "gone": b"1"})
TOP = tiny_image.layer({".wh.gone": b"", "new": b"2"}, compression="zstd")


@pytest.fixture
def content(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "content")


@pytest.fixture
def snapshotter(tmp_path: Path) -> Snapshotter:
    return PlainSnapshotter(tmp_path / "snapshots", MemoryRecords())


def stored(content: DirectoryStore, made: TinyImage) -> Image:
    for blob in (made.manifest, *made.blobs.values()):
        content.write(blob)
    return walk.load(content, made.descriptor)


def keys(snapshotter: Snapshotter) -> list[str]:
    return [record.key for record in snapshotter.walk()]


def test_layers_become_a_chain_named_by_chain_ids(content: DirectoryStore, snapshotter: Snapshotter) -> None:
    image = stored(content, tiny_image.image(BASE, TOP))
    assert unpack(image, content, snapshotter) == image.top == image.chain[-1]
    assert keys(snapshotter) == list(image.chain)
    top = snapshotter.upper(image.top)
    assert top is not None
    assert sorted(path.name for path in top.rglob("*")) == ["etc", "hosts", "new"]
    assert snapshotter.stat(image.chain[0]).size_bytes == 5


def test_an_image_without_layers_needs_no_snapshot(content: DirectoryStore, snapshotter: Snapshotter) -> None:
    assert unpack(stored(content, tiny_image.image()), content, snapshotter) == ""
    assert keys(snapshotter) == []


def test_what_is_there_is_not_unpacked_again(content: DirectoryStore, snapshotter: Snapshotter) -> None:
    first = stored(content, tiny_image.image(BASE))
    unpack(first, content, snapshotter)
    content.delete(BASE.descriptor.digest)
    second = stored(content, tiny_image.image(BASE, TOP))
    content.delete(BASE.descriptor.digest)
    seen: list[Progress] = []
    unpack(second, content, snapshotter, on_progress=seen.append)
    assert {step.id for step in seen} == {TOP.descriptor.digest.short}
    assert [step.status for step in seen] == [*[EXTRACTING] * (len(seen) - 1), COMPLETE]
    assert (seen[-2].current, seen[-2].total) == (TOP.descriptor.size, TOP.descriptor.size)


def test_a_layer_that_is_not_the_promised_one_leaves_nothing(content: DirectoryStore, snapshotter: Snapshotter) -> None:
    lie = tiny_image.image(BASE, TOP, diff_ids=[BASE.diff_id, Digest.of(b"another")])
    image = stored(content, lie)
    with pytest.raises(DigestMismatch, match="unpacked layer"):
        unpack(image, content, snapshotter)
    assert keys(snapshotter) == [image.chain[0]]


@pytest.mark.parametrize("blob", [b"no tar at all" * 100, BASE.content[:-20]])
def test_a_bad_layer_leaves_nothing(content: DirectoryStore, snapshotter: Snapshotter, blob: bytes) -> None:
    bad = TinyLayer(blob, Digest.of(b"whatever"), BASE.media_type)
    image = stored(content, tiny_image.image(bad))
    with pytest.raises(InvalidLayer):
        unpack(image, content, snapshotter)
    assert keys(snapshotter) == []


def test_a_missing_blob_is_named(content: DirectoryStore, snapshotter: Snapshotter) -> None:
    image = stored(content, tiny_image.image(BASE))
    content.delete(BASE.descriptor.digest)
    with pytest.raises(BlobNotFound):
        unpack(image, content, snapshotter)
    assert keys(snapshotter) == []


def test_whoever_listens_can_stop_the_work(content: DirectoryStore, snapshotter: Snapshotter) -> None:
    def stop(_: Progress) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        unpack(stored(content, tiny_image.image(BASE)), content, snapshotter, on_progress=stop)
    assert keys(snapshotter) == []


def test_an_attempt_that_was_cut_off_does_not_block_the_next(content: DirectoryStore, snapshotter: Snapshotter) -> None:
    image = stored(content, tiny_image.image(BASE))
    snapshotter.prepare(f"unpack:{image.top}")
    assert unpack(image, content, snapshotter) == image.top
    assert keys(snapshotter) == [image.top]


def test_many_unpack_the_same_image_at_once(content: DirectoryStore, snapshotter: Snapshotter) -> None:
    image = stored(content, tiny_image.image(BASE, TOP))
    tops: list[str] = []
    threads = [threading.Thread(target=lambda: tops.append(unpack(image, content, snapshotter))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tops == [image.top] * 6
    assert keys(snapshotter) == list(image.chain)
