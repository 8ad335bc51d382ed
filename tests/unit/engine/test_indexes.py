"""Names that mean images for several platforms: loaded, kept, tagged, pushed, saved, and gone."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.engine.base_images import BaseImages
from jupyter_containers.engine.exports import Exports
from jupyter_containers.engine.pushes import Pushes
from jupyter_containers.errors import NotFound
from jupyter_containers.images.layout import save_blobs
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from tests.support import tiny_image
from tests.support.docker_archive import oci_archive
from tests.support.registry_server import RegistryServer
from tests.support.stores import Rooms, body, with_rooms
from tests.support.tiny_image import TinyImage

ARM = Platform("linux", "arm64", "v8")
PLAIN = tiny_image.layer({"arm": b"2"}, compression="none")
AMD_IMAGE, ARM_IMAGE = (
    tiny_image.image(tiny_image.layer({"amd": b"1"})),
    tiny_image.image(tiny_image.layer({"arm": b"1"}), platform=ARM),
)
BOTH = tiny_image.index(ARM_IMAGE, AMD_IMAGE)
NAME = Reference.parse("several:1")


async def load(rooms: Rooms, image: TinyImage = BOTH, **options: Any) -> None:
    await rooms.transfers.load(body(oci_archive(image, NAME, **options)))


def test_an_index_stays_with_its_name_and_the_image_of_this_machine_is_what_is_listed(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await load(rooms)
        (view,) = rooms.images.all()
        assert (view.id, view.tags) == (AMD_IMAGE.image_id, ["several:1"])
        assert rooms.images.indexes.of(NAME) == BOTH.descriptor
        await rooms.garbage.collect()
        assert all(rooms.content.contains(digest) for digest in (BOTH.digest, ARM_IMAGE.digest, *BOTH.blobs))
        for text in (str(BOTH.digest), BOTH.digest.hex, BOTH.digest.short):
            assert (await rooms.images.find(text)).id == AMD_IMAGE.image_id

    with_rooms(tmp_path, use)


def test_another_name_means_all_of_it_too_and_with_the_last_one_it_goes(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await load(rooms)
        images, other, own = rooms.images, Reference.parse("other:1"), Reference.parse("own:1")
        for source, name in (("several:1", other), (str(AMD_IMAGE.image_id), own)):
            images.tag(await images.find(source), name, source)
        assert images.indexes.of(other) == BOTH.descriptor
        assert images.indexes.of(own) is None, "an id is of one image"
        await images.remove("several:1")
        await rooms.garbage.collect()
        assert rooms.content.contains(ARM_IMAGE.digest)
        await images.remove("other:1")
        await rooms.garbage.close()
        assert not any(map(rooms.content.contains, (BOTH.digest, ARM_IMAGE.digest, *ARM_IMAGE.blobs)))
        assert all(map(rooms.content.contains, AMD_IMAGE.blobs))
        await images.remove("own:1")
        assert not any(map(rooms.content.contains, AMD_IMAGE.blobs))

    with_rooms(tmp_path, use)


def test_a_name_that_is_given_again_means_what_it_meant(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await load(rooms)
        rooms.images.tag(await rooms.images.find("several:1"), NAME, "several:1")
        assert rooms.images.indexes.of(NAME) == BOTH.descriptor

    with_rooms(tmp_path, use)


def test_what_only_an_index_had_goes_when_its_name_is_given_to_another_image(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await load(rooms)
        rooms.images.tag(await rooms.images.find(str(AMD_IMAGE.image_id)), NAME)
        await rooms.garbage.close()
        assert not any(map(rooms.content.contains, (BOTH.digest, ARM_IMAGE.digest, *ARM_IMAGE.blobs)))

    with_rooms(tmp_path, use)


def test_it_can_be_removed_by_the_digest_of_its_index(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await load(rooms)
        removed = await rooms.images.remove(str(BOTH.digest))
        assert [entry.untagged or entry.deleted for entry in removed][:2] == ["several:1", str(AMD_IMAGE.image_id)]
        await rooms.garbage.close()
        assert not rooms.content.contains(BOTH.digest)

    with_rooms(tmp_path, use)


def test_a_removal_tells_what_went_and_a_prune_how_much(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await load(rooms)
        (view,) = rooms.images.all()
        removed = await rooms.images.remove("several:1")
        assert [entry.deleted for entry in removed if entry.deleted] == [str(view.id), view.chain]
        await load(rooms)
        _, freed = await rooms.images.prune(lambda _view: True)
        assert freed > 0

    with_rooms(tmp_path, use)


def test_a_push_sends_all_images_and_the_index_as_it_is(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        with RegistryServer() as server:
            await load(rooms)
            name = Reference.parse(f"{server.address}/team/several:1")
            rooms.images.tag(await rooms.images.find("several:1"), name, "several:1")
            pushes = Pushes(rooms.images, rooms.registry, rooms.content)
            pushed = await pushes.push(name, progress=lambda _: None)
            document = server.document("/v2/team/several/manifests/1")
            assert document is not None
            assert (document.content, document.media_type, pushed.digest) == (
                BOTH.manifest, BOTH.media_type, BOTH.digest,
            )  # fmt: skip
            assert all(server.blob("team/several", str(digest)) == blob for digest, blob in BOTH.blobs.items())
            assert str(BOTH.digest) in (await rooms.images.find(str(name))).repo_digests[0]
            one = await pushes.push(name, platform=ARM, progress=lambda _: None)
            assert one.digest == ARM_IMAGE.digest

    with_rooms(tmp_path, use)


def test_a_push_that_compresses_layers_makes_another_index(tmp_path: Path) -> None:
    plain = tiny_image.image(PLAIN, platform=ARM)
    both = tiny_image.index(plain, AMD_IMAGE)

    async def use(rooms: Rooms) -> None:
        with RegistryServer() as server:
            await load(rooms, both)
            name = Reference.parse(f"{server.address}/team/several:1")
            rooms.images.tag(await rooms.images.find("several:1"), name, "several:1")
            pushed = await Pushes(rooms.images, rooms.registry, rooms.content).push(name, progress=lambda _: None)
            document = server.document(f"/v2/team/several/manifests/{pushed.digest}")
            assert document is not None
            entries = json.loads(document.content)["manifests"]
            assert [entry["platform"]["architecture"] for entry in entries] == ["arm64", "amd64"]
            assert entries[0]["digest"] != str(plain.digest)
            assert entries[1]["digest"] == str(AMD_IMAGE.digest)
            assert server.document(f"/v2/team/several/manifests/{entries[0]['digest']}") is not None

    with_rooms(tmp_path, use)


def test_what_is_not_whole_is_not_pushed_as_a_whole(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await load(rooms, without=ARM_IMAGE.layers[0])
        found = rooms.images.indexes.load(NAME)
        assert found is not None
        assert [part.entry.digest for part in found.parts] == [AMD_IMAGE.digest]
        pushes = Pushes(rooms.images, rooms.registry, rooms.content)
        with pytest.raises(NotFound, match="not here is linux/arm64/v8; push one with --platform"):
            await pushes.push(NAME, progress=lambda _: None)

    with_rooms(tmp_path, use)


def test_a_saved_index_is_loaded_again(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await load(rooms)
        file = io.BytesIO()
        async with Exports(rooms.images, rooms.content).saving(["several:1"]) as write:
            write(file.write)
        await rooms.images.remove("several:1")
        await rooms.garbage.close()
        assert not rooms.content.contains(BOTH.digest)
        await rooms.transfers.load(body(file.getvalue()))
        await rooms.garbage.collect()
        assert rooms.images.indexes.of(NAME) == BOTH.descriptor
        assert rooms.content.contains(ARM_IMAGE.digest)
        (view,) = rooms.images.all()
        assert view.record.target.digest == AMD_IMAGE.digest
        one = io.BytesIO()
        async with Exports(rooms.images, rooms.content).saving(["several:1"], AMD_IMAGE.platform) as write:
            write(one.write)
        with tarfile.open(fileobj=io.BytesIO(one.getvalue())) as tar:
            names = tar.getnames()
        assert f"blobs/sha256/{ARM_IMAGE.digest.hex}" not in names

    with_rooms(tmp_path, use)


def test_the_image_for_another_platform_is_saved_alone(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await load(rooms)
        file = io.BytesIO()
        async with Exports(rooms.images, rooms.content).saving(["several:1"], ARM) as write:
            await rooms.images.remove("several:1")
            await rooms.garbage.close()
            write(file.write)
        with tarfile.open(fileobj=io.BytesIO(file.getvalue())) as tar:
            manifest = tar.extractfile("manifest.json")
            assert manifest is not None
            (entry,) = json.load(manifest)
            names = tar.getnames()
        assert entry["RepoTags"] == ["several:1"]
        assert entry["Config"].endswith(ARM_IMAGE.image_id.hex)
        assert f"blobs/sha256/{AMD_IMAGE.digest.hex}" not in names

    with_rooms(tmp_path, use)


def test_what_is_saved_by_the_digest_of_its_index_has_no_name(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await load(rooms)
        for text in (str(BOTH.digest), BOTH.digest.hex, BOTH.digest.short):
            file = io.BytesIO()
            async with Exports(rooms.images, rooms.content).saving([text]) as write:
                write(file.write)
            with tarfile.open(fileobj=io.BytesIO(file.getvalue())) as tar:
                manifest = tar.extractfile("manifest.json")
                assert manifest is not None
                (entry,) = json.load(manifest)
            assert entry["RepoTags"] is None, text

    with_rooms(tmp_path, use)


def test_a_base_for_another_platform_is_found_in_it(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await load(rooms)
        bases = BaseImages(rooms.images, rooms.transfers)
        found = await bases.resolve("several:1", False, lambda _: None, platform=ARM)
        assert found.config_digest == ARM_IMAGE.image_id
        assert set(found.chain) <= rooms.committed()

    with_rooms(tmp_path, use)


def test_a_layout_without_names_has_no_index_here(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await load(rooms)
        file = io.BytesIO()
        save_blobs([BOTH.descriptor], {BOTH.digest, AMD_IMAGE.digest, *AMD_IMAGE.blobs}, rooms.content, file.write)
        await rooms.images.remove("several:1")
        await rooms.transfers.load(body(file.getvalue()))
        assert [view.tags for view in rooms.images.all()] == [[]]
        await rooms.garbage.collect()
        assert not rooms.content.contains(BOTH.digest)

    with_rooms(tmp_path, use)


async def pull(rooms: Rooms, name: Reference, platform: Platform | None = None) -> None:
    await rooms.transfers.pull(name, platform=platform, progress=lambda _: None)


def test_a_pull_of_an_index_keeps_its_document_with_the_one_image(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        with RegistryServer() as server:
            name = Reference.parse(f"{server.address}/team/both:1")
            server.add_image("team/both", "1", BOTH)
            await pull(rooms, name)
            view = await rooms.images.find(str(name))
            assert view.repo_digests == [f"{name.repository}@{BOTH.digest}"]
            assert rooms.images.indexes.of(name) is None
            await rooms.garbage.collect()
            assert rooms.content.contains(BOTH.digest)
            # A registry would refuse an index of images that it has not.
            to = Reference.parse(f"{server.address}/team/copy:1")
            rooms.images.tag(view, to, str(name))
            pushed = await Pushes(rooms.images, rooms.registry, rooms.content).push(to, progress=lambda _: None)
            assert pushed.digest == AMD_IMAGE.digest
            for text in (str(name), str(to)):
                await rooms.images.remove(text)
            await rooms.garbage.close()
            assert not rooms.content.contains(BOTH.digest)

    with_rooms(tmp_path, use)


def test_a_name_means_the_index_when_all_of_it_has_been_pulled(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        with RegistryServer() as server:
            name = Reference.parse(f"{server.address}/team/both:1")
            server.add_image("team/both", "1", BOTH)
            await pull(rooms, name, ARM)
            assert rooms.images.indexes.of(name) is None
            await pull(rooms, name)
            meant = rooms.images.indexes.of(name)
            assert meant is not None and meant.digest == BOTH.digest
            assert (await rooms.images.find(str(name))).id == AMD_IMAGE.image_id
            to = Reference.parse(f"{server.address}/team/copy:1")
            rooms.images.tag(await rooms.images.find(str(name)), to, str(name))
            pushed = await Pushes(rooms.images, rooms.registry, rooms.content).push(to, progress=lambda _: None)
            assert pushed.digest == BOTH.digest

    with_rooms(tmp_path, use)
