from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.errors import NotFound
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Description
from jupyter_containers.registry.failures import RegistryRefused
from tests.support import tiny_image
from tests.support.registry_client import with_client
from tests.support.registry_server import RegistryServer

ARM = Platform("linux", "arm64", "v8")
AMD64_IMAGE = tiny_image.image(tiny_image.layer({"a": b"1"}))
ARM_IMAGE = tiny_image.image(tiny_image.layer({"a": b"2"}), platform=ARM)


def describe(tmp_path: Path, server: RegistryServer, name: str) -> Description:
    reference = Reference.parse(f"{server.address}/{name}")
    found: Description = with_client(tmp_path, lambda client: client.registry.describe(reference))
    return found


def test_a_manifest_has_one_platform_and_an_index_many(tmp_path: Path) -> None:
    with RegistryServer() as server:
        server.add_image("one", "latest", ARM_IMAGE)
        server.add_image("many", "1", tiny_image.index(AMD64_IMAGE, ARM_IMAGE))
        one = describe(tmp_path, server, "one")
        assert (one.descriptor.digest, one.platforms) == (ARM_IMAGE.digest, (ARM,))
        assert describe(tmp_path, server, "many:1").platforms == (tiny_image.AMD64, ARM)
        assert not server.lines(ARM_IMAGE.layers[0].descriptor.digest.hex)
    assert not list((tmp_path / "blobs" / "sha256").iterdir())


def test_what_is_not_there_is_told_in_the_words_of_the_registry(tmp_path: Path) -> None:
    with RegistryServer() as server:
        server.add_image("one", "1", ARM_IMAGE)
        with pytest.raises(NotFound, match=r"^manifest unknown"):
            describe(tmp_path, server, "one:2")


def test_a_config_that_is_none_is_refused(tmp_path: Path) -> None:
    with RegistryServer() as server:
        server.add_image("one", "1", ARM_IMAGE)
        server.add_blob("one", b"x" * len(ARM_IMAGE.config), ARM_IMAGE.image_id)
        with pytest.raises(RegistryRefused, match="cannot use the config"):
            describe(tmp_path, server, "one:1")
