from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.errors import ContainersError, NotFound, Unsupported
from jupyter_containers.oci import media_types
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform
from jupyter_containers.registry.credentials import Credentials
from jupyter_containers.registry.failures import LayerVerificationFailed, RegistryRefused, RemoteBlobNotFound
from tests.support import tiny_image
from tests.support.registry_client import Client, pull, with_client
from tests.support.registry_server import Fault, RegistryServer
from tests.support.tiny_image import TinyLayer
from tests.support.web_files import web_files

LAYER, SECOND = tiny_image.layer({"a": b"1"}), tiny_image.layer({"b": b"2"})
ARM = Platform("linux", "arm64", "v8")


@pytest.fixture
def server() -> Any:
    with RegistryServer() as server:
        yield server


def stored(folder: Path) -> set[str]:
    return {path.name for path in (folder / "blobs" / "sha256").iterdir()}


@pytest.mark.parametrize("flavour", [tiny_image.OCI, tiny_image.DOCKER], ids=["oci", "docker"])
def test_an_image_comes_with_all_its_blobs(server: RegistryServer, tmp_path: Path, flavour: tiny_image.Flavour) -> None:
    image = tiny_image.image(tiny_image.layer({"a": b"1"}, flavour=flavour), flavour=flavour)
    server.add_image("team/app", "1", image)
    pulled = pull(server, tmp_path, "team/app:1")
    assert pulled.target.media_type == flavour.manifest
    assert (pulled.target.digest, pulled.target.size) == (image.digest, len(image.manifest))
    assert pulled.image_id == image.image_id
    assert pulled.index is None
    assert pulled.repo_digest == f"{server.address}/team/app@{image.digest}"
    assert pulled.config.diff_ids == (image.layers[0].diff_id,)
    assert stored(tmp_path) == {digest.hex for digest in (*image.blobs, image.digest)}


@pytest.mark.parametrize("flavour", [tiny_image.OCI, tiny_image.DOCKER], ids=["oci", "docker"])
def test_of_an_index_only_the_wanted_platform_comes(
    server: RegistryServer, tmp_path: Path, flavour: tiny_image.Flavour
) -> None:
    amd64, arm64 = tiny_image.image(LAYER), tiny_image.image(SECOND, platform=ARM)
    index = tiny_image.index(amd64, arm64, flavour=flavour)
    server.add_image("team/app", "1", index)
    pulled = with_client(tmp_path, lambda client: client.pull(f"{server.address}/team/app:1", platform=ARM))
    assert pulled.target.digest == arm64.digest
    assert pulled.index is not None
    assert pulled.index.digest == index.digest
    assert pulled.repo_digest.endswith(f"@{index.digest}")
    assert stored(tmp_path) == {digest.hex for digest in (*arm64.blobs, arm64.digest, index.digest)}


def test_an_index_may_list_an_index(server: RegistryServer, tmp_path: Path) -> None:
    image = tiny_image.image(LAYER)
    inner = dataclasses.replace(tiny_image.index(image), platform=tiny_image.AMD64)
    server.add_image("team/app", "1", tiny_image.index(inner))
    assert pull(server, tmp_path, "team/app:1").target.digest == image.digest


def test_indexes_are_not_followed_for_ever(server: RegistryServer, tmp_path: Path) -> None:
    nested = tiny_image.image(LAYER)
    for _ in range(9):
        nested = tiny_image.index(nested)
    server.add_image("team/app", "1", nested)
    with pytest.raises(RegistryRefused, match="nested more than 4 deep"):
        pull(server, tmp_path, "team/app:1")


def test_a_platform_that_is_not_offered_is_reported_as_dockerd_does(server: RegistryServer, tmp_path: Path) -> None:
    server.add_image("team/app", "1", tiny_image.index(tiny_image.image(platform=ARM)))
    with pytest.raises(NotFound, match=r"^no matching manifest for linux/amd64 in the manifest list entries"):
        pull(server, tmp_path, "team/app:1")


def test_the_only_platform_there_is_comes_without_being_asked_for(server: RegistryServer, tmp_path: Path) -> None:
    """As dockerd; who asked for a platform can compare it with the config's, and warn."""
    server.add_image("team/app", "1", tiny_image.image(LAYER, platform=ARM))
    assert pull(server, tmp_path, "team/app:1").config.platform == ARM


def test_an_entry_that_is_not_there_is_the_indexs_fault(server: RegistryServer, tmp_path: Path) -> None:
    index = tiny_image.index(tiny_image.image(LAYER))
    server.add_image("team/app", "1", dataclasses.replace(index, children=()))
    with pytest.raises(RegistryRefused, match=r"index of .* lists sha256:.* not found"):
        pull(server, tmp_path, "team/app:1")


def test_an_entry_of_another_size_is_refused(server: RegistryServer, tmp_path: Path) -> None:
    image = tiny_image.image(LAYER)
    good = tiny_image.index(image)
    lying = good.manifest.replace(f'"size":{len(image.manifest)}'.encode(), b'"size":7')
    server.add_image("team/app", "1", dataclasses.replace(good, manifest=lying))
    with pytest.raises(RegistryRefused, match="its index promises 7"):
        pull(server, tmp_path, "team/app:1")


def test_a_layer_that_occurs_twice_comes_once(server: RegistryServer, tmp_path: Path) -> None:
    async def use(client: Client) -> None:
        assert len((await client.pull(f"{server.address}/team/app:1")).manifest.layers) == 3
        assert [step.status for step in client.told].count("Pulling fs layer") == 2

    server.add_image("team/app", "1", tiny_image.image(LAYER, SECOND, LAYER))
    with_client(tmp_path, use)
    assert len(server.lines(str(LAYER.descriptor.digest))) == 1


def test_an_image_without_layers_is_an_image(server: RegistryServer, tmp_path: Path) -> None:
    image = tiny_image.image()
    server.add_image("team/app", "1", image)
    assert pull(server, tmp_path, "team/app:1").manifest.layers == ()


def test_the_first_line_says_that_the_image_is_there(server: RegistryServer, tmp_path: Path) -> None:
    image = tiny_image.image(LAYER, SECOND)
    server.add_image("team/app", "1", image)

    async def use(client: Client) -> None:
        with pytest.raises(NotFound):
            await client.pull(f"{server.address}/team/app:none")
        assert client.told == []
        await client.pull(f"{server.address}/team/app:1")
        assert [(step.id, step.status) for step in client.told[:3]] == [
            ("1", "Pulling from team/app"),
            (LAYER.descriptor.digest.short, "Pulling fs layer"),
            (SECOND.descriptor.digest.short, "Pulling fs layer"),
        ]
        client.told.clear()
        await client.pull(f"{server.address}/team/app@{image.digest}")
        assert client.told[0].id == str(image.digest)

    with_client(tmp_path, use)


@pytest.mark.parametrize(
    "media_type", ["application/vnd.cncf.helm.config.v1+json", media_types.OCI_EMPTY, media_types.OCI_LAYER]
)
def test_what_is_no_image_is_refused_before_its_blobs(server: RegistryServer, tmp_path: Path, media_type: str) -> None:
    image = tiny_image.image(LAYER, flavour=dataclasses.replace(tiny_image.OCI, config=media_type))
    server.add_image("team/app", "1", image)
    with pytest.raises(Unsupported, match="unsupported media type"):
        pull(server, tmp_path, "team/app:1")
    assert server.lines("/blobs/") == []
    assert stored(tmp_path) == set()


@pytest.mark.parametrize("media_type", [media_types.HOST_LAYER, "text/plain"])
def test_a_layer_that_a_registry_must_not_hand_out_is_refused(
    server: RegistryServer, tmp_path: Path, media_type: str
) -> None:
    """HOST_LAYER from outside would make this machine's root the file system of a foreign image."""
    layer = dataclasses.replace(LAYER, media_type=media_type)
    server.add_image("team/app", "1", tiny_image.image(layer))
    with pytest.raises(Unsupported, match=f"unsupported media type {media_type} of layer"):
        pull(server, tmp_path, "team/app:1")
    assert stored(tmp_path) == set()


def test_an_image_of_another_system_is_refused_as_dockerd_does(server: RegistryServer, tmp_path: Path) -> None:
    server.add_image("team/app", "1", tiny_image.image(LAYER, platform=Platform("windows", "amd64")))
    with pytest.raises(Unsupported, match=r'^image operating system "windows" cannot be used on this platform$'):
        pull(server, tmp_path, "team/app:1")


@pytest.mark.parametrize("diff_ids", [[], [LAYER.diff_id] * 2])
def test_a_config_of_other_layers_is_refused(server: RegistryServer, tmp_path: Path, diff_ids: list[Digest]) -> None:
    server.add_image("team/app", "1", tiny_image.image(LAYER, diff_ids=diff_ids))
    with pytest.raises(RegistryRefused, match="layers from manifest don't match image configuration"):
        pull(server, tmp_path, "team/app:1")


def test_a_wrong_config_is_refused_as_dockerd_does(server: RegistryServer, tmp_path: Path) -> None:
    image = tiny_image.image(LAYER)
    server.add_image("team/app", "1", image)
    config = f"/blobs/{image.image_id}"
    server.faults.append(Fault(config, corrupt=True))
    with pytest.raises(ContainersError) as caught:
        pull(server, tmp_path, "team/app:1")
    assert caught.value.message == (
        f"error pulling image configuration: image config verification failed for digest {image.image_id}"
    )
    server.faults.append(Fault(config, status=404))
    with pytest.raises(NotFound, match=r"^error pulling image configuration: unknown blob"):
        pull(server, tmp_path, "team/app:1")
    server.faults.append(Fault(config, times=3, status=503))
    assert pull(server, tmp_path, "team/app:1").image_id == image.image_id


@pytest.mark.parametrize("config", [b"hello", b"{}", b'{"rootfs":{"diff_ids":["x"]}}', b'{"rootfs":{},"config":5}'])
def test_a_config_that_is_none_is_refused(server: RegistryServer, tmp_path: Path, config: bytes) -> None:
    manifest = json.loads(tiny_image.image(LAYER).manifest)
    manifest["config"] |= {"digest": str(Digest.of(config)), "size": len(config)}
    image = tiny_image.TinyImage(json.dumps(manifest).encode(), media_types.OCI_MANIFEST, config, (LAYER,))
    server.add_image("team/app", "1", image)
    with pytest.raises(RegistryRefused, match=r"^error pulling image configuration: "):
        pull(server, tmp_path, "team/app:1")


def test_a_huge_config_is_not_even_asked_for(server: RegistryServer, tmp_path: Path) -> None:
    image = tiny_image.image(LAYER)
    huge = image.manifest.replace(f'"size":{len(image.config)}'.encode(), b'"size":99999999', 1)
    server.add_image("team/app", "1", dataclasses.replace(image, manifest=huge))
    with pytest.raises(RegistryRefused, match="config of 99999999 bytes is over the limit"):
        pull(server, tmp_path, "team/app:1")
    assert server.lines(str(image.image_id)) == []


def test_the_manifest_is_kept_last(server: RegistryServer, tmp_path: Path) -> None:
    """Whoever finds a manifest in the store finds what it lists as well."""
    index = tiny_image.index(tiny_image.image(LAYER, SECOND))
    server.add_image("team/app", "1", index)
    server.faults.append(Fault(f"/blobs/{SECOND.descriptor.digest}", times=99, status=404))
    with pytest.raises(NotFound):
        pull(server, tmp_path, "team/app:1")
    assert index.digest.hex not in stored(tmp_path)
    assert index.children[0].digest.hex not in stored(tmp_path)


def test_digests_of_another_algorithm_are_kept_under_it(server: RegistryServer, tmp_path: Path) -> None:
    image = tiny_image.image(LAYER)
    manifest = json.loads(image.manifest)
    config, layer = Digest.of(image.config, "sha512"), Digest.of(LAYER.content, "sha512")
    manifest["config"]["digest"], manifest["layers"][0]["digest"] = str(config), str(layer)
    server.add_blob("team/app", image.config, config)
    server.add_blob("team/app", LAYER.content, layer)
    server.add_image("team/app", "1", tiny_image.TinyImage(json.dumps(manifest).encode(), media_types.OCI_MANIFEST))
    assert pull(server, tmp_path, "team/app:1").image_id == config
    assert {path.name for path in (tmp_path / "blobs" / "sha512").iterdir()} == {config.hex, layer.hex}


NONDISTRIBUTABLE = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"


def foreign(server: RegistryServer, *urls: str, media_type: str = media_types.DOCKER_LAYER_FOREIGN) -> TinyLayer:
    """Serve an image team/app:1 without its first layer, which is said to be at the URLs; return that layer."""
    away = dataclasses.replace(LAYER, media_type=media_type, urls=urls)
    server.add_image("team/app", "1", tiny_image.image(away, SECOND))
    server.remove_blob("team/app", str(LAYER.descriptor.digest))
    return away


@pytest.mark.parametrize("media_type", [media_types.DOCKER_LAYER_FOREIGN, NONDISTRIBUTABLE])
def test_a_foreign_layer_comes_from_where_its_descriptor_says(
    server: RegistryServer, tmp_path: Path, media_type: str
) -> None:
    with web_files({"/layer": LAYER.content}) as web:
        away = foreign(server, f"{web}/gone", f"{web}/layer", media_type=media_type)
        found = pull(server, tmp_path, "team/app:1")
    assert found.manifest.layers[0].urls == away.urls
    assert away.descriptor.digest.hex in stored(tmp_path)


def test_a_foreign_layer_that_the_registry_has_comes_from_there(server: RegistryServer, tmp_path: Path) -> None:
    foreign(server, "https://layers.invalid/1")
    server.add_blob("team/app", LAYER.content)
    pull(server, tmp_path, "team/app:1")


def test_the_password_of_a_registry_is_not_for_other_hosts(tmp_path: Path) -> None:
    with RegistryServer(authentication="basic", users={"a": "b"}) as server, RegistryServer() as other:
        other.add_blob("away", LAYER.content)
        foreign(server, f"http://{other.address}/v2/away/blobs/{LAYER.descriptor.digest}")
        pull(server, tmp_path, "team/app:1", credentials=Credentials("a", "b"))
        (seen,) = other.requests
        assert "Authorization" not in seen.headers
        assert any("Authorization" in seen.headers for seen in server.requests)


def test_a_foreign_layer_is_resumed_too(server: RegistryServer, tmp_path: Path) -> None:
    with RegistryServer() as other:
        other.add_blob("away", LAYER.content)
        other.faults.append(Fault("GET ", cut_after=20))
        foreign(server, f"http://{other.address}/v2/away/blobs/{LAYER.descriptor.digest}")
        pull(server, tmp_path, "team/app:1")
        assert [seen.headers.get("Range") for seen in other.requests] == [None, "bytes=20-"]


@pytest.mark.parametrize("content", [b"x" * len(LAYER.content), LAYER.content + b"x", LAYER.content[:-1]])
def test_a_foreign_layer_is_checked_like_others(server: RegistryServer, tmp_path: Path, content: bytes) -> None:
    with web_files({"/layer": content}) as web:
        away = foreign(server, f"{web}/layer")
        with pytest.raises((LayerVerificationFailed, RegistryRefused)):
            pull(server, tmp_path, "team/app:1")
    assert away.descriptor.digest.hex not in stored(tmp_path)


@pytest.mark.parametrize(
    ("url", "said"),
    [("http://layers.invalid/1", "not encrypted"), ("file:///etc/passwd", "not an http or https address"),
     ("https://layers.invalid/1", "no such host")],
)  # fmt: skip
def test_an_address_of_a_foreign_layer_must_be_one_that_a_registry_may_lead_to(
    server: RegistryServer, tmp_path: Path, url: str, said: str
) -> None:
    foreign(server, url)
    with pytest.raises(ContainersError, match=said):
        pull(server, tmp_path, "team/app:1")


def test_other_layers_come_from_the_registry_whatever_their_addresses_say(
    server: RegistryServer, tmp_path: Path
) -> None:
    with web_files({"/layer": LAYER.content}) as web:
        foreign(server, f"{web}/layer", media_type=media_types.OCI_LAYER_GZIP)
        with pytest.raises(RemoteBlobNotFound):
            pull(server, tmp_path, "team/app:1")
