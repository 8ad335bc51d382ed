"""What a name means for a platform: its own image, another one of its index, or nothing."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from jupyter_containers.engine import platforms
from jupyter_containers.engine.exports import Exports
from jupyter_containers.engine.platforms import NotForPlatform
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from tests.support import tiny_image
from tests.support.docker_archive import oci_archive
from tests.support.registry_server import RegistryServer
from tests.support.saved_image import SavedImage
from tests.support.stores import Rooms, body, with_rooms

ARM, IBM = Platform("linux", "arm64", "v8"), Platform("linux", "s390x")
AMD_IMAGE = tiny_image.image(tiny_image.layer({"amd": b"1"}))
ARM_IMAGE = tiny_image.image(tiny_image.layer({"arm": b"1"}), platform=ARM)
BOTH = tiny_image.index(ARM_IMAGE, AMD_IMAGE)
NAME = Reference.parse("several:1")


def test_by_name_or_digest_of_its_index_any_of_its_images_is_seen(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.transfers.load(body(oci_archive(BOTH, NAME)))
        for text in ("several:1", str(BOTH.digest), BOTH.digest.short):
            view = platforms.seen(rooms.images, text, ARM)
            assert (view.id, view.tags, view.record.target.digest) == (
                ARM_IMAGE.image_id, ["several:1"], ARM_IMAGE.digest,
            )  # fmt: skip
            assert platforms.seen(rooms.images, text, AMD_IMAGE.platform).id == AMD_IMAGE.image_id
            assert platforms.seen(rooms.images, text, None).id == AMD_IMAGE.image_id
        assert [view.id for view in rooms.images.all()] == [AMD_IMAGE.image_id], "looking makes no record"
        for text, wanted in (("several:1", IBM), (str(AMD_IMAGE.image_id), ARM)):
            with pytest.raises(NotForPlatform, match=f"{text} was found but does not provide .*{wanted}"):
                platforms.seen(rooms.images, text, wanted)

    with_rooms(tmp_path, use)


def test_what_a_container_is_to_stand_on_is_unpacked_and_known(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.transfers.load(body(oci_archive(BOTH, NAME)))
        view = await rooms.transfers.for_platform("several:1", ARM)
        assert (view.id, view.tags) == (ARM_IMAGE.image_id, [])
        assert set(view.image.chain) <= rooms.committed()
        assert rooms.images.known(ARM_IMAGE.image_id) is not None
        assert (await rooms.transfers.for_platform("several:1", AMD_IMAGE.platform)).id == AMD_IMAGE.image_id
        with pytest.raises(NotForPlatform, match="wanted linux/s390x, actual: linux/amd64"):
            await rooms.transfers.for_platform("several:1", IBM)

    with_rooms(tmp_path, use)


def test_an_index_that_is_not_whole_has_no_image_that_is_missing(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.transfers.load(body(oci_archive(BOTH, NAME, without=ARM_IMAGE.layers[0])))
        with pytest.raises(NotForPlatform):
            platforms.seen(rooms.images, "several:1", ARM)

    with_rooms(tmp_path, use)


def test_one_platform_is_saved_by_the_digest_of_the_index(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.transfers.load(body(oci_archive(BOTH, NAME)))
        file = io.BytesIO()
        async with Exports(rooms.images, rooms.content).saving([str(BOTH.digest)], ARM) as write:
            write(file.write)
        assert SavedImage(file.getvalue()).layers == [["arm"]]

    with_rooms(tmp_path, use)


def test_a_pull_keeps_the_digest_of_the_index_and_one_image(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        with RegistryServer() as server:
            server.add_image("team/several", "1", BOTH)
            name = Reference.parse(f"{server.address}/team/several:1")
            await rooms.transfers.pull(name, progress=lambda _: None)
            await rooms.garbage.collect()
            (view,) = rooms.images.all()
            assert view.repo_digests == [f"{server.address}/team/several@{BOTH.digest}"]
            assert view.record.target.digest == AMD_IMAGE.digest
            assert rooms.images.indexes.of(name) is None
            assert not rooms.content.contains(ARM_IMAGE.digest)

    with_rooms(tmp_path, use)


def test_a_name_with_the_index_that_is_pulled_goes_on_to_mean_all_of_it(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        with RegistryServer() as server:
            server.add_image("team/several", "1", BOTH)
            name = Reference.parse(f"{server.address}/team/several:1")
            await rooms.transfers.load(body(oci_archive(BOTH, name)))
            for platform in (None, ARM):
                await rooms.transfers.pull(name, platform=platform, progress=lambda _: None)
                await rooms.garbage.collect()
                assert rooms.images.indexes.of(name) == BOTH.descriptor
                view = await rooms.images.find(str(name))
                assert (view.id, view.repo_digests) == (
                    AMD_IMAGE.image_id, [f"{server.address}/team/several@{BOTH.digest}"],
                )  # fmt: skip
            server.add_image("team/several", "1", AMD_IMAGE)
            await rooms.transfers.pull(name, progress=lambda _: None)
            assert rooms.images.indexes.of(name) is None

    with_rooms(tmp_path, use)
