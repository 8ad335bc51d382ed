"""docker-py's images, all of them: what test_docker_py.py does not do already."""

from __future__ import annotations

import io
import shutil
import socket
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support import tiny_image
from tests.support.docker_archive import docker_archive
from tests.support.docker_py import LEAVES_SOCKETS
from tools.demo_registry import registry_with_busybox

docker_py = pytest.importorskip("docker", reason="the package docker is not installed (pip install docker)")
pytestmark = LEAVES_SOCKETS

Make = Callable[..., Any]


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    """The address of a registry with busybox:latest."""
    if shutil.which("docker-registry") is None:
        pytest.skip("no registry to talk to (package docker-registry)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    with registry_with_busybox(address):
        yield address


@pytest.fixture
def image(client: Any, name: str) -> Iterator[Any]:
    """An image of its own kind: no two tests have the same."""
    layer = tiny_image.layer({"hello.txt": name.encode()})
    (loaded,) = client.images.load(docker_archive({f"{name}:one": tiny_image.image(layer)}))
    yield loaded
    for tag in client.images.list(name=name):
        client.images.remove(tag.id, force=True)


def test_an_image_is_saved_and_loaded_again(client: Any, image: Any, name: str) -> None:
    content = b"".join(image.save(named=True))
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        assert "manifest.json" in tar.getnames()
    client.images.remove(image.id, force=True)
    (again,) = client.images.load(content)
    assert (again.id, again.tags) == (image.id, [f"{name}:one"])
    nameless = b"".join(image.save(named=False))
    client.images.remove(image.id, force=True)
    (again,) = client.images.load(nameless)
    assert (again.id, again.tags) == (image.id, [])
    client.images.remove(again.id)


def test_what_is_no_image_is_an_error_of_loading(client: Any) -> None:
    with pytest.raises(docker_py.errors.ImageLoadError):
        client.images.load(b"abc")


def test_an_image_is_pushed_and_pulled_again(client: Any, image: Any, name: str, registry: str) -> None:
    image.tag(f"{registry}/{name}", "two")
    lines = list(client.images.push(f"{registry}/{name}", "two", stream=True, decode=True))
    assert lines[0]["status"] == f"The push refers to repository [{registry}/{name}]"
    assert any(line.get("status") == "Pushed" for line in lines)
    (told,) = [line["aux"] for line in lines if "aux" in line]
    assert told["Tag"] == "two"
    client.images.remove(f"{registry}/{name}:two")
    client.images.remove(f"{name}:one")
    pulled = client.images.pull(f"{registry}/{name}", tag="two")
    try:
        assert pulled.id == image.id
        assert pulled.attrs["RepoDigests"] == [f"{registry}/{name}@{told['Digest']}"]
        by_digest = client.images.pull(f"{registry}/{name}@{told['Digest']}")
        assert by_digest.id == image.id
        data = client.images.get_registry_data(f"{registry}/{name}:two")
        assert (data.id, data.has_platform("linux/amd64")) == (told["Digest"], True)
        assert data.pull().id == image.id
    finally:
        client.images.remove(image.id, force=True)


def test_all_tags_are_pulled(client: Any, image: Any, name: str, registry: str) -> None:
    for tag in ("a", "b"):
        image.tag(f"{registry}/{name}", tag)
        client.images.push(f"{registry}/{name}", tag)
    client.images.remove(image.id, force=True)
    found = client.images.pull(f"{registry}/{name}", all_tags=True)
    try:
        assert {tag for one in found for tag in one.tags} == {f"{registry}/{name}:a", f"{registry}/{name}:b"}
    finally:
        client.images.remove(image.id, force=True)


def test_what_a_registry_does_not_have_is_not_found(client: Any, registry: str) -> None:
    with pytest.raises(docker_py.errors.NotFound, match="manifest unknown"):
        client.images.pull(f"{registry}/busybox", tag="nothing")
    with pytest.raises(docker_py.errors.NotFound):
        client.images.pull(f"{registry}/no-such-repository", tag="latest")


def test_a_login_that_needs_no_password(client: Any, registry: str) -> None:
    assert client.login("somebody", "secret", registry=f"http://{registry}", reauth=True)["Status"] == "Login Succeeded"


def test_lists_are_filtered(client: Any, image: Any, name: str) -> None:
    labelled, _ = client.images.build(fileobj=io.BytesIO(f"FROM busybox\nLABEL x={name}\n".encode()), tag=f"{name}:l")
    assert [one.id for one in client.images.list(filters={"label": f"x={name}"})] == [labelled.id]
    assert {one.id for one in client.images.list(name=name)} == {labelled.id, image.id}
    assert [one.id for one in client.images.list(filters={"reference": f"{name}:o*"})] == [image.id]
    assert image.id not in {one.id for one in client.images.list(filters={"dangling": True})}
    since = client.images.list(filters={"since": f"{name}:one"})
    assert image.id not in {one.id for one in since}
    (entry,) = client.api.images(name=f"{name}:one")
    assert entry["RepoTags"] == [f"{name}:one"]
    assert entry["Size"] > 0


def test_history_tells_each_step(client: Any, name: str) -> None:
    file = b'FROM busybox\nRUN echo one > /one\nENV A=b\nCMD ["sh"]\n'
    image, _ = client.images.build(fileobj=io.BytesIO(file), tag=name)
    try:
        history = image.history()
        assert [
            "CMD" in history[0]["CreatedBy"],
            "A=b" in history[1]["CreatedBy"],
            "echo one" in history[2]["CreatedBy"],
        ]
        assert (history[0]["Tags"], history[0]["Size"], history[1]["Size"]) == ([f"{name}:latest"], 0, 0)
        assert history[2]["Size"] > 0
        assert image.attrs["Config"]["Env"][-1] == "A=b"
    finally:
        client.images.remove(name, force=True)


def test_an_image_in_use_is_kept_unless_forced(client: Any, make: Make, image: Any, name: str) -> None:
    box = make("/nothing", image=f"{name}:one")
    with pytest.raises(docker_py.errors.APIError) as caught:
        client.images.remove(f"{name}:one")
    assert caught.value.status_code == 409
    assert f'conflict: unable to remove repository reference "{name}:one" (must force) - container' in str(caught.value)
    assert box.image.id == image.id
    box.remove()
    client.images.remove(f"{name}:one")
    with pytest.raises(docker_py.errors.ImageNotFound):
        client.images.get(f"{name}:one")


def test_images_without_a_name_are_pruned(client: Any, image: Any, name: str) -> None:
    build = b"FROM busybox\nLABEL prune=" + name.encode()
    nameless, _ = client.images.build(fileobj=io.BytesIO(build))
    done = client.images.prune(filters={"dangling": True, "label": f"prune={name}"})
    assert {"Deleted": nameless.id} in done["ImagesDeleted"]
    image.reload()
    assert client.images.prune(filters={"label": f"prune={name}"})["ImagesDeleted"] is None


def test_an_image_is_imported(client: Any, name: str) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo("hello")
        member.size = 2
        tar.addfile(member, io.BytesIO(b"hi"))
    client.api.import_image_from_data(buffer.getvalue(), repository=name, tag="in", changes=["USER alice", 'CMD ["x"]'])
    try:
        config = client.images.get(f"{name}:in").attrs["Config"]
        assert (config["User"], config["Cmd"]) == ("alice", ["x"])
    finally:
        client.images.remove(f"{name}:in")


def test_the_cache_of_builds_is_pruned(client: Any) -> None:
    done = client.api.prune_builds()
    assert done["SpaceReclaimed"] >= 0
