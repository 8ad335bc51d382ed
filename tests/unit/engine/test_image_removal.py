"""Removal of images and their names: the cases of dockerd, each tried there first."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.engine.image_removal import Removed, User
from jupyter_containers.engine.images import ImageNotFound
from jupyter_containers.errors import Conflict
from jupyter_containers.oci.reference import Reference
from tests.support.stores import Rooms, with_rooms
from tests.support.tiny_image import image, layer

TWO = image(layer({"one": b"1"}), layer({"two": b"2"}))
ONE = image(layer({"one": b"1"}))
CHAIN = str(ONE.layers[0].diff_id)
CONTAINER = "c0ffee" * 10 + "abcd"
REPOSITORY = "127.0.0.1:5000/team/one"
DIGEST = f"sha256:{'d' * 64}"


async def loaded(rooms: Rooms, *names: str, digests: tuple[str, ...] = ()) -> str:
    """Load the image under names and repository digests; return its id."""
    found = await rooms.load({names[0]: ONE})
    for name in names[1:]:
        rooms.images.add(found, Reference.parse(name))
    for text in digests:
        rooms.images.add(found, None, text)
    return str(found.config_digest)


def lines(removed: list[Removed]) -> list[str]:
    return [entry.untagged or entry.deleted for entry in removed]


def test_the_last_name_takes_the_image_and_its_layers_along(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        image_id = await loaded(rooms, "one:latest")
        assert lines(await rooms.images.remove("one")) == ["one:latest", image_id, CHAIN]
        assert rooms.committed() == set()
        assert list(rooms.content) == []
        with pytest.raises(ImageNotFound, match="No such image: one:latest"):
            await rooms.images.remove("one")

    with_rooms(tmp_path, use)


def test_another_name_keeps_the_image(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await loaded(rooms, "one:1", "one:2")
        assert lines(await rooms.images.remove("one:1")) == ["one:1"]
        assert (await rooms.images.find("one:2")).tags == ["one:2"]

    with_rooms(tmp_path, use)


def test_an_id_with_two_names_must_be_forced(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        image_id = await loaded(rooms, "one:1", "one:2")
        for text in (image_id, image_id[7:17]):
            with pytest.raises(Conflict, match=r"must be forced.*referenced in multiple repositories"):
                await rooms.images.remove(text)
        assert lines(await rooms.images.remove(image_id, force=True)) == ["one:1", "one:2", image_id, CHAIN]

    with_rooms(tmp_path, use)


def test_the_digests_of_a_repository_go_with_its_last_tag(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        names = (f"{REPOSITORY}:1", f"{REPOSITORY}:2")
        image_id = await loaded(rooms, *names, digests=(f"{REPOSITORY}@{DIGEST}",))
        assert lines(await rooms.images.remove(names[0])) == [names[0]]
        assert lines(await rooms.images.remove(names[1])) == [names[1], f"{REPOSITORY}@{DIGEST}", image_id, CHAIN]

    with_rooms(tmp_path, use)


def test_the_digest_of_another_repository_keeps_the_image(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        image_id = await loaded(rooms, f"{REPOSITORY}:1", digests=(f"example.org/other@{DIGEST}",))
        assert lines(await rooms.images.remove(f"{REPOSITORY}:1")) == [f"{REPOSITORY}:1"]
        assert lines(await rooms.images.remove(f"example.org/other@{DIGEST}"))[1:] == [image_id, CHAIN]

    with_rooms(tmp_path, use)


def test_a_digest_can_be_taken_off_alone(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await loaded(rooms, f"{REPOSITORY}:1", digests=(f"{REPOSITORY}@{DIGEST}",))
        assert lines(await rooms.images.remove(f"{REPOSITORY}@{DIGEST}")) == [f"{REPOSITORY}@{DIGEST}"]
        assert (await rooms.images.find(f"{REPOSITORY}:1")).repo_digests == []

    with_rooms(tmp_path, use)


def test_an_id_with_one_tag_and_its_digest_needs_no_force(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        image_id = await loaded(rooms, f"{REPOSITORY}:1", digests=(f"{REPOSITORY}@{DIGEST}",))
        removed = lines(await rooms.images.remove(image_id))
        assert removed == [f"{REPOSITORY}:1", f"{REPOSITORY}@{DIGEST}", image_id, CHAIN]

    with_rooms(tmp_path, use)


def test_a_stopped_container_is_minded_without_force(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        image_id = await loaded(rooms, "one:latest")
        rooms.images.users = lambda _image_id: [User(CONTAINER, is_running=False)]
        with pytest.raises(Conflict, match=r'repository reference "one" \(must force\) - container c0ffeec0ffee is'):
            await rooms.images.remove("one")
        with pytest.raises(Conflict, match=r"\(must be forced\) - image is being used by stopped container c0ffee"):
            await rooms.images.remove(image_id)
        assert lines(await rooms.images.remove("one", force=True))[:2] == ["one:latest", image_id]

    with_rooms(tmp_path, use)


def test_a_running_container_keeps_the_image_whatever_is_forced(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        image_id = await loaded(rooms, "one:latest")
        rooms.images.users = lambda _image_id: [User("aa", is_running=False), User(CONTAINER, is_running=True)]
        with pytest.raises(Conflict, match=r"\(cannot be forced\) - image is being used by running container c0ffee"):
            await rooms.images.remove(image_id, force=True)
        assert lines(await rooms.images.remove("one", force=True)) == ["one:latest"]
        assert (await rooms.images.find(image_id)).tags == []

    with_rooms(tmp_path, use)


def test_a_layer_that_another_image_has_too_stays(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        image_id = await loaded(rooms, "one:latest")
        await rooms.load({"two": image(ONE.layers[0], layer({"two": b"2"}))})
        assert lines(await rooms.images.remove("one")) == ["one:latest", image_id]
        assert CHAIN in rooms.committed()

    with_rooms(tmp_path, use)


def test_what_an_image_was_made_from_goes_with_it_unless_it_is_kept(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        parent_id = await loaded(rooms, "one:latest")
        for prune, rest in ((False, []), (True, [parent_id])):
            child = await rooms.load({"two": TWO})
            rooms.images.add(child, parent=ONE.image_id)
            with pytest.raises(Conflict, match=r"cannot be forced.*image has dependent child images"):
                await rooms.images.remove(parent_id, force=True)
            if rooms.images.references(rooms.images.record(parent_id)):
                assert lines(await rooms.images.remove("one")) == ["one:latest"]
            removed = lines(await rooms.images.remove("two", prune=prune))
            assert removed[: 2 + len(rest)] == ["two:latest", str(TWO.image_id), *rest]
        assert rooms.committed() == set()

    with_rooms(tmp_path, use)


def test_a_damaged_image_can_be_removed(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        image_id = await loaded(rooms, "one:latest")
        rooms.content.delete(ONE.image_id)
        assert rooms.images.all() == []
        await rooms.garbage.collect()
        assert lines(await rooms.images.remove("one"))[:2] == ["one:latest", image_id]

    with_rooms(tmp_path, use)


def test_prune_deletes_what_is_wanted_and_not_used(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        image_id = await loaded(rooms, "one:latest")
        used = await rooms.load({"two": image(layer({"two": b"2"}))})
        rooms.images.users = lambda wanted: [User("aa", False)] if wanted == used.config_digest else []
        removed, freed = await rooms.images.prune(lambda _view: True)
        assert lines(removed) == ["one:latest", image_id, CHAIN]
        assert freed > 0
        assert [view.tags for view in rooms.images.all()] == [["two:latest"]]

    with_rooms(tmp_path, use)


def test_events_tell_of_each_name_and_of_the_end(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await loaded(rooms, "one:1", "one:2")
        for name in ("one:1", "one:2"):
            await rooms.images.remove(name)
        (deleted,) = rooms.told("delete")
        assert [event.actor_id for event in rooms.told("untag")] == [deleted.actor_id] * 2

    with_rooms(tmp_path, use)


def test_the_end_of_its_last_container_lets_a_deleted_images_layers_go(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        image_id = await loaded(rooms, "one:latest")
        rooms.snapshots.prepare("container:1", CHAIN)
        rooms.images.users = lambda _: [User("1", False)]
        assert lines(await rooms.images.remove("one", force=True)) == ["one:latest", image_id]
        assert rooms.committed() == {CHAIN, "container:1"}
        rooms.snapshots.remove("container:1")
        rooms.images.let_go(image_id)
        await rooms.garbage.close()
        assert rooms.committed() == set()
        rooms.images.let_go("")

    with_rooms(tmp_path, use)


def test_a_removal_tells_of_its_own_layers_only(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        image_id = await loaded(rooms, "one:latest")
        rooms.snapshots.prepare("unpack:x", None)
        rooms.snapshots.commit("sha256:left-over", "unpack:x")
        assert lines(await rooms.images.remove("one")) == ["one:latest", image_id, CHAIN]
        assert rooms.committed() == set()

    with_rooms(tmp_path, use)
