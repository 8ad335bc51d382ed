"""Uploads: one PUT for what is known, PATCH and PUT for what is compressed on the way."""

from __future__ import annotations

import asyncio
import gzip
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry.failures import RegistryRefused, RegistryUnreachable
from jupyter_containers.registry.repository import open_repository
from jupyter_containers.registry.uploads import Uploader, begin, mount
from tests.support.registry_client import IMPATIENT, Client, with_client
from tests.support.registry_server import Fault, RegistryServer

CONTENT = bytes(range(256)) * 10_000
SIZE = len(CONTENT)


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


def bodies(server: RegistryServer) -> list[tuple[str, int, str]]:
    """Return method, number of bytes and Content-Range of what came for uploads."""
    uploads = [seen for seen in server.requests if "/uploads/" in seen.path]
    return [(seen.method, len(seen.body), seen.headers.get("Content-Range", "")) for seen in uploads]


async def upload_known(uploader: Uploader, client: Client) -> None:
    digest = client.store.write(CONTENT)
    await uploader.send(Descriptor(media_types.OCI_LAYER_GZIP, digest, SIZE))
    assert await uploader.repository.blob_size(digest) == SIZE


def test_a_known_blob_that_was_cut_goes_on_where_the_registry_is(tmp_path: Path) -> None:
    sent: list[int] = []
    with RegistryServer() as server:
        server.faults += [Fault("PUT ", take_bytes=1_000_000), Fault("PATCH ", take_bytes=500_000)]
        with_uploader(tmp_path, server, upload_known, sent)
        assert server.blob("team/app", str(Digest.of(CONTENT))) == CONTENT
        assert server.uploads.answered == ["0-999999", "0-1499999"]
        assert bodies(server) == [
            ("POST", 0, ""), ("PUT", 1_000_000, ""), ("GET", 0, ""),
            ("PATCH", 500_000, f"1000000-{SIZE - 1}"), ("GET", 0, ""),
            ("PATCH", SIZE - 1_500_000, f"1500000-{SIZE - 1}"), ("PUT", 0, ""),
        ]  # fmt: skip
    assert sent[-1] == SIZE


def test_what_has_arrived_whole_is_only_closed(tmp_path: Path) -> None:
    with RegistryServer() as server:
        server.faults.append(Fault("PUT ", take_bytes=SIZE))
        with_uploader(tmp_path, server, upload_known, [])
        assert [line[:2] for line in bodies(server)] == [("POST", 0), ("PUT", SIZE), ("GET", 0), ("PUT", 0)]


def test_a_tar_whose_upload_was_cut_is_compressed_again_and_its_rest_is_sent(tmp_path: Path) -> None:
    noise = random.Random(4).randbytes(6_000_000)

    async def use(uploader: Uploader, client: Client) -> None:
        tar = Descriptor(media_types.OCI_LAYER, client.store.write(noise), len(noise))
        found = await uploader.send_compressed(tar, await begin(uploader.repository))
        content = server.blob("team/app", str(found.digest))
        assert content is not None
        assert gzip.decompress(content) == noise
        first, second = (seen.body for seen in server.requests if seen.method == "PATCH")
        assert (len(first), len(second)) == (4_000_001, len(content) - 4_000_001)

    with RegistryServer() as server:
        server.faults.append(Fault("PATCH ", take_bytes=4_000_001))
        with_uploader(tmp_path, server, use, [])
        assert server.uploads.answered == ["0-4000000"]


@pytest.mark.parametrize(
    ("told", "given_up"),
    [(Fault("GET .*/uploads/", status=404), []), (Fault("GET .*/uploads/", status=200), []), (SIZE + 1, ["DELETE"]),
     (1, [])],
)  # fmt: skip
def test_an_upload_begins_anew_when_the_registry_has_forgotten_it_or_tells_what_cannot_be(
    tmp_path: Path, told: Fault | int, given_up: list[str]
) -> None:
    with RegistryServer() as server:
        server.faults.append(Fault("PUT ", take_bytes=1_000_000))
        if isinstance(told, Fault):
            server.faults.append(told)
        else:
            server.uploads.claims = told
        with_uploader(tmp_path, server, upload_known, [])
        assert server.blob("team/app", str(Digest.of(CONTENT))) == CONTENT
        assert [line[0] for line in bodies(server)] == ["POST", "PUT", "GET", *given_up, "POST", "PUT"]


def test_an_upload_begins_anew_when_what_is_there_is_not_what_was_sent(tmp_path: Path) -> None:
    with RegistryServer() as server:
        server.faults.append(Fault("PUT ", take_bytes=1_000_000))
        server.uploads.claims = 700_000
        with_uploader(tmp_path, server, upload_known, [])
        assert server.blob("team/app", str(Digest.of(CONTENT))) == CONTENT
        methods = [line[0] for line in bodies(server)]
        assert methods == ["POST", "PUT", "GET", "PATCH", "DELETE", "POST", "PUT"], "the PATCH was out of range"


def test_what_a_lost_answer_told_is_found_out(tmp_path: Path) -> None:
    """The blob is there although nobody heard of it."""
    with RegistryServer() as server:
        server.add_blob("team/app", CONTENT)
        server.faults += [Fault("PUT ", take_bytes=SIZE), Fault("GET .*/uploads/", status=404)]
        with_uploader(tmp_path, server, upload_known, [])
        assert [line[0] for line in bodies(server)] == ["POST", "PUT", "GET"]


def test_attempts_that_bring_something_do_not_count_and_others_end(tmp_path: Path) -> None:
    async def use(uploader: Uploader, client: Client) -> None:
        noise = random.Random(4).randbytes(10 << 20)
        digest = client.store.write(noise)
        await uploader.send(Descriptor(media_types.OCI_LAYER_GZIP, digest, len(noise)))
        server.faults.append(Fault("P[UA]T", times=100, take_bytes=1000))
        with pytest.raises(RegistryUnreachable):
            await uploader.send(Descriptor(media_types.OCI_LAYER_GZIP, client.store.write(CONTENT), SIZE))

    with RegistryServer() as server:
        server.faults.append(Fault("P[UA]T", times=8, take_bytes=(1 << 20) + 1))
        with_uploader(tmp_path, server, use, [])
        assert [line[0] for line in bodies(server)].count("POST") == 2
        assert [line[1] for line in bodies(server)].count(1000) == IMPATIENT.attempts


def test_a_registry_that_takes_much_and_never_the_rest_is_not_asked_for_ever(tmp_path: Path) -> None:
    async def use(uploader: Uploader, client: Client) -> None:
        blob = Descriptor(media_types.OCI_LAYER_GZIP, client.store.write(CONTENT), SIZE)
        with pytest.raises(RegistryUnreachable):
            await uploader.send(blob)

    with RegistryServer() as server:
        server.faults += [Fault("PUT ", times=20, take_bytes=2_000_000), Fault("PATCH ", times=20, status=416)]
        with_uploader(tmp_path, server, use, [])
        methods = [line[0] for line in bodies(server)]
        assert methods.count("PUT") <= IMPATIENT.attempts + 1, "the first one brought something"


def test_who_gives_up_between_two_attempts_tells_the_registry(tmp_path: Path) -> None:
    async def give_up(_seconds: float) -> None:
        raise asyncio.CancelledError

    async def use(uploader: Uploader, client: Client) -> None:
        blob = Descriptor(media_types.OCI_LAYER_GZIP, client.store.write(CONTENT), SIZE)
        with pytest.raises(asyncio.CancelledError):
            await replace(uploader, waiting=give_up).send(blob)

    with RegistryServer() as server:
        server.faults.append(Fault("PUT ", take_bytes=1_000_000))
        with_uploader(tmp_path, server, use, [])
        assert [line[0] for line in bodies(server)] == ["POST", "PUT", "DELETE"]


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


@pytest.mark.parametrize("location", ["http://[x", "http://h:99999/x"])
def test_a_registry_must_say_a_place_that_there_can_be(tmp_path: Path, location: str) -> None:
    async def use(uploader: Uploader, _: Client) -> None:
        with pytest.raises(RegistryRefused, match=r"points to .*, which is no address"):
            await begin(uploader.repository)

    with RegistryServer() as server:
        server.faults.append(Fault("POST ", status=202, body=b"", headers={"Location": location}))
        with_uploader(tmp_path, server, use, [])


def test_a_registry_must_say_where_to_go_on(tmp_path: Path) -> None:
    async def use(uploader: Uploader, _: Client) -> None:
        with pytest.raises(RegistryRefused, match="where the upload goes on"):
            await begin(uploader.repository)

    with RegistryServer() as server:
        server.faults.append(Fault("POST ", status=202, body=b""))
        with_uploader(tmp_path, server, use, [])
