"""Tests of commands.compose_details."""

from __future__ import annotations

import json

import pytest

from jupyter_containers.client import Client
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.errors import NotFound
from jupyter_containers.version import __version__
from tests.integration.compose.conftest import Compose, client, compose, session

__all__ = ["client", "compose", "session"]

FILE = """
services:
  web: {image: busybox, command: sleep 600, stop_grace_period: 0s, ports: ["127.0.0.1::80", "127.0.0.1::53/udp"]}
  job: {image: busybox, command: "true"}
"""


def test_the_images_of_containers_whether_they_run_or_not(compose: Compose, client: Client) -> None:
    compose("up", "-d", body=FILE)
    client.containers.wait("shop-job-1").result()
    id_ = client.images.inspect("busybox")["Id"]
    table = compose("images")
    assert table.titles == ("CONTAINER", "REPOSITORY", "TAG", "PLATFORM", "IMAGE ID", "SIZE", "CREATED")
    short = id_.removeprefix("sha256:")[:12]
    assert [(row[0], row[1], row[2], row[4]) for row in table.rows] == [
        ("shop-job-1", "busybox", "latest", short), ("shop-web-1", "busybox", "latest", short),
    ]  # fmt: skip
    assert compose("images", "-q").items == (id_,)
    assert [row[0] for row in compose("images", "web").rows] == ["shop-web-1"]


def test_where_a_port_is(compose: Compose, client: Client) -> None:
    compose("up", "-d", body=FILE)
    ports = client.containers.inspect("shop-web-1")["NetworkSettings"]["Ports"]
    assert compose("port", "web", "80").items == (f"127.0.0.1:{ports['80/tcp'][0]['HostPort']}",)
    assert compose("port", "--protocol", "udp", "web", "53").items == (f"127.0.0.1:{ports['53/udp'][0]['HostPort']}",)
    with pytest.raises(NotFound, match="shop-web-1 publishes no port 81/tcp; write it under ports: of web"):
        compose("port", "web", "81")
    with pytest.raises(NotFound, match="no container of web number 2 runs in shop; compose up starts it"):
        compose("port", "--index", "2", "web", "80")


def test_what_is_made_is_not_started(compose: Compose, client: Client) -> None:
    created = compose("create", "--scale", "job=2", body=FILE)
    assert created.verdict().startswith("create of shop: ")
    assert {one.name: one.state for one in client.containers.list(every=True)} == {
        "shop-web-1": "created", "shop-job-1": "created", "shop-job-2": "created",
    }  # fmt: skip
    assert compose("create", "--dry-run", "--scale", "job=2", body=FILE).lines == ("nothing is to be done for shop",)
    assert compose("start", "web").lines == ("started shop-web-1",)
    with pytest.raises(UsageError, match="create: both --build and --no-build"):
        compose("create", "--build", "--no-build", body=FILE)


def test_so_many_containers_as_are_asked_for(compose: Compose, client: Client) -> None:
    def running() -> set[str]:
        return {one.name for one in client.containers.list()}

    compose("up", "-d", "web", body=FILE)
    first = client.containers.inspect("shop-web-1")["Id"]
    scaled = compose("scale", "web=3")
    assert scaled.verdict().startswith("scale of shop: 3 running after ")
    assert running() == {"shop-web-1", "shop-web-2", "shop-web-3"}
    compose("scale", "web=1")
    assert running() == {"shop-web-1"}
    assert client.containers.inspect("shop-web-1")["Id"] == first
    with pytest.raises(NotFound, match="no service 'wbe'"):
        compose("scale", "wbe=2")
    with pytest.raises(UsageError, match="--scale 'web': write SERVICE=NUMBER"):
        compose("scale", "web")


def test_the_volumes_of_a_project_and_of_its_services(compose: Compose, client: Client) -> None:
    body = """
services:
  web: {image: busybox, command: "true", volumes: ["data:/data", "/nameless"]}
  job: {image: busybox, command: "true", volumes: ["logs:/logs"]}
volumes: {data: , logs: {name: journal}}
"""
    compose("create", body=body)
    client.volumes.create("foreign")
    assert compose("volumes").rows == (("local", "journal"), ("local", "shop_data"))
    assert compose("volumes", "-q", "web").items == ("shop_data",)
    assert compose("volumes", "-q", "job").items == ("journal",)
    with pytest.raises(NotFound, match="no service 'wbe'"):
        compose("volumes", "wbe")
    client.volumes.remove("foreign")


def test_which_compose_it_is(compose: Compose) -> None:
    assert compose("version").lines == (f"jupyter-containers compose version {__version__}",)
    assert compose("version", "--short").lines == (__version__,)
    assert json.loads(compose("version", "-f", "json").lines[0]) == {"version": __version__}
