"""What builds hand out: how long it is kept, and in which forms."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from jupyter_containers.engine import shelf
from jupyter_containers.engine.build_outputs import names_in
from jupyter_containers.engine.build_results import BuildResults, Result
from jupyter_containers.errors import InvalidParameter, NotFound
from tests.support.stores import Rooms, with_rooms
from tests.support.tiny_image import image, layer

ONE = image(layer({"one": b"1"}))


async def written(results: BuildResults, name: str, kind: str) -> tarfile.TarFile:
    buffer = io.BytesIO()
    async with results.writing(name, kind) as write_to:
        write_to(buffer.write)
    buffer.seek(0)
    return tarfile.open(fileobj=buffer)


def test_an_image_is_handed_out_as_an_archive_until_it_is_forgotten(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        results = BuildResults(rooms.content, rooms.snapshots, rooms.garbage)
        made = await rooms.load({"one": ONE})
        name = results.keep(Result(made, names_in(["called"])))
        await rooms.images.remove("one")
        assert "manifest.json" in (await written(results, name, "docker")).getnames()
        assert "manifest.json" not in (await written(results, name, "oci")).getnames()
        with pytest.raises(InvalidParameter, match="no form 'zip'"):
            await written(results, name, "zip")
        results.forget(name)
        await rooms.garbage.collect()
        assert not rooms.content.contains(made.config_digest)
        for forgotten in (lambda: results.forget(name), lambda: results.keep(Result(made)) and results.forget("x")):
            with pytest.raises(NotFound, match="begin again"):
                forgotten()

    with_rooms(tmp_path, use)


def test_what_nobody_fetches_goes_after_a_while(tmp_path: Path) -> None:
    now = [0.0]

    async def use(rooms: Rooms) -> None:
        results = BuildResults(rooms.content, rooms.snapshots, rooms.garbage, monotonic=lambda: now[0])
        made = await rooms.load({"one": ONE})
        name = results.keep(Result(made))
        await rooms.images.remove("one")
        now[0] = shelf.KEPT_SECONDS - 1
        await rooms.garbage.collect()
        assert rooms.content.contains(made.config_digest)
        now[0] += 1
        await rooms.garbage.collect()
        assert not rooms.content.contains(made.config_digest)
        with pytest.raises(NotFound):
            await written(results, name, "oci")

    with_rooms(tmp_path, use)


def test_a_client_may_read_for_longer_than_results_are_kept(tmp_path: Path) -> None:
    now = [0.0]

    async def use(rooms: Rooms) -> None:
        results = BuildResults(rooms.content, rooms.snapshots, rooms.garbage, monotonic=lambda: now[0])
        made = await rooms.load({"one": ONE})
        name = results.keep(Result(made))
        await rooms.images.remove("one")
        buffer = io.BytesIO()
        async with results.writing(name, "oci") as write_to:
            now[0] = 2 * shelf.KEPT_SECONDS
            await rooms.garbage.collect()
            write_to(buffer.write)
        # The next form of it.
        assert "manifest.json" in (await written(results, name, "docker")).getnames()
        results.forget(name)

    with_rooms(tmp_path, use)


def test_the_oldest_makes_room(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        results = BuildResults(rooms.content, rooms.snapshots, rooms.garbage)
        made = await rooms.load({"one": ONE})
        kept = [results.keep(Result(made)) for _ in range(shelf.KEPT_AT_MOST + 1)]
        with pytest.raises(NotFound):
            results.forget(kept[0])
        results.forget(kept[1])

    with_rooms(tmp_path, use)


def test_names_of_images_that_are_built_have_no_digest() -> None:
    assert [name.familiar for name in names_in(["a", "", "b:2", "a:latest"])] == ["a:latest", "b:2"]
    with pytest.raises(InvalidParameter, match="cannot be named by a digest"):
        names_in([f"a@sha256:{'0' * 64}"])
