"""Tests of daemon.flushing, on a store at rest: its image is unpacked as a daemon of another boot did it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from jupyter_containers.daemon.flushing import Flushing, boot_id
from jupyter_containers.daemon.storage.store import Store
from jupyter_containers.daemon.storage.unpacked import unpack_again
from jupyter_containers.images import walk
from jupyter_containers.images.unpack import unpack
from jupyter_containers.images.walk import Image
from jupyter_containers.metadata.images import ImageRecord
from jupyter_containers.metadata.snapshots import Snapshots
from jupyter_containers.oci.snapshot_record import LABEL_UNFLUSHED
from jupyter_containers.snapshots.overlay import OverlaySnapshotter
from tests.support import tiny_image
from tests.support.resting_store import resting_store

IMAGE = tiny_image.image(
    tiny_image.layer({"d": None, "d/a": b"first", "d/b": b"second"}), tiny_image.layer({"d/.wh.b": b"", "d/c": b"3"})
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with resting_store(tmp_path) as store:
        yield store


def snapshots(store: Store, boot: str) -> OverlaySnapshotter:
    return OverlaySnapshotter(store.data / "snapshots", Snapshots(store.database), boot=boot)


def made(store: Store, boot: str) -> Image:
    for content in (*IMAGE.blobs.values(), IMAGE.manifest):
        store.content.write(content)
    image = walk.load(store.content, IMAGE.descriptor)
    unpack(image, store.content, snapshots(store, boot))
    store.image_records.add(ImageRecord(IMAGE.image_id, IMAGE.descriptor, "2020-01-01T00:00:00Z", 0))
    return image


def flushing(store: Store, boot: str, **options: float) -> Flushing:
    return Flushing(store.database, store.data / "snapshots", boot, **options)


def marks(store: Store) -> list[str]:
    return [record.labels.get(LABEL_UNFLUSHED, "") for record in store.snapshots.walk()]


def files(store: Store, chain: str) -> Path:
    found = store.snapshots.upper(chain)
    assert found is not None
    return found


def test_what_is_committed_is_marked_until_it_is_flushed(store: Store) -> None:
    made(store, "one")
    assert marks(store) == ["one", "one"]
    flushing(store, "one").flush()
    assert marks(store) == ["", ""]


@pytest.mark.needs("root")
def test_what_another_boot_has_not_flushed_is_unpacked_again(store: Store) -> None:
    image = made(store, "one")
    (files(store, image.chain[0]) / "d/a").write_bytes(b"")
    (files(store, image.chain[1]) / "d/c").unlink()
    flushing(store, "two").mend(partial(unpack_again, store))
    assert (files(store, image.chain[0]) / "d/a").read_bytes() == b"first"
    assert sorted(path.name for path in (files(store, image.chain[1]) / "d").iterdir()) == ["b", "c"]
    assert (files(store, image.chain[1]) / "d/b").is_char_device()
    assert marks(store) == ["", ""]


def test_nothing_is_touched_in_the_boot_that_made_it(store: Store) -> None:
    image = made(store, "one")
    (files(store, image.chain[0]) / "d/a").write_bytes(b"")
    flushing(store, "one").mend(partial(unpack_again, store))
    assert (files(store, image.chain[0]) / "d/a").read_bytes() == b""
    assert marks(store) == ["one", "one"]


def test_what_cannot_be_made_again_is_asked_for_at_the_next_start(store: Store) -> None:
    image = made(store, "one")
    store.content.delete(image.manifest.layers[0].digest)
    flushing(store, "two").mend(partial(unpack_again, store))
    assert marks(store) == ["one", ""]


def test_one_that_came_under_the_same_name_meanwhile_stays_marked(store: Store) -> None:
    image, first = made(store, "one"), flushing(store, "one")
    seen = first._marked()
    for chain in reversed(image.chain):
        store.snapshots.remove(chain)
    unpack(image, store.content, snapshots(store, "one"))
    first._flush(seen)
    assert marks(store) == ["one", "one"]


def test_it_is_flushed_a_while_after_the_work(store: Store) -> None:
    made(store, "one")

    async def main() -> None:
        one = flushing(store, "one", seconds=0)
        one.later()
        one.later()
        while any(marks(store)):
            await asyncio.sleep(0)
        await one.close()

    asyncio.run(main())


class Held(Flushing):
    """A flush whose disk takes until `go`; it has seen what was committed before."""

    go: threading.Event

    def flush(self) -> None:
        super().flush()
        assert self.go.wait(10)


def held(store: Store) -> Held:
    one = Held(store.database, store.data / "snapshots", "one", seconds=0)
    one.go = threading.Event()
    return one


async def _commit_during_a_flush(store: Store, one: Held) -> None:
    image = made(store, "one")
    one.later()
    while any(marks(store)):
        await asyncio.sleep(0)
    for chain in reversed(image.chain):
        store.snapshots.remove(chain)
    unpack(image, store.content, snapshots(store, "one"))
    one.later()
    assert marks(store) == ["one", "one"]


def test_what_is_committed_during_a_flush_is_flushed_by_one_of_its_own(store: Store) -> None:
    async def main() -> None:
        one = held(store)
        async with asyncio.timeout(10):
            await _commit_during_a_flush(store, one)
            one.go.set()
            while any(marks(store)):
                await asyncio.sleep(0)
            await one.close()

    asyncio.run(main())


def test_who_closes_during_a_flush_waits_for_no_other(store: Store) -> None:
    async def main() -> None:
        one = held(store)
        async with asyncio.timeout(10):
            await _commit_during_a_flush(store, one)
            asyncio.get_running_loop().call_soon(one.go.set)
            await one.close()
            before = marks(store)
            one.later()
            await asyncio.sleep(0)
            assert asyncio.all_tasks() == {asyncio.current_task()}
        assert before == ["one", "one"]

    asyncio.run(main())
    assert marks(store) == ["one", "one"]


def test_who_closes_before_leaves_it_marked(store: Store) -> None:
    made(store, "one")

    async def main() -> None:
        one = flushing(store, "one")
        one.later()
        await one.close()

    asyncio.run(main())
    assert marks(store) == ["one", "one"]


def test_a_boot_has_an_id() -> None:
    assert len(boot_id()) == 36
