"""Networks: the three predefined ones, and what is refused with a reason."""

from __future__ import annotations

import pytest

from jupyter_containers.engine.networks import Networks
from jupyter_containers.errors import Conflict, Forbidden, NotFound, Unsupported

FACTS = {"name": "jc0", "subnet": "172.20.0.0/16", "gateway": "172.20.0.1", "mtu": "1500", "warning": "no forwarding"}


@pytest.fixture
def networks() -> Networks:
    return Networks("daemon-1", "2026-01-01T00:00:00Z", lambda: FACTS)


def test_there_are_three_and_only_the_bridge_has_addresses(networks: Networks) -> None:
    found = {network.name: network for network in networks.all()}
    assert {name: network.driver for name, network in found.items()} == {
        "bridge": "bridge", "host": "host", "none": "null",
    }  # fmt: skip
    assert (found["bridge"].subnet, found["bridge"].bridge_name) == ("172.20.0.0/16", "jc0")
    assert found["host"].subnet == found["none"].gateway == ""


def test_an_id_stays_over_restarts_and_differs_between_daemons(networks: Networks) -> None:
    again = Networks("daemon-1", "2026-02-02T00:00:00Z", lambda: FACTS)
    other = Networks("daemon-2", "2026-02-02T00:00:00Z", lambda: FACTS)
    assert networks.network_id("bridge") == again.network_id("bridge") != other.network_id("bridge")


def test_a_network_is_found_by_name_id_and_prefix(networks: Networks) -> None:
    network_id = networks.network_id("none")
    assert {networks.get(text).name for text in ("none", network_id, network_id[:12])} == {"none"}
    for text in ("", "ghost"):
        with pytest.raises(NotFound, match=f"network {text} not found"):
            networks.get(text)


def test_what_changes_networks_is_refused(networks: Networks) -> None:
    with pytest.raises(Conflict, match="network with name bridge already exists"):
        networks.refuse_create("bridge")
    with pytest.raises(Unsupported, match="cannot create network mine"):
        networks.refuse_create("mine")
    with pytest.raises(Forbidden, match="host is a pre-defined network and cannot be removed"):
        networks.refuse_remove("host")
    with pytest.raises(NotFound, match="ghost"):
        networks.refuse_remove("ghost")
    with pytest.raises(Unsupported, match="container web and network bridge"):
        networks.refuse_connect("bridge", "web")
