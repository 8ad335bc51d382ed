"""Images: how they are found, listed, tagged, told of, and what they protect."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.engine.images import ImageNotFound
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.reference import Reference
from tests.support.stores import Rooms, with_rooms
from tests.support.tiny_image import image, layer

BASE = layer({"base": b"0123456789"})
TWO = image(BASE, layer({"top": b"abc"}), process={"Labels": {"course": "os"}})
DIGEST = f"sha256:{'e' * 64}"


def test_an_image_is_found_by_name_id_and_unique_prefix(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        found = await rooms.load({"local/two:1": TWO})
        full = str(found.config_digest)
        for text in ("local/two:1", "docker.io/local/two:1", full, full[7:], full[7:19], full[:20]):
            assert (await rooms.images.find(text)).id == found.config_digest
        named = {"local/two": "local/two:latest", "f" * 64: f"sha256:{'f' * 64}", "ghost": "ghost:latest"}
        for text, name in named.items():
            with pytest.raises(ImageNotFound) as caught:
                await rooms.images.find(text)
            assert caught.value.message == f"No such image: {name}"
        with pytest.raises(InvalidParameter, match="must be lowercase"):
            await rooms.images.find("UPPER")

    with_rooms(tmp_path, use)


def test_a_name_beats_the_beginning_of_an_id(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        first = await rooms.load({"one": image(BASE)})
        second = await rooms.load({first.config_digest.hex[:6]: TWO})
        assert (await rooms.images.find(first.config_digest.hex[:6])).id == second.config_digest

    with_rooms(tmp_path, use)


def test_a_name_that_moves_leaves_its_image_without_one(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"moving": image(BASE)})
        await rooms.load({"moving": TWO})
        assert sorted(view.tags for view in rooms.images.all()) == [[], ["moving:latest"]]
        assert rooms.images.count() == 2

    with_rooms(tmp_path, use)


def test_tagging_is_told_with_the_labels_of_the_image(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"two": TWO})
        rooms.images.tag(await rooms.images.find("two"), Reference.parse("again"))
        assert (await rooms.images.find("again")).tags == ["again:latest", "two:latest"]
        assert rooms.told("tag")[-1].attributes == {"course": "os", "name": "again:latest"}
        with pytest.raises(InvalidParameter, match="digest reference"):
            rooms.images.tag(await rooms.images.find("two"), Reference.parse(f"again@{DIGEST}"))

    with_rooms(tmp_path, use)


@pytest.mark.parametrize(
    ("pattern", "tags", "digests"),
    [
        ("127.0.0.1:5000/team/two", 2, 1),
        ("*/team/two:1", 1, 0),
        ("*/*/two:*", 2, 0),
        (f"127.0.0.1:5000/team/two@{DIGEST}", 0, 1),
        ("127.0.0.1:5000/team/t[uvw]o:2", 1, 0),
    ],
)
def test_a_pattern_picks_names_and_digests(tmp_path: Path, pattern: str, tags: int, digests: int) -> None:
    async def use(rooms: Rooms) -> None:
        found = await rooms.load({"127.0.0.1:5000/team/two:1": TWO})
        rooms.images.add(found, Reference.parse("127.0.0.1:5000/team/two:2"), f"127.0.0.1:5000/team/two@{DIGEST}")
        view = await rooms.images.find(str(found.config_digest))
        narrowed = view.narrowed(["absent", pattern])
        assert narrowed is not None
        assert (len(narrowed.tags), len(narrowed.repo_digests)) == (tags, digests)
        assert view.narrowed(["*/two", "two", "team/*"]) is None, "an asterisk ends at a slash"

    with_rooms(tmp_path, use)


def test_history_has_the_size_of_each_layer_and_names_at_the_newest_step(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"two": TWO})
        view = await rooms.images.find("two")
        newest, oldest = rooms.images.history(view)
        assert (newest.history.created_by, newest.size, newest.tags) == ("layer 1", 3, ("two:latest",))
        assert (oldest.history.created_by, oldest.size, oldest.id) == ("layer 0", 10, "<missing>")
        assert view.record.size == 13

    with_rooms(tmp_path, use)


def test_what_an_image_needs_survives_a_collection(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        found = await rooms.load({"two": TWO})
        await rooms.garbage.collect()
        assert rooms.committed() == set(found.chain)
        assert rooms.content.contains(found.config_digest)
        assert all(rooms.content.contains(blob.digest) for blob in found.manifest.layers)

    with_rooms(tmp_path, use)


def test_a_damaged_image_takes_no_other_along(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        damaged = await rooms.load({"damaged": image(layer({"x": b"x"}))})
        whole = await rooms.load({"two": TWO})
        rooms.content.delete(damaged.config_digest)
        await rooms.garbage.collect()
        assert [view.tags for view in rooms.images.all()] == [["two:latest"]]
        assert rooms.committed() == set(whole.chain)

    with_rooms(tmp_path, use)


def test_a_list_asks_the_database_twice_however_long_it_is(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        asked: list[str] = []
        rooms.images._names._database._connection.set_trace_callback(asked.append)
        counts = []
        for number in range(3):
            await rooms.load({f"one:{number}": image(layer({f"{number}": b""})), f"two:{number}": image()})
            rooms.images.all()
            asked.clear()
            rooms.images.all()
            counts.append(len(asked))
        assert counts == [2, 2, 2]

    with_rooms(tmp_path, use)
