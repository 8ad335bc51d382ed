"""Where builds find their bases; with whose credentials one is pulled, see test_builds.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.engine.base_images import BaseImages
from jupyter_containers.errors import ContainersError, NotFound, Unsupported
from jupyter_containers.oci.platform import Platform
from tests.support.registry_server import RegistryServer
from tests.support.stores import Rooms, with_rooms
from tests.support.tiny_image import image, layer

ONE, OTHER = image(layer({"one": b"1"})), image(layer({"other": b"2"}))


def test_what_is_here_is_asked_for_elsewhere_only_on_request(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        bases = BaseImages(rooms.images, rooms.transfers)
        with RegistryServer() as server:
            name = f"{server.address}/team/app:1"
            server.add_image("team/app", "1", OTHER)
            made = await rooms.load({name: ONE})
            assert await bases.resolve(name, False, print) == made
            assert await bases.local(name) == made
            assert (await bases.resolve(name, True, print)).config_digest == OTHER.image_id
        assert await bases.local("unknown") is None

    with_rooms(tmp_path, use)


def test_an_image_for_another_platform_is_not_the_one(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        bases = BaseImages(rooms.images, rooms.transfers)
        with RegistryServer() as server:
            name = f"{server.address}/gone:1"
            await rooms.load({name: ONE})
            assert await bases.resolve(name, False, print, platform=Platform("linux", "amd64"))
            with pytest.raises(ContainersError, match="gone"):
                await bases.resolve(name, False, print, platform=Platform("linux", "s390x"))

    with_rooms(tmp_path, use)


def test_an_id_is_asked_for_at_no_registry(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        bases = BaseImages(rooms.images, rooms.transfers)
        made = await rooms.load({"one:1": ONE})
        assert await bases.resolve(str(made.config_digest), True, print) == made
        with pytest.raises(NotFound, match="is for linux/amd64, and not for linux/s390x"):
            await bases.resolve(str(made.config_digest), True, print, platform=Platform("linux", "s390x"))
        with pytest.raises(NotFound, match="sha256:aaaa"):
            await bases.resolve("sha256:" + "a" * 64, True, print)

    with_rooms(tmp_path, use)


def test_the_host_is_for_itself_only(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        bases = BaseImages(rooms.images, rooms.transfers)
        with pytest.raises(Unsupported):
            await bases.resolve("host", False, print, platform=Platform("linux", "s390x"))

    with_rooms(tmp_path, use)
