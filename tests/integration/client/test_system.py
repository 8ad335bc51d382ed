"""Tests of client.system."""

from __future__ import annotations

import time

from jupyter_containers.client import Client
from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.client.transport import API_VERSION


def test_both_sides_agree_on_a_version(client: Client) -> None:
    assert client.system.ping() == API_VERSION


def test_the_daemon_tells_what_it_is(client: Client) -> None:
    assert client.system.info()["OSType"] == "linux"


def test_disk_use_is_measured(client: Client) -> None:
    usage = client.system.disk_usage()
    assert usage["LayersSize"] == usage["Images"][0]["Size"] > 0
    assert usage["Volumes"] == []


def test_what_happened_to_a_container_can_be_asked(client: Client) -> None:
    begun = time.time()
    id_ = client.containers.create(RunSettings("busybox", ("true",)))
    client.containers.start(id_)
    client.containers.wait(id_).result()
    actions = [event.action for event in client.system.events_between(begun, time.time(), container=id_)]
    assert actions == ["create", "start", "die"]
