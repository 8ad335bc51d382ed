"""Networks, volumes and the disk, as a dashboard shows them; and pruning."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jupyter_containers.client import Client
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.widgets.places import actions
from tests.support.api_client import Api


@pytest.fixture(autouse=True)
def places(client: Client) -> Iterator[None]:
    client.volumes.create("data")
    client.networks.create("backend")
    yield
    for container in client.containers.list(every=True):
        client.containers.remove(container.id, force=True)
    client.volumes.remove("data")
    for network in client.networks.list({"name": ["backend"]}):
        client.networks.remove(network["Name"])


def test_the_map_says_who_is_on_which(client: Client, api: Api) -> None:
    api.create("true", name="web", host={"NetworkMode": "backend", "Binds": ["data:/data"]})
    found = actions(client)["map"]({})
    assert found["networks"][0]["name"] == "backend"
    assert [one["name"] for one in found["containers"]] == ["web"]
    assert (found["on"], found["has"]) == ([[0, 0]], [[0, 0]])
    assert found["hidden"] == 0


def test_each_kind_is_pruned_and_the_disk_is_measured(client: Client, api: Api) -> None:
    api.create("true", name="old")
    assert [row[:2] for row in actions(client)["disk"]({})["rows"]][1] == ["Containers", "1"]
    prune = actions(client)["prune"]
    assert prune({"what": "containers"})["said"].startswith("containers: 1 removed, ")
    assert client.containers.list(every=True) == []
    assert prune({"what": "networks"})["said"].startswith("networks: 1 removed")
    # One that was given a name stays.
    assert prune({"what": "volumes"})["said"].startswith("volumes: 0 removed")
    for what in ("images", "build cache"):
        assert prune({"what": what})["said"].startswith(f"{what}: 0 removed")
    with pytest.raises(InvalidParameter, match="'everything'"):
        prune({"what": "everything"})
