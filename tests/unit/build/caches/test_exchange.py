from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from jupyter_containers.build.caches.config import Known, Note
from jupyter_containers.build.caches.exchange import Exchange, Source
from jupyter_containers.build.filesystem import Filesystem, Layer, Outcome
from jupyter_containers.build.operations.layering import Stores
from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.errors import NotFound
from jupyter_containers.images.assemble import assemble
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.image_config import History, ImageConfig
from jupyter_containers.oci.media_types import OCI_LAYER
from tests.support.planning import planned
from tests.support.stores import Rooms, with_rooms
from tests.support.tiny_image import AMD64, layer

PLAN = planned("FROM a\nRUN x\nENV a=b\n")
RUN, ENV = PLAN.steps[1:]
KEY = "0" * 64


def of(content: bytes) -> tuple[Layer, bytes]:
    made = layer({"file": content})
    return Layer(Descriptor(OCI_LAYER, made.descriptor.digest, made.descriptor.size), made.diff_id), made.content


def test_what_is_found_elsewhere_is_fetched_when_it_is_brought(tmp_path: Path) -> None:
    one, content = of(b"1")

    async def use(rooms: Rooms) -> None:
        fetched = []

        async def fetch(wanted: Descriptor) -> None:
            fetched.append(rooms.content.write(content))

        exchange = Exchange([Source(Known([])), Source(Known([Note(KEY, "t", (one,))]), fetch)])
        exchange.prepared(PLAN, Stores(rooms.content, rooms.snapshots))
        assert RUN.vertex is not None
        assert exchange.look_up("1" * 64, RUN.vertex, Filesystem()) is None
        found = exchange.look_up(KEY, RUN.vertex, Filesystem())
        assert found is not None
        assert (found.layer, fetched, rooms.committed()) == (one, [], set())
        for _ in range(2):
            await exchange.bring([found.filesystem])
        assert (fetched, rooms.committed()) == ([one.descriptor.digest], {found.filesystem.chain})

    with_rooms(tmp_path, use)


def test_a_layer_that_does_not_come_is_told_of(tmp_path: Path) -> None:
    one, _ = of(b"1")

    async def fetch(_: Descriptor) -> None:
        raise NotFound("gone")

    async def use(rooms: Rooms) -> None:
        exchange = Exchange([Source(Known([Note(KEY, "t", (one,))]), fetch)])
        exchange.prepared(PLAN, Stores(rooms.content, rooms.snapshots))
        assert RUN.vertex is not None
        found = exchange.look_up(KEY, RUN.vertex, Filesystem())
        assert found is not None
        with pytest.raises(NotFound, match="cannot fetch a layer of the build cache: gone"):
            await exchange.bring([found.filesystem])

    with_rooms(tmp_path, use)


def test_it_remembers_what_it_is_told() -> None:
    one, _ = of(b"1")
    exchange = Exchange(carries=True)
    exchange.note(KEY, Filesystem.of((one,)), "t1")
    exchange.note_time("1" * 64, "t2")
    assert exchange.notes == (Note(KEY, "t1", (one,)), Note("1" * 64, "t2"))
    assert exchange.inline(Filesystem.of((one,)))
    assert Exchange().inline(Filesystem.of((one,))) == ""
    again = Exchange([Source(Known(exchange.notes))])
    assert (again.time_of("1" * 64, ENV, ()), again.time_of("2" * 64, ENV, ())) == ("t2", None)


COPIED = planned("FROM scratch\nCOPY f /f\n")


def copied_at(seconds: int, content: bytes, store: DirectoryStore) -> Layer:
    """Write what a COPY of a file makes at some time."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo("f")
        member.size, member.mtime = len(content), seconds
        tar.addfile(member, io.BytesIO(content))
    digest = store.write(out.getvalue())
    return Layer(Descriptor(OCI_LAYER, digest, len(out.getvalue())), digest)


async def settled(rooms: Rooms, made: Layer | None, theirs: Layer) -> Outcome:
    """Return what becomes of a copy's layer if the history of an image has a copy with that one."""
    config = ImageConfig(AMD64, (theirs.diff_id,), history=(History("then", "COPY f /f # buildkit"),))
    exchange = Exchange(images=[assemble(rooms.content, config, [theirs.descriptor])])
    exchange.prepared(COPIED, Stores(rooms.content, rooms.snapshots))
    vertex = COPIED.steps[1].vertex
    assert vertex is not None
    # A copy is not believed by its words.
    assert exchange.look_up(KEY, vertex, Filesystem()) is None
    return await exchange.settle(vertex, Filesystem(), Outcome(Filesystem().with_layer(made), "now", made))


def test_a_copy_of_the_same_files_has_the_layer_that_an_image_has_already(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        made, theirs = copied_at(2, b"same", rooms.content), copied_at(1, b"same", rooms.content)
        outcome = await settled(rooms, made, theirs)
        assert outcome == Outcome(Filesystem.of((theirs,)), "then", theirs, cached=True)
        assert rooms.committed() == {outcome.filesystem.chain}

    with_rooms(tmp_path, use)


def test_a_copy_of_other_files_stays_what_it_is(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        made, theirs = copied_at(1, b"mine", rooms.content), copied_at(1, b"else", rooms.content)
        assert await settled(rooms, made, theirs) == Outcome(Filesystem.of((made,)), "now", made)
        assert await settled(rooms, None, theirs) == Outcome(Filesystem(), "now")
        assert rooms.committed() == set()

    with_rooms(tmp_path, use)


def test_a_loose_layer_is_fetched_when_what_it_lies_in_is_brought(tmp_path: Path) -> None:
    (below, below_content), (one, content) = of(b"0"), of(b"1")

    async def use(rooms: Rooms) -> None:
        async def fetch(wanted: Descriptor) -> None:
            assert wanted == one.descriptor
            rooms.content.write(content)

        rooms.content.write(below_content)
        parent = Filesystem.of((below,))
        exchange = Exchange([Source(Known([])), Source(Known([Note(KEY, "t", (one,))]), fetch)])
        exchange.prepared(PLAN, Stores(rooms.content, rooms.snapshots))
        assert exchange.loose("1" * 64) is None
        found = exchange.loose(KEY)
        assert found is not None
        made = found.on(parent).filesystem
        await exchange.bring([made])
        assert rooms.committed() == {parent.chain, made.chain}

    with_rooms(tmp_path, use)
