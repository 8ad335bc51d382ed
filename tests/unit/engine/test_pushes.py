"""Pushes: which names are meant, what is refused, and what an image remembers of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.engine.pushes import Pushes
from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Progress, Registry
from jupyter_containers.registry.retries import RetryPolicy
from tests.support.registry_server import Fault, RegistryServer
from tests.support.stores import Rooms, with_rooms
from tests.support.tiny_image import image, layer

ONE = image(layer({"one": b"1"}), process={"Labels": {"course": "os"}})


def pushes(rooms: Rooms) -> Pushes:
    return Pushes(rooms.images, rooms.registry, rooms.content)


def test_a_push_is_told_and_remembered_as_a_digest(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        with RegistryServer() as server:
            name = Reference.parse(f"{server.address}/team/one:v1")
            await rooms.load({str(name): ONE})
            told: list[Progress] = []
            pushed = await pushes(rooms).push(name, progress=told.append)
            assert (pushed.tag, server.tags("team/one")) == ("v1", ["v1"])
            view = await rooms.images.find(str(name))
            assert view.repo_digests == [f"{server.address}/team/one@{pushed.digest}"]
            (event,) = rooms.told("push")
            assert event.actor_id == name.familiar
            assert event.attributes == {"course": "os", "name": name.familiar_repository}
            assert told[0].status == "Preparing"

    with_rooms(tmp_path, use)


def test_a_repository_without_a_tag_means_all_of_them(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"one:b": ONE, "one:a": ONE})
        named = pushes(rooms).names
        assert [name.familiar for name in named(Reference.parse("one"))] == ["one:a", "one:b"]
        assert named(Reference.parse("one:a")) == [Reference.parse("one:a")]
        with pytest.raises(NotFound, match="tag does not exist: one:c"):
            named(Reference.parse("one:c"))
        with pytest.raises(NotFound, match=r"An image does not exist locally with the tag: two$"):
            named(Reference.parse("two:c"))
        with pytest.raises(InvalidParameter, match="cannot push a digest reference"):
            named(Reference.parse("one").with_digest(Digest.of(b"x")))

    with_rooms(tmp_path, use)


def test_another_platform_than_the_images_is_refused(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"one:a": ONE})
        with pytest.raises(NotFound, match=r"does not provide the specified platform \(linux/s390x\)"):
            await pushes(rooms).push(
                Reference.parse("one:a"), platform=Platform("linux", "s390x"), progress=lambda _: None
            )

    with_rooms(tmp_path, use)


def test_an_image_that_is_removed_while_it_is_pushed_is_pushed_all_the_same(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        with RegistryServer() as server:
            name = Reference.parse(f"{server.address}/team/one:v1")
            await rooms.load({str(name): ONE, "other": image(layer({"other": b"1"}))})
            server.faults.append(Fault("POST ", status=503, times=1))

            async def interfere(_: float) -> None:
                await rooms.images.remove(str(name), force=True)
                removed = await rooms.images.remove("other")
                assert len(removed) == 3, "what the push does not need is collected meanwhile"

            async with Registry(rooms.content, retries=RetryPolicy((1,), sleep=interfere)) as registry:
                pushed = await Pushes(rooms.images, registry, rooms.content).push(name, progress=lambda _: None)
            assert server.document(f"/v2/team/one/manifests/{pushed.digest}") is not None
        await rooms.garbage.close()
        assert list(rooms.content) == []

    with_rooms(tmp_path, use)
