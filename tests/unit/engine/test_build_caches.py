"""What is asked of caches elsewhere; that they work is seen in tests/integration/client/test_build_caches.py."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from jupyter_containers.build.caches.exchange import Exchange
from jupyter_containers.build.filesystem import Filesystem, Layer
from jupyter_containers.build.progress import Event, Warned
from jupyter_containers.engine.build_caches import BuildCaches, CacheFrom, CacheTo, Wishes
from jupyter_containers.errors import ContainersError, InvalidParameter, Unsupported
from jupyter_containers.images.layout import save_blobs
from jupyter_containers.oci.reference import Reference
from tests.support.stores import Rooms, body, with_rooms
from tests.support.tiny_image import image, layer

NAME = Reference.parse("a/b:c")


def test_caches_are_read_as_they_are_written() -> None:
    assert CacheFrom.parse("registry", {"ref": "a/b:c"}) == CacheFrom(NAME)
    assert CacheFrom.parse("local", {"upload": "x"}) == CacheFrom(upload="x")
    assert CacheTo.parse("registry", {"ref": "a/b:c", "mode": "max", "image-manifest": "true"}) == CacheTo(
        "registry", NAME, everything=True
    )
    assert CacheTo.parse("local", {"compression": "uncompressed"}) == CacheTo("local")
    assert CacheTo.parse("inline", {"mode": "min"}) == CacheTo("inline")


@pytest.mark.parametrize(
    ("kind", "attributes", "error", "message"),
    [
        ("gha", {}, Unsupported, "type=gha is not supported; use"), ("s3", {}, Unsupported, "type=s3"),
        ("azblob", {}, Unsupported, "type=azblob"), ("zip", {}, InvalidParameter, "'zip' is not known"),
        ("registry", {}, InvalidParameter, "needs a ref"),
        ("registry", {"ref": "a", "registry.insecure": "true"}, Unsupported, "registry.insecure='true'"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused(
    kind: str, attributes: dict[str, str], error: type[ContainersError], message: str
) -> None:
    for parse in (CacheFrom.parse, CacheTo.parse):
        with pytest.raises(error, match=message):
            parse(kind, attributes)


@pytest.mark.parametrize(
    ("kind", "attributes", "message"),
    [
        ("registry", {"ref": "a", "mode": "mid"}, "expected min or max"), ("inline", {"mode": "max"}, "mode='max'"),
        ("local", {"compression": "zstd"}, "compression='zstd'"), ("local", {"oci-mediatypes": "false"}, "oci-media"),
    ],
)  # fmt: skip
def test_exports_in_other_forms_are_refused(kind: str, attributes: dict[str, str], message: str) -> None:
    with pytest.raises(ContainersError, match=message):
        CacheTo.parse(kind, attributes)


def test_what_is_written_for_a_folder_comes_in_again(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        caches = BuildCaches(rooms.registry, rooms.images, rooms.content, rooms.garbage)
        made = await rooms.load({"one": image(layer({"f": b"1"}))})
        stack = tuple(map(Layer, made.manifest.layers, made.config.diff_ids))
        exchange = Exchange(results=[Filesystem.of(stack)])
        exchange.note("0" * 64, exchange.results[0], "t")
        layout = caches.write(caches.select(exchange, CacheTo("local")))
        buffer = io.BytesIO()
        save_blobs(layout.manifests, layout.blobs, rooms.content, buffer.write)
        name = await caches.take_in(body(buffer.getvalue()))
        await rooms.garbage.collect()
        events: list[Event] = []
        async with rooms.garbage.working():
            opened = await caches.open(Wishes(sources=(CacheFrom(upload=name),)), events.append)
        [source] = opened.sources
        found = source.known.look_up("0" * 64, Filesystem())
        assert found is not None
        assert (found.layer is not None and found.layer.diff_id, events) == (stack[0].diff_id, [])
        # It was for one build.
        again = await caches.open(Wishes(sources=(CacheFrom(upload=name),), images=("gone",)), events.append)
        assert again.sources == []
        assert [type(event) for event in events] == [Warned]

    with_rooms(tmp_path, use)


def test_the_targets_together_say_how_much_of_a_build_is_told() -> None:
    least, most = CacheTo("inline"), CacheTo("local", everything=True)
    assert [Wishes(targets=targets).told for targets in ((), (least,), (least, most))] == ["", "min", "max"]


def test_the_exchange_knows_how_much_is_told(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        caches = BuildCaches(rooms.registry, rooms.images, rooms.content, rooms.garbage)
        opened = await caches.open(Wishes(targets=(CacheTo("inline"),)), print)
        assert (opened.carries, opened.told) == (True, "min")

    with_rooms(tmp_path, use)


def test_what_is_no_archive_is_no_cache(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        caches = BuildCaches(rooms.registry, rooms.images, rooms.content, rooms.garbage)
        with pytest.raises(InvalidParameter, match="invalid archive"):
            await caches.take_in(body(bytes(1024)))

    with_rooms(tmp_path, use)
