"""Uploads: one PUT for what is known, PATCH and PUT for what is compressed on the way."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry.failures import RegistryRefused
from jupyter_containers.registry.repository import open_repository
from jupyter_containers.registry.uploads import Uploader, begin, mount
from tests.support.registry_client import IMPATIENT, Client, with_client
from tests.support.registry_server import Fault, RegistryServer

CONTENT = bytes(range(256)) * 10_000


def with_uploader(
    tmp_path: Path, server: RegistryServer, use: Callable[[Uploader, Client], Awaitable[None]], sent: list[int]
) -> None:
    async def run(client: Client) -> None:
        reference = Reference.parse(f"{server.address}/team/app:1")
        repository = await open_repository(client.registry._transport(), reference, pushes=True)
        await use(Uploader(repository, client.store, IMPATIENT, sent.append, IMPATIENT.sleep), client)

    with_client(tmp_path, run)


def test_a_known_blob_is_one_put_with_its_length(tmp_path: Path) -> None:
    sent: list[int] = []

    async def use(uploader: Uploader, client: Client) -> None:
        digest = client.store.write(CONTENT)
        blob = Descriptor(media_types.OCI_LAYER_GZIP, digest, len(CONTENT))
        assert await uploader.send(blob) == blob

    with RegistryServer() as server:
        with_uploader(tmp_path, server, use, sent)
        (put,) = [seen for seen in server.requests if seen.method == "PUT"]
        assert put.headers["Content-Length"] == str(len(CONTENT))
        assert "state=kept&digest=sha256" in put.path
        assert server.blob("team/app", str(Digest.of(CONTENT))) == CONTENT
    assert sent == sorted(sent)
    assert sent[-1] == len(CONTENT)


def test_a_tar_is_compressed_on_its_way_and_named_at_its_end(tmp_path: Path) -> None:
    async def use(uploader: Uploader, client: Client) -> None:
        tar = Descriptor(media_types.DOCKER_LAYER, client.store.write(CONTENT), len(CONTENT))
        found = await uploader.send_compressed(tar)
        content = server.blob("team/app", str(found.digest))
        assert content is not None
        assert (gzip.decompress(content), len(content)) == (CONTENT, found.size)
        assert content[4:8] == bytes(4), "a time would make it another blob each time"
        assert found.media_type == media_types.DOCKER_LAYER_GZIP

    with RegistryServer() as server:
        with_uploader(tmp_path, server, use, [])
        assert [seen.method for seen in server.requests[1:]] == ["POST", "PATCH", "PUT"]


def test_a_broken_upload_begins_anew(tmp_path: Path) -> None:
    async def use(uploader: Uploader, client: Client) -> None:
        tar = Descriptor(media_types.OCI_LAYER, client.store.write(CONTENT), len(CONTENT))
        await uploader.send_compressed(tar, await begin(uploader.repository))

    with RegistryServer() as server:
        server.faults.append(Fault("PUT ", status=502))
        with_uploader(tmp_path, server, use, [])
        assert [seen.method for seen in server.requests[1:]] == ["POST", "PATCH", "PUT", "POST", "PATCH", "PUT"]


def test_a_mount_is_there_or_an_upload(tmp_path: Path) -> None:
    async def use(uploader: Uploader, _: Client) -> None:
        there = server.add_blob("other", CONTENT)
        assert await mount(uploader.repository, there, "other") is None
        upload = await mount(uploader.repository, Digest.of(b"nowhere"), "other")
        assert upload is not None
        await upload.cancel()
        await upload.cancel()
        assert not server.uploads.open

    with RegistryServer() as server:
        with_uploader(tmp_path, server, use, [])


def test_a_registry_must_say_where_to_go_on(tmp_path: Path) -> None:
    async def use(uploader: Uploader, _: Client) -> None:
        with pytest.raises(RegistryRefused, match="where the upload goes on"):
            await begin(uploader.repository)

    with RegistryServer() as server:
        server.faults.append(Fault("POST ", status=202, body=b""))
        with_uploader(tmp_path, server, use, [])
