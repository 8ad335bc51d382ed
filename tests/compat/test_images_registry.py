"""What a registry is asked without a transfer: log in, describe; and pulls of all tags, by digest and for a platform.

Seen to pass on dockerd. The reference must see the same loopback: run the tests in its network namespace.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import tiny_image
from tests.support.api_client import Api
from tests.support.daemon import Docker
from tests.support.real_registry import PASSWORD, USER, RealRegistry, real_registry
from tests.support.registry_server import RegistryServer


@pytest.fixture
def api(docker: Docker) -> Api:
    return Api(docker.host.removeprefix("unix://"), "1.41")


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[RealRegistry]:
    with real_registry(tmp_path / "locked", password=True) as registry:
        yield registry


@pytest.fixture
def server(docker: Docker) -> Iterator[RegistryServer]:
    with RegistryServer() as server:
        yield server
        names = docker("images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
        digests = docker("images", "--digests", "--format", "{{.Repository}}@{{.Digest}}").stdout.split()
        for each in (*names, *digests):
            if each.startswith(server.address):
                docker("rmi", "-f", each, code=None)


def unique(platform: tiny_image.Platform = tiny_image.AMD64) -> tiny_image.TinyImage:
    return tiny_image.image(tiny_image.layer({"f": uuid.uuid4().bytes}), platform=platform, flavour=tiny_image.DOCKER)


def log_in(api: Api, **body: str) -> Any:
    return api.post("/auth", body)


def header(**credentials: str) -> dict[str, str]:
    return {"X-Registry-Auth": base64.urlsafe_b64encode(json.dumps(credentials).encode()).decode()}


def test_good_credentials_are_accepted(api: Api, locked: RealRegistry) -> None:
    for address in (locked.address, f"http://{locked.address}/v2/"):
        answer = log_in(api, username=USER, password=PASSWORD, serveraddress=address)
        assert (answer.status, answer.json) == (200, {"IdentityToken": "", "Status": "Login Succeeded"})


def test_bad_ones_are_not(api: Api, locked: RealRegistry) -> None:
    wrong = log_in(api, username=USER, password="wrong", serveraddress=locked.address)
    assert wrong.message == f"login attempt to http://{locked.address}/v2/ failed with status: 401 Unauthorized"
    none = log_in(api, serveraddress=locked.address)
    assert none.message == f'Get "http://{locked.address}/v2/": no basic auth credentials'


def test_the_command_line_logs_in(docker: Docker, locked: RealRegistry, tmp_path: Path) -> None:
    words = ("--config", str(tmp_path / "config"), "login", "-u", USER, "--password-stdin", locked.address)
    assert "Login Succeeded" in docker(*words, stdin=PASSWORD).stdout
    assert "401 Unauthorized" in docker(*words, stdin="wrong", code=1).stderr


def test_an_image_is_described_without_being_fetched(api: Api, server: RegistryServer) -> None:
    amd64, arm64 = unique(), unique(tiny_image.Platform("linux", "arm64", "v8"))
    server.add_image("one", "1", amd64)
    server.add_image("many", "1", tiny_image.index(amd64, arm64, flavour=tiny_image.DOCKER))
    one = api.get(f"/distribution/{server.address}/one:1/json").json
    assert one == {
        "Descriptor": {"mediaType": amd64.media_type, "digest": str(amd64.digest), "size": len(amd64.manifest)},
        "Platforms": [{"architecture": "amd64", "os": "linux"}],
    }
    many = api.get(f"/distribution/{server.address}/many:1/json").json
    assert many["Platforms"] == [
        {"architecture": "amd64", "os": "linux"},
        {"architecture": "arm64", "os": "linux", "variant": "v8"},
    ]
    assert not server.lines(r"/blobs/.*" + amd64.layers[0].descriptor.digest.hex)


def test_what_is_not_at_the_registry_is_not_described(api: Api, server: RegistryServer, locked: RealRegistry) -> None:
    server.add_image("one", "1", unique())
    answer = api.get(f"/distribution/{server.address}/one:ghost/json")
    assert answer.status == 404
    assert answer.message.startswith("manifest unknown")
    refused = api.get(f"/distribution/{locked.address}/one:1/json")
    assert refused.message == f'Head "http://{locked.address}/v2/one/manifests/1": no basic auth credentials'
    assert api.get("/distribution/127.0.0.1:1/Upper/json").status == 400


def test_all_tags_are_pulled_where_none_is_given(docker: Docker, api: Api, server: RegistryServer) -> None:
    images = {tag: unique() for tag in ("a", "b")}
    for tag, image in images.items():
        server.add_image("all", tag, image)
    name = f"{server.address}/all"
    lines = [json.loads(line) for line in api.post("/images/create", fromImage=name).content.splitlines()]
    assert [line["id"] for line in lines if line["status"] == "Pulling from all"] == ["a", "b"]
    digests = [line["status"] for line in lines if line["status"].startswith("Digest: ")]
    assert digests == [f"Digest: {images[tag].digest}" for tag in ("a", "b")]
    assert lines[-1] == {"status": f"Status: Downloaded newer image for {name}"}
    out = docker("pull", "-a", name).stdout
    assert f"Status: Image is up to date for {name}" in out
    assert out.count("Digest: ") == 2


def test_an_image_is_pulled_by_its_digest(docker: Docker, api: Api, server: RegistryServer) -> None:
    image = unique()
    digest = server.add_image("one", None, image)
    name = f"{server.address}/one@{digest}"
    lines = [
        json.loads(line)
        for line in api.post("/images/create", fromImage=f"{server.address}/one", tag=str(digest)).content.splitlines()
    ]
    assert lines[0]["status"] == "Pulling from one"
    assert lines[-1] == {"status": f"Status: Downloaded newer image for {name}"}
    found = json.loads(docker("image", "inspect", name).stdout)[0]
    assert (found["RepoTags"], found["RepoDigests"]) == ([], [name])
    removed = docker("rmi", name).stdout.splitlines()
    assert removed[:2] == [f"Untagged: {name}", f"Deleted: {image.image_id}"]


def test_a_platform_is_chosen_from_the_list(docker: Docker, server: RegistryServer) -> None:
    amd64, arm64 = unique(), unique(tiny_image.Platform("linux", "arm64"))
    server.add_image("many", "1", tiny_image.index(amd64, arm64, flavour=tiny_image.DOCKER))
    name = f"{server.address}/many:1"
    docker("pull", "--platform", "linux/arm64", name)
    assert docker("image", "inspect", "-f", "{{.Id}} {{.Architecture}}", name).stdout == f"{arm64.image_id} arm64\n"
    docker("pull", name)
    assert docker("image", "inspect", "-f", "{{.Id}}", name).stdout == f"{amd64.image_id}\n"
    refused = docker("pull", "--platform", "linux/s390x", name, code=1)
    assert "no matching manifest for linux/s390x" in refused.stderr
    docker("rmi", "-f", str(arm64.image_id))
