"""Tests of client.images."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.images import split_name
from jupyter_containers.client.values import Progress
from jupyter_containers.errors import ContainersError, NotFound
from tests.support.api_client import Api
from tests.support.registry_server import RegistryServer
from tests.support.tiny_image import tar_of


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("busybox", ("busybox", "latest")),
        ("busybox:1.36", ("busybox", "1.36")),
        ("127.0.0.1:5000/busybox", ("127.0.0.1:5000/busybox", "latest")),
        ("127.0.0.1:5000/a/b:x", ("127.0.0.1:5000/a/b", "x")),
        ("busybox@sha256:1", ("busybox", "sha256:1")),
    ],
)
def test_a_name_is_cut_at_its_tag(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


def test_names_come_and_go(client: Client) -> None:
    client.images.tag("busybox", "localhost/other:1")
    (image,) = [image for image in client.images.list() if "busybox:latest" in image.names]
    assert set(image.names) == {"busybox:latest", "localhost/other:1"}
    assert client.images.remove("localhost/other:1") == [{"Untagged": "localhost/other:1"}]
    assert client.images.inspect("busybox")["Id"] == image.id
    assert client.images.history("busybox")


def test_an_unknown_image_is_told(client: Client) -> None:
    with pytest.raises(NotFound, match="No such image: nope"):
        client.images.inspect("nope")
    assert client.images.inspect("busybox", platform="amd64")["Architecture"] == "amd64"
    assert client.images.inspect("busybox", platform="linux/amd64")["Architecture"] == "amd64"
    with pytest.raises(NotFound, match=r"does not provide the specified platform \(linux/arm64"):
        client.images.inspect("busybox", platform="linux/arm64")


def test_a_registry_that_is_not_there_is_told(client: Client) -> None:
    seen: list[Progress] = []
    with pytest.raises(ContainersError, match=r"127\.0\.0\.1:9"):
        client.images.pull("127.0.0.1:9/nope", seen.append)
    assert seen == []


def test_an_image_goes_to_a_registry_and_comes_back(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RegistryServer(authentication="basic", users={"ada": "pw"}) as server:
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        name, seen = f"{server.address}/team/busybox:1", list[Progress]()
        client.images.tag("busybox", name)
        with pytest.raises(ContainersError, match="no basic auth credentials"):
            client.images.push(name)
        auths = {server.address: {"auth": base64.b64encode(b"ada:pw").decode()}}
        (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
        (pushed,) = client.images.push(name, seen.append)
        assert (pushed.name, server.tags("team/busybox")) == (name, ["1"])
        assert "Pushed" in [progress.status for progress in seen]
        assert [each.digest for each in client.images.push(name, every_tag=True)] == [pushed.digest]
        client.images.remove(name)
        client.images.pull(name)
        assert f"{server.address}/team/busybox@{pushed.digest}" in client.images.inspect(name)["RepoDigests"]
        client.images.remove(name)


def test_an_image_is_saved_loaded_and_imported(client: Client) -> None:
    client.images.tag("busybox", "saved:1")
    content = b"".join(client.images.save(["saved:1"]))
    client.images.remove("saved:1")
    assert client.images.load([content]) == ["Loaded image: saved:1"]
    image_id = client.images.import_([tar_of({"f": b"1"})], "imported:1", changes=["LABEL a=b"], message="by hand")
    found = client.images.inspect("imported:1")
    assert (found["Id"], found["Comment"], found["Config"]["Labels"]) == (image_id, "by hand", {"a": "b"})
    for name in ("saved:1", "imported:1"):
        client.images.remove(name)
    with pytest.raises(NotFound, match="No such image: ghost"):
        client.images.save(["ghost"])


def test_a_container_becomes_an_image(client: Client, api: Api) -> None:
    container = api.run("touch", "/new")
    api.wait(container)
    image_id = client.images.commit(container, "committed:1", changes=['CMD ["ls", "/new"]'], author="me")
    found = client.images.inspect("committed:1")
    assert (found["Id"], found["Author"], found["Config"]["Cmd"]) == (image_id, "me", ["ls", "/new"])
    client.images.remove("committed:1")
