"""Tests of client.networks."""

from __future__ import annotations

import uuid

import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.errors import Forbidden, NotFound


@pytest.fixture
def tag() -> str:
    return f"t{uuid.uuid4().hex[:10]}"


def test_the_usual_networks_are_there(client: Client) -> None:
    assert {network["Name"] for network in client.networks.list()} >= {"bridge", "host", "none"}
    assert client.networks.inspect("bridge")["Driver"] == "bridge"


def test_an_unknown_network_is_told(client: Client) -> None:
    with pytest.raises(NotFound):
        client.networks.inspect("nope")


def test_a_network_is_made_used_and_removed(client: Client, tag: str) -> None:
    options = {"com.docker.network.driver.mtu": "1300"}
    made = client.networks.create(
        tag, subnet="10.207.0.0/24", gateway="10.207.0.9", internal=True, labels={"a": "b"}, options=options
    )
    found = client.networks.inspect(tag)
    assert (found["Id"], found["Internal"], found["Labels"]) == (made, True, {"a": "b"})
    assert found["IPAM"]["Config"] == [{"Subnet": "10.207.0.0/24", "Gateway": "10.207.0.9"}]
    assert found["Options"] == options
    client.networks.remove(tag)
    with pytest.raises(NotFound):
        client.networks.inspect(tag)


def test_a_container_is_connected_and_disconnected(client: Client, tag: str) -> None:
    client.networks.create(tag, subnet="10.208.0.0/24")
    container = client.containers.create(RunSettings("busybox", ("sleep", "600"), init=True))
    try:
        client.containers.start(container)
        client.networks.connect(tag, container, aliases=["nick"], ipv4_address="10.208.0.7")
        endpoint = client.containers.inspect(container)["NetworkSettings"]["Networks"][tag]
        assert (endpoint["IPAddress"], endpoint["Aliases"]) == ("10.208.0.7", ["nick"])
        client.networks.disconnect(tag, container, force=True)
        assert tag not in client.containers.inspect(container)["NetworkSettings"]["Networks"]
        assert tag in client.networks.prune()
    finally:
        client.containers.remove(container, force=True)


def test_what_the_daemon_cannot_do_is_told(client: Client) -> None:
    with pytest.raises(Forbidden):
        client.networks.create("mine", driver="host")
