"""Push against a registry that can be told to misbehave; a real one is in tests/compat."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.metadata.blob_places import BlobPlaces
from jupyter_containers.metadata.database import Database
from jupyter_containers.oci import media_types
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.manifest import Manifest, parse_manifest
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry.credentials import Credentials
from jupyter_containers.registry.failures import LoginRequired, RegistryRefused, RegistryUnreachable
from jupyter_containers.registry.push import Pushable, Pushed
from tests.support import tiny_image
from tests.support.registry_client import Client, with_client
from tests.support.registry_server import Fault, RegistryServer
from tests.support.tiny_image import TinyImage

PLAIN = tiny_image.layer({"plain": b"p" * 3_000_000}, compression="none")
PACKED = tiny_image.layer({"packed": b"q" * 5000})
MIXED = tiny_image.image(PACKED, PLAIN)
WHOLE = tiny_image.image(PACKED)


def keep(store: DirectoryStore, image: TinyImage) -> Pushable:
    for content in (*image.blobs.values(), image.manifest):
        store.write(content)
    manifest = parse_manifest(image.manifest, image.media_type)
    assert isinstance(manifest, Manifest)
    return Pushable(manifest, image.manifest, tuple(layer.diff_id.short for layer in image.layers))


async def push(
    client: Client, server: RegistryServer, image: TinyImage, name: str = "team/app:1", **options: Any
) -> Pushed:
    reference = Reference.parse(f"{server.address}/{name}")
    return await client.registry.push(reference, keep(client.store, image), progress=client.told.append, **options)


def run(tmp_path: Path, server: RegistryServer, *images: TinyImage, **options: Any) -> Client:
    """Push images one after another; return the client with what it was told."""

    async def use(client: Client) -> Client:
        for image in images:
            await push(client, server, image, **options)
        return client

    places = BlobPlaces(Database(tmp_path / "places.db"))
    client: Client = with_client(tmp_path / "store", use, places=places)
    return client


def test_compressed_layers_go_as_they_are_and_the_manifest_byte_by_byte(tmp_path: Path) -> None:
    with RegistryServer() as server:
        run(tmp_path, server, WHOLE)
        document = server.document("/v2/team/app/manifests/1")
        assert document is not None
        assert (document.content, document.media_type) == (WHOLE.manifest, WHOLE.media_type)
        assert server.blob("team/app", str(PACKED.descriptor.digest)) == PACKED.content
        assert [line for line in server.lines("^(PATCH|PUT)") if "manifests" in line][-1] == server.lines()[-1]


def test_a_plain_layer_is_compressed_and_the_manifest_says_so(tmp_path: Path) -> None:
    with RegistryServer() as server:
        client = run(tmp_path, server, MIXED)
        document = server.document("/v2/team/app/manifests/1")
        assert document is not None
        manifest = parse_manifest(document.content, document.media_type)
        assert isinstance(manifest, Manifest)
        packed, plain = manifest.layers
        assert packed == PACKED.descriptor
        content = server.blob("team/app", str(plain.digest))
        assert content is not None
        assert (gzip.decompress(content), len(content)) == (PLAIN.content, plain.size)
        assert plain.media_type.endswith("tar+gzip")
        assert client.statuses(PLAIN.diff_id.short)[0] == "Preparing"
        assert client.statuses(PLAIN.diff_id.short)[-2:] == ["Pushing", "Pushed"]
        assert not server.uploads.open


def test_the_same_layer_is_the_same_bytes_each_time_and_is_not_sent_twice(tmp_path: Path) -> None:
    with RegistryServer() as server:
        client = run(tmp_path, server, MIXED, MIXED)
        assert client.statuses(PLAIN.diff_id.short).count("Pushed") == 1
        assert client.statuses(PLAIN.diff_id.short)[-1] == "Layer already exists"
        assert len(server.lines("^POST .*/uploads/")) == 3
    with RegistryServer() as other:
        run(tmp_path, other, MIXED)
        assert other.tags("team/app") == ["1"]
        first, second = (server.document("/v2/team/app/manifests/1"), other.document("/v2/team/app/manifests/1"))
        assert first == second


def test_a_layer_is_mounted_from_where_it_was_pushed_or_pulled(tmp_path: Path) -> None:
    with RegistryServer() as server:
        run(tmp_path, server, MIXED)
        client = run(tmp_path, server, MIXED, name="other/app:1")
        for layer in MIXED.layers:
            assert client.statuses(layer.diff_id.short) == ["Preparing", "Mounted from team/app"]
        assert len(server.lines("^POST .*mount=")) == 2
        assert server.document("/v2/other/app/manifests/1") == server.document("/v2/team/app/manifests/1")


def test_a_mount_that_is_refused_becomes_an_upload(tmp_path: Path) -> None:
    with RegistryServer() as server:
        run(tmp_path, server, WHOLE)
        digest = str(PACKED.descriptor.digest)
        server.remove_blob("team/app", digest)
        client = run(tmp_path, server, WHOLE, name="other/app:1")
        assert client.statuses(PACKED.diff_id.short)[-1] == "Pushed"
        assert server.blob("other/app", digest) == PACKED.content
        assert not server.uploads.open


def test_a_plain_layer_that_was_pulled_goes_back_as_it_came(tmp_path: Path) -> None:
    async def use(client: Client) -> None:
        await client.pull(f"{server.address}/plain/app:1")
        await push(client, server, MIXED, "again/app:1")

    with RegistryServer() as server:
        server.add_image("plain/app", "1", MIXED)
        with_client(tmp_path / "store", use, places=BlobPlaces(Database(tmp_path / "places.db")))
        document = server.document("/v2/again/app/manifests/1")
        assert document is not None
        assert document.content == MIXED.manifest


@pytest.mark.parametrize("when", ["PATCH ", "PUT /v2/team/app/blobs", "POST /v2/team", "HEAD ", "PUT .*/manifests"])
def test_what_breaks_for_a_moment_is_tried_again(tmp_path: Path, when: str) -> None:
    with RegistryServer() as server:
        server.faults.append(Fault(when, status=503, times=2))
        run(tmp_path, server, MIXED)
        assert server.tags("team/app") == ["1"]


def test_a_registry_that_stays_broken_is_given_up(tmp_path: Path) -> None:
    with RegistryServer() as server:
        server.faults.append(Fault("PATCH ", status=503, times=100))
        with pytest.raises(RegistryUnreachable):
            run(tmp_path, server, MIXED)
        assert len(server.lines("^PATCH ")) == 4
        assert server.tags("team/app") == []


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (403, b'{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}',
         "denied: requested access to the resource is denied"),
        (413, b"", "413"),
        (400, b'{"errors":[{"code":"DIGEST_INVALID","message":"no"}]}', "digest invalid: no"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_and_the_upload_is_given_up(tmp_path: Path, status: int, body: bytes, said: str) -> None:
    with RegistryServer() as server:
        server.faults.append(Fault("PUT /v2/team/app/blobs/", status=status, body=body))
        with pytest.raises(RegistryRefused, match=said):
            run(tmp_path, server, WHOLE)
        assert not server.uploads.open
        assert server.tags("team/app") == []


def test_the_way_to_go_on_is_relative_or_absolute_and_elsewhere_without_a_password(tmp_path: Path) -> None:
    alice = Credentials("alice", "pw")
    with RegistryServer(authentication="basic", users={"alice": "pw"}) as server, RegistryServer() as storage:
        server.uploads.host = f"http://{storage.address}"
        storage.uploads.open = server.uploads.open
        run(tmp_path, server, WHOLE, credentials=alice)
        assert len(storage.lines("^PUT ")) == 2
        assert not [seen for seen in storage.requests if "Authorization" in seen.headers]


def test_a_token_is_asked_for_with_the_right_to_push(tmp_path: Path) -> None:
    with RegistryServer(authentication="bearer", users={"alice": "pw"}) as server:
        run(tmp_path, server, WHOLE, credentials=Credentials("alice", "pw"))
        assert "scope=repository%3Ateam%2Fapp%3Apull%2Cpush" in server.lines("^GET /token")[0]
        assert server.tags("team/app") == ["1"]


def test_without_credentials_it_says_no_more_than_that(tmp_path: Path) -> None:
    with RegistryServer(authentication="basic", users={"alice": "pw"}) as server:
        with pytest.raises(LoginRequired) as caught:
            run(tmp_path, server, WHOLE)
        assert caught.value.message == "no basic auth credentials"


def test_a_registry_that_says_it_got_something_else_is_not_believed(tmp_path: Path) -> None:
    with RegistryServer() as server:
        wrong = {"Docker-Content-Digest": str(Digest.of(b"other"))}
        server.faults.append(Fault("PUT /v2/team/app/manifests", status=201, body=b"", headers=wrong))
        with pytest.raises(RegistryRefused, match=r"but .* was sent"):
            run(tmp_path, server, WHOLE)


def test_a_push_that_is_cancelled_leaves_no_upload_behind(tmp_path: Path) -> None:
    async def use(client: Client) -> None:
        task = asyncio.ensure_future(push(client, server, WHOLE))
        await asyncio.to_thread(server.stalled.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with RegistryServer() as server:
        server.faults.append(Fault("PUT /v2/team/app/blobs/", status=200, body=b"x" * 10, stall_after=5))
        with_client(tmp_path / "store", use)
        assert server.tags("team/app") == []
        assert not server.uploads.open


@pytest.mark.parametrize("where", [(), ("127.0.0.0/8",), ("elsewhere",)])
def test_a_foreign_layer_is_only_sent_where_that_is_allowed(tmp_path: Path, where: tuple[str, ...]) -> None:
    away = dataclasses.replace(PACKED, media_type=media_types.DOCKER_LAYER_FOREIGN, urls=("https://layers.invalid/1",))
    image = tiny_image.image(away, tiny_image.layer({"own": b"1"}))

    async def use(client: Client) -> Client:
        await push(client, server, image)
        return client

    with RegistryServer() as server:
        client: Client = with_client(tmp_path / "store", use, nondistributable=where)
        document = server.document("/v2/team/app/manifests/1")
        assert document is not None
        assert document.content == image.manifest, "it says where the layer is"
        is_sent = where == ("127.0.0.0/8",)
        assert (server.blob("team/app", str(away.descriptor.digest)) is not None) == is_sent
    last = client.statuses(away.diff_id.short)[-1]
    assert last == ("Pushed" if is_sent else "Skipped foreign layer")


def test_a_layer_with_addresses_that_is_not_foreign_is_sent(tmp_path: Path) -> None:
    image = tiny_image.image(dataclasses.replace(PACKED, urls=("https://layers.invalid/1",)))
    with RegistryServer() as server:
        run(tmp_path, server, image)
        assert server.blob("team/app", str(PACKED.descriptor.digest)) == PACKED.content
