"""Tests of client.images."""

from __future__ import annotations

import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.images import split_name
from jupyter_containers.client.values import Progress
from jupyter_containers.errors import ContainersError, NotFound


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


def test_a_registry_that_is_not_there_is_told(client: Client) -> None:
    seen: list[Progress] = []
    with pytest.raises(ContainersError, match=r"127\.0\.0\.1:9"):
        client.images.pull("127.0.0.1:9/nope", seen.append)
    assert seen == []
