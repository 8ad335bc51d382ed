"""Networks on the wire."""

from __future__ import annotations

from jupyter_containers.api.wire.networks import network_json
from jupyter_containers.engine.networks import Endpoint, Network

BRIDGE = Network("bridge", "b" * 64, "bridge", "2026-01-01T00:00:00Z", "172.20.0.0/16", "172.20.0.1", "jc0")


def test_a_bridge_has_its_addresses_and_its_containers() -> None:
    endpoint = Endpoint("web", "e" * 64, "02:42:ac:14:00:02", "172.20.0.2", 16)
    written = network_json(BRIDGE, {"c" * 64: endpoint})
    assert written["IPAM"]["Config"] == [{"Subnet": "172.20.0.0/16", "Gateway": "172.20.0.1"}]
    assert written["Options"]["com.docker.network.bridge.name"] == "jc0"
    assert written["Containers"]["c" * 64] == {
        "Name": "web", "EndpointID": "e" * 64, "MacAddress": "02:42:ac:14:00:02", "IPv4Address": "172.20.0.2/16",
        "IPv6Address": "",
    }  # fmt: skip


def test_what_has_no_addresses_has_no_configuration() -> None:
    written = network_json(Network("host", "h" * 64, "host", "2026-01-01T00:00:00Z"), {})
    assert (written["IPAM"]["Config"], written["Options"], written["Containers"]) == ([], {}, {})


def test_an_endpoint_without_an_address_has_an_empty_one() -> None:
    written = network_json(BRIDGE, {"c": Endpoint("x", "e", "", "", 0)})
    assert written["Containers"]["c"]["IPv4Address"] == ""
