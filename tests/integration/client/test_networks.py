"""Tests of client.networks."""

from __future__ import annotations

import pytest

from jupyter_containers.client import Client
from jupyter_containers.errors import NotFound, Unsupported


def test_the_usual_networks_are_there(client: Client) -> None:
    assert {network["Name"] for network in client.networks.list()} >= {"bridge", "host", "none"}
    assert client.networks.inspect("bridge")["Driver"] == "bridge"


def test_an_unknown_network_is_told(client: Client) -> None:
    with pytest.raises(NotFound):
        client.networks.inspect("nope")


def test_what_the_daemon_cannot_do_is_told(client: Client) -> None:
    with pytest.raises(Unsupported):
        client.networks.create("mine")
