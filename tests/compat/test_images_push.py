"""Push to a real registry, with and without a password; seen to pass on dockerd.

The reference must see the same loopback: run the tests in its network namespace.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import tiny_image
from tests.support.api_client import Api
from tests.support.daemon import Docker
from tests.support.docker_archive import docker_archive
from tests.support.real_registry import PASSWORD, USER, RealRegistry, real_registry
from tests.support.registry_server import RegistryServer

NOBODY = base64.urlsafe_b64encode(b"{}").decode()


@pytest.fixture
def api(docker: Docker) -> Api:
    return Api(docker.host.removeprefix("unix://"), "1.41")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RealRegistry]:
    with real_registry(tmp_path / "registry") as registry:
        yield registry


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[RealRegistry]:
    with real_registry(tmp_path / "locked", password=True) as registry:
        yield registry


@pytest.fixture
def image(docker: Docker) -> Iterator[tiny_image.TinyImage]:
    """An image of two layers that no test has seen before. Whatever names it gets go with it."""
    unique = uuid.uuid4().bytes
    image = tiny_image.image(
        tiny_image.layer({"one": unique}, compression="none"),
        tiny_image.layer({"two": unique * 100_000}, compression="none"),
    )
    docker("load", stdin=docker_archive({f"pushed{unique.hex()}:1": image}))
    yield image
    docker("rmi", "-f", str(image.image_id))


def header(**credentials: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(credentials).encode()).decode()


def push(api: Api, name: str, tag: str = "", auth: str = NOBODY) -> list[Any]:
    """Push and return the lines."""
    query = {"tag": tag} if tag else {}
    answer = api.request("POST", f"/images/{name}/push", headers={"X-Registry-Auth": auth}, **query)
    assert answer.status == 200, answer.content
    return [json.loads(line) for line in answer.content.splitlines()]


def statuses(lines: list[Any]) -> list[str]:
    return [line["status"] for line in lines if "status" in line]


def short_ids(image: tiny_image.TinyImage) -> list[str]:
    return [layer.diff_id.short for layer in image.layers]


def test_a_push_sends_layers_config_and_manifest(
    docker: Docker, api: Api, registry: RealRegistry, image: tiny_image.TinyImage
) -> None:
    name = f"{registry.address}/team/app"
    docker("tag", str(image.image_id), f"{name}:v1")
    lines = push(api, name, "v1")
    assert lines[0] == {"status": f"The push refers to repository [{name}]"}
    prepared = [line["id"] for line in lines if line.get("status") == "Preparing"]
    assert prepared == short_ids(image)[::-1]
    assert sorted(line["id"] for line in lines if line.get("status") == "Pushed") == sorted(short_ids(image))
    assert all(line["progressDetail"] for line in lines if line.get("status") == "Pushing")
    manifest = registry.manifest("team/app", "v1")
    assert manifest["config"]["digest"] == str(image.image_id)
    assert hashlib.sha256(registry.blob("team/app", str(image.image_id))).hexdigest() == image.image_id.hex
    for described, layer in zip(manifest["layers"], image.layers, strict=True):
        content = registry.blob("team/app", described["digest"])
        assert len(content) == described["size"]
        assert hashlib.sha256(gzip.decompress(content)).hexdigest() == layer.diff_id.hex
    aux = lines[-1]["aux"]
    assert lines[-2] == {"status": f"v1: digest: {aux['Digest']} size: {aux['Size']}"}
    assert aux["Tag"] == "v1"
    assert registry.manifest("team/app", aux["Digest"]) == manifest
    inspected = json.loads(docker("image", "inspect", f"{name}:v1").stdout)[0]
    assert f"{name}@{aux['Digest']}" in inspected["RepoDigests"]


def test_what_is_there_is_not_sent_again(
    docker: Docker, api: Api, registry: RealRegistry, image: tiny_image.TinyImage
) -> None:
    name = f"{registry.address}/team/app"
    docker("tag", str(image.image_id), f"{name}:v1")
    first = push(api, name, "v1")[-1]["aux"]
    again = push(api, name, "v1")
    assert statuses(again).count("Layer already exists") == 2
    assert "Pushing" not in statuses(again)
    assert again[-1]["aux"] == first


def test_a_layer_comes_from_another_repository_of_the_registry(
    docker: Docker, api: Api, registry: RealRegistry, image: tiny_image.TinyImage
) -> None:
    for repository in ("team/app", "team/other"):
        docker("tag", str(image.image_id), f"{registry.address}/{repository}:v1")
    first = push(api, f"{registry.address}/team/app", "v1")[-1]["aux"]
    lines = push(api, f"{registry.address}/team/other", "v1")
    assert statuses(lines).count("Mounted from team/app") == 2
    assert lines[-1]["aux"] == first
    assert registry.manifest("team/other", "v1") == registry.manifest("team/app", "v1")


def test_all_tags_of_a_repository_are_pushed(
    docker: Docker, registry: RealRegistry, image: tiny_image.TinyImage
) -> None:
    name = f"{registry.address}/team/app"
    for tag in ("a", "b"):
        docker("tag", str(image.image_id), f"{name}:{tag}")
    out = docker("push", "-a", name).stdout
    assert "a: digest: sha256:" in out
    assert "b: digest: sha256:" in out
    assert registry.manifest("team/app", "a") == registry.manifest("team/app", "b")


def test_what_was_pushed_can_be_pulled_and_is_the_same_image(
    docker: Docker, registry: RealRegistry, image: tiny_image.TinyImage
) -> None:
    name = f"{registry.address}/team/app:v1"
    docker("tag", str(image.image_id), name)
    docker("push", name)
    docker("rmi", "-f", str(image.image_id))
    assert f"Status: Downloaded newer image for {name}" in docker("pull", name).stdout
    assert docker("image", "inspect", "-f", "{{.Id}}", name).stdout.strip() == str(image.image_id)


def test_a_registry_with_a_password_wants_to_see_it(
    docker: Docker, api: Api, locked: RealRegistry, image: tiny_image.TinyImage
) -> None:
    name = f"{locked.address}/team/app"
    docker("tag", str(image.image_id), f"{name}:v1")
    assert push(api, name, "v1")[-1]["error"] == "no basic auth credentials"
    wrong = push(api, name, "v1", header(username=USER, password="wrong"))
    assert wrong[-1]["error"] == "unauthorized: authentication required"
    right = header(username=USER, password=PASSWORD, serveraddress=locked.address)
    assert push(api, name, "v1", right)[-1]["aux"]["Tag"] == "v1"
    pulled = api.request("POST", "/images/create", headers={"X-Registry-Auth": right}, fromImage=name, tag="v1")
    assert json.loads(pulled.content.splitlines()[-1])["status"] == f"Status: Image is up to date for {name}:v1"


@pytest.mark.parametrize(
    ("name", "tag", "said"),
    [
        ("nothing", "", "An image does not exist locally with the tag: {name}"),
        ("busybox", "nothing", "tag does not exist: {name}:nothing"),
        (f"busybox@sha256:{'a' * 64}", "", "cannot push a digest reference"),
    ],
)
def test_what_cannot_be_pushed_is_told_in_the_stream(docker: Docker, api: Api, name: str, tag: str, said: str) -> None:
    with RegistryServer() as server:
        full = f"{server.address}/{name}"
        docker("tag", "busybox", f"{server.address}/busybox:v1")
        lines = push(api, full, tag)
        docker("rmi", f"{server.address}/busybox:v1")
    assert statuses(lines) == [f"The push refers to repository [{full.partition('@')[0]}]"]
    message = said.format(name=full)
    assert lines[-1] == {"errorDetail": {"message": message}, "error": message}


def test_a_registry_that_is_not_there_is_named(docker: Docker, api: Api) -> None:
    docker("tag", "busybox", "127.0.0.1:1/busybox:v1")
    lines = push(api, "127.0.0.1:1/busybox", "v1")
    assert lines[-1]["error"] == 'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused'
    docker("rmi", "127.0.0.1:1/busybox:v1")


def test_a_bad_name_is_refused_at_once(api: Api) -> None:
    answer = api.request("POST", "/images/Upper/push", headers={"X-Registry-Auth": NOBODY})
    assert answer.message.startswith("invalid reference format: repository name")
    assert answer.message.endswith("must be lowercase")
