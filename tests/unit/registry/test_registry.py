from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.errors import ContainersError
from jupyter_containers.oci.platform import host_platform
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Credentials, Registry
from jupyter_containers.registry.failures import RegistryUnreachable, RepositoryNotFound
from tests.support import tiny_image
from tests.support.registry_client import IMPATIENT, Client, with_client
from tests.support.registry_server import Fault, RegistryServer

IMAGE = tiny_image.image(tiny_image.layer({"a": b"1"}), platform=host_platform())


def test_a_pull_needs_no_more_than_a_store_and_a_name(tmp_path: Path) -> None:
    async def run(name: str) -> None:
        async with Registry(DirectoryStore(tmp_path)) as registry:
            pulled = await registry.pull(Reference.parse(name), platform=host_platform())
        assert pulled.image_id == IMAGE.image_id

    with RegistryServer() as server:
        server.add_image("app", "latest", IMAGE)
        asyncio.run(run(f"{server.address}/app"))


def test_it_can_be_closed_twice_and_used_again(tmp_path: Path) -> None:
    async def use(client: Client) -> None:
        for _ in range(2):
            await client.pull(f"{server.address}/app")
            await client.registry.close()
            await client.registry.close()

    with RegistryServer() as server:
        server.add_image("app", "latest", IMAGE)
        with_client(tmp_path, use)


def test_closing_without_use_opens_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        await Registry(DirectoryStore(tmp_path), retries=IMPATIENT).close()

    asyncio.run(run())


def test_nothing_is_left_running_after_a_failed_pull(tmp_path: Path) -> None:
    async def use(client: Client) -> None:
        with pytest.raises(RegistryUnreachable):
            await client.pull(f"{server.address}/app")
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with RegistryServer() as server:
        layers = [tiny_image.layer({"a": bytes([n])}) for n in range(6)]
        server.add_image("app", "latest", tiny_image.image(*layers))
        server.faults.append(Fault(f"/blobs/{layers[0].descriptor.digest}", times=99, status=503))
        with_client(tmp_path, use)


def test_a_host_named_insecure_is_spoken_to_plainly(tmp_path: Path) -> None:
    """0.0.0.0 reaches the loopback, but is not in 127.0.0.0/8: without the setting it needs TLS."""
    with RegistryServer() as server:
        server.add_image("app", "latest", IMAGE)
        name = f"0.0.0.0:{server.address.rpartition(':')[2]}/app"
        with pytest.raises(RegistryUnreachable, match=r'^Get "https://0'):
            with_client(tmp_path, lambda client: client.pull(name))
        pulled = with_client(tmp_path, lambda client: client.pull(name), insecure=("0.0.0.0",))
    assert pulled.image_id == IMAGE.image_id


def test_mirrors_are_asked_before_the_hub_and_get_no_password(tmp_path: Path) -> None:
    async def use(client: Client) -> None:
        pulled = await client.pull("library/app:1", Credentials("ada", "secret"))
        assert (pulled.image_id, pulled.repo_digest.partition("@")[0]) == (IMAGE.image_id, "docker.io/library/app")
        with pytest.raises(ContainersError):
            await client.pull("library/no-such-image-anywhere:1")  # the hub has it neither, if it can be reached
        with pytest.raises(RepositoryNotFound):
            await client.pull(f"{empty.address}/library/app:1")

    with RegistryServer() as empty, RegistryServer() as full:
        full.add_image("library/app", "1", IMAGE)
        mirrors = tuple(f"http://{server.address}/" for server in (empty, full))
        with_client(tmp_path, use, mirrors=mirrors)
        assert empty.lines("/v2/library/app/manifests/1")
        assert not [seen for seen in (*empty.requests, *full.requests) if "Authorization" in seen.headers]
        assert full.lines("no-such-image-anywhere/manifests")


def test_a_mirror_of_another_registry_is_asked_before_it_and_gets_no_password(tmp_path: Path) -> None:
    async def use(client: Client) -> None:
        pulled = await client.pull(f"{origin.address}/app:1", Credentials("ada", "secret"))
        assert (pulled.image_id, pulled.repo_digest.partition("@")[0]) == (IMAGE.image_id, f"{origin.address}/app")
        assert not origin.requests
        await client.pull(f"{origin.address}/other:1")
        assert origin.lines("/v2/other/manifests/")
        assert not [seen for seen in mirror.requests if "Authorization" in seen.headers]

    with RegistryServer() as origin, RegistryServer() as mirror:
        mirror.add_image("app", "1", IMAGE)
        origin.add_image("other", "1", IMAGE)
        with_client(tmp_path, use, mirrors=(f"{origin.address}=http://{mirror.address}/",))
