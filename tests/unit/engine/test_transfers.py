"""Transfers: pull, load and import over real stores, and what may not come in."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.engine.transfers import Pulled
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound, Unsupported
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.media_types import HOST_LAYER
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from jupyter_containers.oci.snapshot_record import COMMITTED, SnapshotRecord
from jupyter_containers.registry import Credentials, Progress
from tests.support.docker_archive import docker_archive
from tests.support.registry_server import RegistryServer
from tests.support.stores import Rooms, body, with_rooms
from tests.support.tiny_image import TinyImage, TinyLayer, image, index, layer, tar_of

ONE = image(layer({"one": b"1"}))


async def pull(rooms: Rooms, server: RegistryServer, name: str, platform: Platform | None = None) -> Pulled:
    reference = Reference.parse(f"{server.address}/{name}").with_default_tag()
    told: list[Progress] = []
    pulled = await rooms.transfers.pull(reference, platform=platform, progress=told.append)
    assert [step.status for step in told].count(f"Pulling from {reference.path}") == 1
    return pulled


def test_a_pull_unpacks_names_and_tells(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        with RegistryServer() as server:
            digest = server.add_image("team/one", "1", ONE)
            pulled = await pull(rooms, server, "team/one:1")
            assert (pulled.digest, pulled.is_new, pulled.warning) == (str(digest), True, "")
            view = await rooms.images.find(f"{server.address}/team/one:1")
            assert view.repo_digests == [f"{server.address}/team/one@{digest}"]
            assert (rooms.snapshots.upper(view.chain) or Path()).joinpath("one").read_bytes() == b"1"
            (event,) = rooms.told("pull")
            assert event.actor_id == f"{server.address}/team/one:1"
            assert not (await pull(rooms, server, "team/one:1")).is_new

    with_rooms(tmp_path, use)


def test_a_pull_by_digest_gives_no_tag_even_with_one_beside_it(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        with RegistryServer() as server:
            digest = server.add_image("team/one", "1", ONE)
            await pull(rooms, server, f"team/one:1@{digest}")
            (view,) = rooms.images.all()
            assert view.tags == []
            assert view.repo_digests == [f"{server.address}/team/one@{digest}"]

    with_rooms(tmp_path, use)


def test_an_image_that_is_only_for_another_platform_comes_with_a_warning(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        with RegistryServer() as server:
            server.add_image("team/one", "1", ONE)
            pulled = await pull(rooms, server, "team/one:1", Platform("linux", "s390x"))
            assert "does not match the specified platform: wanted linux/s390x, actual: linux/amd64" in pulled.warning
            server.add_image("team/both", "1", index(ONE, image(platform=Platform("linux", "s390x"))))
            assert (await pull(rooms, server, "team/both:1", Platform("linux", "s390x"))).warning == ""

    with_rooms(tmp_path, use)


def test_a_pull_that_fails_leaves_the_name_as_it_was_and_no_layer(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        with RegistryServer() as server:
            server.add_image("team/one", "1", ONE)
            await pull(rooms, server, "team/one:1")
            before = await rooms.images.find(f"{server.address}/team/one:1")
            lie = image(ONE.layers[0], layer({"x": b"x"}), diff_ids=[ONE.layers[0].diff_id, Digest.of(b"a lie")])
            server.add_image("team/one", "1", lie)
            with pytest.raises(ContainersError):
                await pull(rooms, server, "team/one:1")
            assert (await rooms.images.find(f"{server.address}/team/one:1")).id == before.id
            assert rooms.committed() == {before.chain}
            await rooms.garbage.collect()
            assert not rooms.content.contains(lie.image_id)

    with_rooms(tmp_path, use)


def test_host_is_in_no_registry(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        with pytest.raises(Unsupported, match="this machine's own root"):
            await rooms.transfers.pull(Reference.parse("host"), credentials=Credentials("a", "b"), progress=print)

    with_rooms(tmp_path, use)


def test_a_file_cannot_bring_in_the_root_of_this_machine(tmp_path: Path) -> None:
    """Neither by the type of a layer (an OCI layout), nor by promising a layer that is here and stands on the host."""
    content = json.dumps({"root": "/"}).encode()
    by_type = image(TinyLayer(content, Digest.of(content), HOST_LAYER))

    async def use(rooms: Rooms) -> None:
        with pytest.raises(ContainersError):
            await rooms.transfers.load(body(oci_layout(by_type)))
        masked = Digest.of(b"the masks")
        rooms.snapshot_records.add(SnapshotRecord("host:/", COMMITTED, None, 1001, adopted_path="/"))
        rooms.snapshot_records.add(SnapshotRecord(str(masked), COMMITTED, "host:/", 1002))
        by_promise = image(layer({"x": b"x"}), diff_ids=[masked])
        with pytest.raises(Unsupported, match="cannot come from outside"):
            await rooms.load({"trojan": by_promise})
        with RegistryServer() as server:
            server.add_image("trojan", "1", by_promise)
            with pytest.raises(Unsupported, match="cannot come from outside"):
                await pull(rooms, server, "trojan:1")
        assert rooms.images.all() == []

    with_rooms(tmp_path, use)


def oci_layout(tiny: TinyImage) -> bytes:
    files: dict[str, bytes | None] = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
    files |= {f"blobs/sha256/{digest.hex}": content for digest, content in tiny.blobs.items()}
    files[f"blobs/sha256/{tiny.digest.hex}"] = tiny.manifest
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [tiny.descriptor.to_json()]}).encode()
    return tar_of(dict(files))


def test_load_names_what_has_a_name_and_keeps_what_has_none(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        loaded = await rooms.transfers.load(body(gzip.compress(docker_archive({"a:1": ONE, "b/c:2": ONE}))))
        assert [[name.familiar for name in each.names] for each in loaded] in ([["a:1"], ["b/c:2"]], [["a:1", "b/c:2"]])
        nameless = await rooms.transfers.load(body(oci_layout(image(layer({"n": b"n"})))))
        assert nameless[0].names == ()
        assert sorted(view.tags for view in rooms.images.all()) == [[], ["b/c:2", "a:1"]]
        assert rooms.told("load")

    with_rooms(tmp_path, use)


def test_of_a_file_only_the_images_stay_and_of_a_broken_one_nothing(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        made = await rooms.load({"one:1": ONE})
        await rooms.garbage.close()
        assert set(rooms.content) == made.blobs
        other = {"config.json": b"{}", "layer.tar": b"1"}
        entry = {"Config": "config.json", "RepoTags": ["two:1"], "Layers": ["layer.tar"]}
        for table in ([entry], [1]):
            with pytest.raises(InvalidParameter):
                await rooms.transfers.load(body(tar_of(other | {"manifest.json": json.dumps(table).encode()})))
        await rooms.garbage.close()
        assert set(rooms.content) == made.blobs

    with_rooms(tmp_path, use)


def test_import_makes_an_image_of_one_layer_with_the_changes(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        name = Reference.parse("imported:1")
        made = await rooms.transfers.import_(
            body(tar_of({"hello": b"hi"})), name=name, changes=['CMD ["/hello"]'], message="made by hand"
        )
        view = await rooms.images.find("imported:1")
        assert view.id == made.config_digest
        assert list(view.config.process.cmd or ()) == ["/hello"]
        assert view.config.history[-1].comment == "made by hand"
        with pytest.raises(NotFound):
            await rooms.images.find("imported:2")

    with_rooms(tmp_path, use)


def test_who_gives_a_load_up_waits_for_the_layer_at_hand_and_nothing_is_collected_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    async def use(rooms: Rooms) -> None:
        commit = rooms.snapshots.commit

        def slow(*arguments: Any, **options: Any) -> Any:
            begun.set()
            assert may_end.wait(10)
            return commit(*arguments, **options)

        monkeypatch.setattr(rooms.snapshots, "commit", slow)
        loading = asyncio.ensure_future(rooms.load({"one:1": ONE}))
        await asyncio.to_thread(begun.wait, 10)
        loading.cancel()
        collected = await rooms.garbage.collect()
        assert collected.snapshots == ()
        assert not loading.done()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await loading
        await rooms.garbage.close()
        assert rooms.committed() == set()
        assert list(rooms.content) == []

    with_rooms(tmp_path, use)
