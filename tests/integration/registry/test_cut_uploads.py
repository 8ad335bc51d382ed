"""Pushes whose connections are cut, to Debian's docker-registry and to ours, through a proxy that cuts them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry.repository import open_repository
from jupyter_containers.registry.retries import RetryPolicy
from jupyter_containers.registry.uploads import Uploader
from tests.support.cutting_proxy import CuttingProxy, cutting_proxy
from tests.support.own_registry import own_registry
from tests.support.real_registry import real_registry
from tests.support.registry_client import Client, with_client

SIZE = 24 << 20
CUTS = [8 << 20, 6 << 20]
# A registry needs a moment to see that a connection is gone.
RETRIES = RetryPolicy((0.3,) * 6)


@pytest.fixture(params=["ours", "docker-registry"])
def proxied(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, CuttingProxy]]:
    if request.param == "ours":
        with own_registry(tmp_path / "registry") as ours, cutting_proxy(ours.address) as proxy:
            yield request.param, proxy
    else:
        with real_registry(tmp_path / "registry") as theirs, cutting_proxy(theirs.address) as proxy:
            yield request.param, proxy


@pytest.mark.parametrize("is_compressed", [False, True])
def test_a_push_that_is_cut_ends_well_and_is_sent_only_once_where_the_registry_keeps_it(
    tmp_path: Path, proxied: tuple[str, CuttingProxy], is_compressed: bool
) -> None:
    kind, proxy = proxied
    content = random.Random(4).randbytes(SIZE)

    async def use(client: Client) -> None:
        reference = Reference.parse(f"{proxy.address}/team/app:1")
        repository = await open_repository(client.registry._transport(), reference, pushes=True)
        uploader = Uploader(repository, client.store, RETRIES, lambda _: None, RETRIES.sleep)
        proxy.cuts += CUTS
        blob = Descriptor(media_types.OCI_LAYER, client.store.write(content), SIZE)
        found = await (uploader.send_compressed(blob) if is_compressed else uploader.send(blob))
        assert await repository.blob_size(found.digest) == found.size

    with_client(tmp_path / "store", use)
    assert proxy.cuts == []
    # distribution loses an upload whose body was cut: all is sent again.
    again = {"ours": 0, "docker-registry": sum(CUTS)}[kind]
    assert again <= proxy.sent - SIZE < again + (1 << 20)
