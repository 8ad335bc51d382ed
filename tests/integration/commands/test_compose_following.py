"""Tests of commands.compose_following."""

from __future__ import annotations

import json
import threading
import time

import pytest

from jupyter_containers.client import Client, connect
from jupyter_containers.client.run_settings import ExecSettings
from jupyter_containers.errors import NotFound
from tests.integration.compose.conftest import Compose, client, compose, session
from tests.support.daemon import Daemon
from tests.support.front_double import SessionOn

__all__ = ["client", "compose", "session"]

# Each of them ends when somebody writes into its pipe, with what is written as its exit code.
FILE = """
services:
  web:
    image: busybox
    command: &wait [sh, -c, "mkfifo /go; read code </go; exit $$code"]
    labels: {team: ours}
    stop_grace_period: 0s
  db: {image: busybox, command: *wait, stop_grace_period: 0s}
"""


def ending(daemon: Daemon, name: str, code: int) -> threading.Thread:
    """Have a container end, as soon as it waits for that."""

    def act() -> None:
        with connect(daemon.host) as own:
            script = f"until test -p /go; do usleep 10000; done; echo {code} >/go"
            own.execs.start_detached(own.execs.create(name, ExecSettings(("sh", "-c", script), detached=True)))

    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_events_of_a_project(compose: Compose, client: Client) -> None:
    # Projects of other tests have had the same names.
    since = f"{time.time():.6f}"
    compose("up", "-d", body=FILE)
    compose("kill", "web")
    client.containers.wait("shop-web-1").result()
    told = compose("events", "--since", since, "--until", "0s")
    assert {event.attributes["com.docker.compose.service"] for event in told.events} == {"web", "db"}
    assert "container start shop-web-1" in told.text()
    only = compose("events", "--json", "--since", since, "--until", "0s", "web")
    found = [json.loads(line) for line in only.text().split("\n")]
    assert [one["action"] for one in found if one["action"] in ("create", "start", "die")] == ["create", "start", "die"]
    assert {one["service"] for one in found} == {"web"}
    first = found[0]
    assert list(first) == ["time", "type", "action", "id", "service", "attributes"]
    assert first["id"] == client.containers.inspect("shop-web-1")["Id"]
    assert (first["type"], first["attributes"]["name"], first["attributes"]["team"]) == (
        "container",
        "shop-web-1",
        "ours",
    )
    assert not [name for name in first["attributes"] if name.startswith("com.docker.compose")]
    with pytest.raises(NotFound, match="no service 'wbe' in shop"):
        compose("events", "wbe")


def test_json_is_written_as_it_comes(compose: Compose, session: SessionOn) -> None:
    compose("up", "-d", "web", body=FILE)
    compose("events", "--json", "--since", "1h", "--until", "0s")
    lines = [json.loads(text) for stream, text in session.remembering.said if stream == 1 and text.startswith("{")]
    assert "start" in [one["action"] for one in lines]


def test_waiting_for_the_end_of_all(compose: Compose, daemon: Daemon) -> None:
    compose("up", "-d", body=FILE)
    threads = [ending(daemon, "shop-web-1", 3), ending(daemon, "shop-db-1", 0)]
    waited = compose("wait")
    for thread in threads:
        thread.join()
    assert sorted(waited.lines) == ["shop-db-1 exited with code 0", "shop-web-1 exited with code 3"]
    assert sorted(waited.items) == ["0", "3"]
    # It is known already.
    assert compose("wait", "web").items == ("3",)
    compose("down")
    compose("create")
    with pytest.raises(NotFound, match="no container of web has run, so there is nothing to wait for"):
        compose("wait", "web")


def test_the_first_end_takes_the_project_down(compose: Compose, client: Client, daemon: Daemon) -> None:
    compose("up", "-d", body=FILE)
    thread = ending(daemon, "shop-web-1", 7)
    waited = compose("wait", "--down-project")
    thread.join()
    assert waited.lines == ("shop-web-1 exited with code 7", "took shop down")
    assert waited.items == ("7",)
    assert [one.name for one in client.containers.list(every=True) if one.name.startswith("shop")] == []
    assert "shop_default" not in [network["Name"] for network in client.networks.list()]


def test_what_services_use(compose: Compose) -> None:
    compose("up", "-d", body=FILE)
    used = compose("stats", "--no-stream")
    assert sorted(record["name"] for record in used.records) == ["shop-db-1", "shop-web-1"]
    assert all(record["memory_bytes"] > 0 for record in used.records)
    assert [record["name"] for record in compose("stats", "--no-stream", "web").records] == ["shop-web-1"]
    compose("stop")
    assert compose("stats", "--no-stream").rows == ()
