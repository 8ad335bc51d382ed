from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Registry
from jupyter_containers.registry.failures import RegistryRefused
from jupyter_containers.registry.remote import Remote
from tests.support import tiny_image
from tests.support.registry_client import IMPATIENT
from tests.support.registry_server import RegistryServer

IMAGE = tiny_image.image(tiny_image.layer({"a": b"1"}))


def ask(folder: Path, use: Callable[[Remote], Awaitable[None]]) -> DirectoryStore:
    async def run() -> None:
        with RegistryServer() as server:
            server.add_image("team/app", "1", IMAGE)
            async with Registry(store, retries=IMPATIENT) as registry:
                await use(await registry.open(Reference.parse(f"{server.address}/team/app:1")))

    store = DirectoryStore(folder)
    asyncio.run(run())
    return store


def test_manifests_and_small_blobs_are_read_and_not_kept(tmp_path: Path) -> None:
    async def use(remote: Remote) -> None:
        found = await remote.manifest()
        assert found.content == IMAGE.manifest
        assert (await remote.manifest_of(found.descriptor.digest)).content == IMAGE.manifest
        assert await remote.small(found.document.config, 4096) == IMAGE.config

    assert list(ask(tmp_path, use)) == []


def test_layers_come_into_the_store(tmp_path: Path) -> None:
    async def use(remote: Remote) -> None:
        for layer in (await remote.manifest()).document.layers:
            await remote.layer(layer)

    assert list(ask(tmp_path, use)) == [IMAGE.layers[0].descriptor.digest]


def test_a_blob_is_checked(tmp_path: Path) -> None:
    async def use(remote: Remote) -> None:
        config = (await remote.manifest()).document.config
        with pytest.raises(RegistryRefused, match="over the limit of 5"):
            await remote.small(config, 5)
        other = Descriptor("x", Digest.of(b"other"), config.size)
        lying = replace(remote, repository=Lying())  # type: ignore[arg-type]
        with pytest.raises(RegistryRefused, match="is not what its name says"):
            await lying.small(other, 4096)

    ask(tmp_path, use)


class Lying:
    """Gives one blob for every other."""

    async def small_blob(self, _: Digest, *, limit: int) -> bytes:
        return IMAGE.config[:limit]
