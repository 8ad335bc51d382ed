"""Tests of client.volumes."""

from __future__ import annotations

import pytest

from jupyter_containers.client import Client
from jupyter_containers.errors import NotFound


def test_a_volume_has_labels_and_options_and_is_pruned(client: Client) -> None:
    made = client.volumes.create(labels={"a": "b"}, options={"type": "tmpfs", "device": "tmpfs"})
    assert (made["Labels"]["a"], made["Options"]["type"]) == ("b", "tmpfs")
    assert client.volumes.prune()["VolumesDeleted"] == []
    client.volumes.remove(made["Name"])
    bare, named = client.volumes.create()["Name"], client.volumes.create("mine")["Name"]
    assert client.volumes.prune()["VolumesDeleted"] == [bare]
    assert client.volumes.prune({"all": ["true"]})["VolumesDeleted"] == [named]


def test_a_volume_comes_and_goes(client: Client) -> None:
    assert client.volumes.create("mine")["Name"] == "mine"
    assert [volume["Name"] for volume in client.volumes.list()] == ["mine"]
    assert client.volumes.inspect("mine")["Driver"] == "local"
    client.volumes.remove("mine")
    assert client.volumes.list() == []
    with pytest.raises(NotFound):
        client.volumes.inspect("mine")
