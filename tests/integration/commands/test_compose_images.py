"""Tests of commands.compose_images, and of compose.images through them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.builds import BuildFailed
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound
from tests.integration.compose.conftest import Compose, client, compose, session
from tests.support.front_double import SessionOn
from tests.support.own_registry import OwnRegistry

__all__ = ["client", "compose", "session"]

FILE = """
services:
  web:
    build:
      context: web
      args: {WORD: hello}
      network: none
    command: cat /word /extra
  base:
    build: {dockerfile_inline: "FROM busybox\\nRUN echo base >/extra\\n", network: none}
    profiles: [never]
"""
DOCKERFILE = "FROM busybox\nARG WORD\nRUN echo $WORD >/word\nCOPY extra /extra\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, session: object, client: Client) -> None:
    place = tmp_path / "shop" / "web"
    place.mkdir()
    (place / "Dockerfile").write_text(DOCKERFILE)
    (place / "extra").write_text("copied\n")


@pytest.fixture(autouse=True)
def tidy_images(client: Client) -> object:
    yield
    for image in client.images.list():
        for name in image.names:
            if name.startswith("shop-"):
                client.images.remove(name, force=True)


def test_an_image_is_built_when_it_is_not_there(compose: Compose, client: Client) -> None:
    assert compose("up", body=FILE).stdout == "web-1 | hello\nweb-1 | copied\n"
    first = client.images.inspect("shop-web")["Id"]
    labels = client.images.inspect("shop-web")["Config"]["Labels"]
    assert (labels["com.docker.compose.project"], labels["com.docker.compose.service"]) == ("shop", "web")
    compose("up", body=FILE.replace("WORD: hello", "WORD: other"))
    assert client.images.inspect("shop-web")["Id"] == first
    result = compose("up", "--build", body=FILE.replace("WORD: hello", "WORD: other"))
    assert result.stdout == "web-1 | other\nweb-1 | copied\n"
    assert "recreate container shop-web-1: its image is another one now" in result.done
    compose("down", "--rmi", "local")
    with pytest.raises(NotFound):
        client.images.inspect("shop-web")


def test_images_are_built_alone(compose: Compose, client: Client) -> None:
    assert compose("build", "--build-arg", "WORD=mine", body=FILE).items == ("shop-web",)
    assert compose("build", "base", body=FILE).items == ("shop-base",)
    assert client.images.inspect("shop-base")["Id"]


def test_a_build_that_fails_names_its_service(compose: Compose) -> None:
    bad = FILE.replace("context: web", 'context: web, dockerfile_inline: "FROM busybox\\nRUN false\\n"')
    bad = 'services: {web: {build: {dockerfile_inline: "FROM busybox\\nRUN false\\n", network: none}}}'
    with pytest.raises(BuildFailed) as caught:
        compose("up", body=bad)
    assert "while the image of web was built" in caught.value.__notes__


@pytest.mark.parametrize(
    ("build", "message"),
    [
        ("nowhere", "build of web: there is no folder"),
        ("{context: ., dockerfile: No}", "build of web: cannot read"),
        ("{dockerfile: a, dockerfile_inline: b}", "both dockerfile and dockerfile_inline"),
        ("{additional_contexts: {x: 'service:none'}, dockerfile_inline: FROM busybox}", "there is no service 'none'"),
    ],
)
def test_what_cannot_be_built(compose: Compose, build: str, message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        compose("build", body=f"services: {{web: {{build: {build}}}}}")
    assert message in caught.value.message


def test_an_image_of_another_service_is_built_first(compose: Compose) -> None:
    body = """
services:
  web:
    build: {dockerfile_inline: "FROM parent\\nCMD cat /extra\\n", additional_contexts: {parent: service:base}}
  base:
    build: {dockerfile_inline: "FROM busybox\\nRUN echo base >/extra\\n", network: none}
    command: "true"
"""
    assert compose("up", body=body).stdout == "web-1 | base\n"


def test_an_image_that_nobody_has(compose: Compose) -> None:
    body = "services: {web: {image: '127.0.0.1:1/nobody:5'}}"
    with pytest.raises(NotFound, match=r"no image 127\.0\.0\.1:1/nobody:5 for web: "):
        compose("up", body=body)
    with pytest.raises(NotFound, match=r"no image 127\.0\.0\.1:1/nobody:5 here for web, and it is not to be built"):
        compose("up", "--pull", "never", body=body)


def test_what_services_build_is_sent_under_all_its_names(
    compose: Compose, client: Client, session: SessionOn, tmp_path: Path
) -> None:
    registry = OwnRegistry(tmp_path / "registry")
    registry.start()
    names = [f"{registry.address}/{name}" for name in ("web:1", "web:latest", "other:1")]
    build = f'{{dockerfile_inline: "FROM busybox\\nRUN true\\n", network: none, tags: ["{names[1]}"]}}'
    body = f"""
services:
  web: {{image: "{names[0]}", build: {build}, depends_on: [other]}}
  other: {{image: "{names[2]}", build: {{dockerfile_inline: "FROM busybox\\n", network: none}}}}
  local: {{build: {{dockerfile_inline: "FROM busybox\\n"}}}}
  foreign: {{image: busybox}}
"""
    compose("build", "web", "other", body=body)
    assert compose("push", "web").items == tuple(names[:2])
    assert compose("push", "--include-deps", "web").items == tuple(names)
    assert compose("push", "local", "foreign").lines == ("there is no image to push",)
    assert any("local has no image: with a registry's host" in note for note in session.front.notes)
    for name in names:
        client.images.remove(name, force=True)
    client.images.pull(names[1])
    client.images.remove(names[1])
    registry.stop()
    with pytest.raises(ContainersError, match=r"does not exist .*/other\nwhile the image of other was"):
        compose("push", "other")
    assert compose("push", "--ignore-push-failures", "other").lines == ("there is no image to push",)
