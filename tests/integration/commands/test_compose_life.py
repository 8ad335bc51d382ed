"""Tests of commands.compose_life."""

from __future__ import annotations

import pytest

from jupyter_containers.client import Client
from jupyter_containers.errors import NotFound
from tests.integration.compose.conftest import Compose, client, compose, session

__all__ = ["client", "compose", "session"]

FILE = """
services:
  web: {image: busybox, command: sleep 600, stop_grace_period: 0s, depends_on: [db], volumes: [kept:/k]}
  db: {image: busybox, command: sleep 600, stop_grace_period: 0s}
volumes: {kept: }
"""


def states(client: Client) -> dict[str, str]:
    return {one.name: one.state for one in client.containers.list(every=True) if one.name.startswith("shop")}


def test_down_leaves_nothing_but_volumes(compose: Compose, client: Client) -> None:
    compose("up", "-d", body=FILE)
    planned = compose("down", "--dry-run").lines
    assert planned == (
        "stop container shop-web-1", "stop container shop-db-1", "remove container shop-web-1",
        "remove container shop-db-1", "remove network shop_default",
    )  # fmt: skip
    assert compose("down").done == list(planned)
    assert states(client) == {}
    assert "shop_default" not in [network["Name"] for network in client.networks.list()]
    assert client.volumes.inspect("shop_kept")
    assert compose("down", "-v").done == ["remove volume shop_kept"]
    with pytest.raises(NotFound):
        client.volumes.inspect("shop_kept")


def test_down_works_without_the_file(compose: Compose, client: Client) -> None:
    compose("-p", "other", "up", "-d", body=FILE)
    compose("down", "-v", "-p", "other")
    assert [one for one in client.containers.list(every=True) if one.name.startswith("other")] == []
    assert [one for one in client.volumes.list() if one["Name"].startswith("other")] == []


def test_down_of_one_service_leaves_the_others(compose: Compose, client: Client) -> None:
    compose("up", "-d", body=FILE)
    compose("down", "web")
    assert states(client) == {"shop-db-1": "running"}
    with pytest.raises(NotFound, match="no service 'wbe' in shop; did you mean web"):
        compose("down", "wbe")


def test_stopped_started_restarted_removed(compose: Compose, client: Client) -> None:
    compose("up", "-d", body=FILE)
    compose("stop")
    assert set(states(client).values()) == {"exited"}
    assert compose("start").lines == ("started shop-db-1, shop-web-1",)
    assert compose("start").lines == ("all of them run already",)
    before = client.containers.inspect("shop-web-1")["State"]["Pid"]
    assert compose("restart", "web", "-t", "0").lines == ("restarted shop-web-1",)
    assert client.containers.inspect("shop-web-1")["State"]["Pid"] != before
    assert compose("rm", "-f").done == []
    assert set(states(client).values()) == {"running"}
    compose("rm", "-s", "-f", "web")
    assert states(client) == {"shop-db-1": "running"}


def test_what_only_a_profile_has_is_started_by_its_name_too(compose: Compose, client: Client) -> None:
    tool = "  tool: {image: busybox, command: sleep 600, profiles: [p], stop_grace_period: 0s}\n"
    tools = FILE.replace("volumes: {k", f"{tool}volumes: {{k")
    compose("up", "-d", "tool", body=tools)
    compose("stop")
    assert compose("start", "tool").lines == ("started shop-tool-1",)
    assert states(client) == {"shop-tool-1": "running"}


def test_frozen_and_killed(compose: Compose, client: Client) -> None:
    compose("up", "-d", body=FILE)
    assert compose("pause", "db").lines == ("paused shop-db-1",)
    assert states(client)["shop-db-1"] == "paused"
    compose("unpause")
    compose("kill", "-s", "SIGKILL", "web")
    client.containers.wait("shop-web-1").result()
    assert states(client) == {"shop-db-1": "running", "shop-web-1": "exited"}


def test_there_is_nothing_to_start(compose: Compose) -> None:
    with pytest.raises(NotFound, match="there are no containers of shop to start; compose up makes them"):
        compose("start", body=FILE)
