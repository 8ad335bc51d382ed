"""Histories from our own daemon, and from one that keeps none."""

from __future__ import annotations

import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.histories import Histories
from jupyter_containers.errors import NotFound
from tests.support.api_client import Api
from tests.support.eventually import eventually


def grown(client: Client, histories: Histories, name: str, length: int) -> bool:
    histories.extend(client.containers.history(since=histories.now))
    return len(histories.find(name).times) >= length


def test_a_history_grows_by_what_is_new(client: Client, api: Api) -> None:
    api.run("sh", "-c", "while true; do :; done", name="busy", host={"Memory": 32 << 20})
    histories = client.containers.history()
    assert histories.is_kept
    assert eventually(lambda: grown(client, histories, "busy", 3))
    busy = histories.find("busy")
    assert busy.times == sorted(set(busy.times))
    assert max(busy.cpu_percent) > 1
    assert busy.memory_limit_bytes == 32 << 20
    frame = histories.frame()
    assert list(frame["container"].unique()) == ["busy"]
    assert frame["memory_bytes"].max() == max(busy.memory_bytes)
    assert [one.name for one in client.containers.history(["busy"]).containers] == ["busy"]
    with pytest.raises(NotFound, match="nosuch"):
        client.containers.history(["nosuch"])


def test_another_daemon_is_asked_for_samples_and_the_history_begins_now(client: Client, api: Api) -> None:
    api.run("sh", "-c", "while true; do :; done", name="busy", host={"Memory": 32 << 20})
    api.run("sleep", "60", name="idle")
    api.create("true", name="still")
    assert client.system.ping()
    client.containers._transport._server = "Docker/25.0 (linux)"
    histories = client.containers.history()
    assert not histories.is_kept
    assert {one.name: (len(one.times), one.memory_limit_bytes) for one in histories.containers} == {
        "busy": (1, 32 << 20), "idle": (1, 0), "still": (0, 0),
    }  # fmt: skip
    assert eventually(lambda: grown(client, histories, "busy", 2))
    assert histories.find("busy").cpu_percent[0] > 1
    assert [one.name for one in client.containers.history(["idle"]).containers] == ["idle"]
