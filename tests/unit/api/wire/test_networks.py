"""Networks on the wire."""

from __future__ import annotations

import pytest

from jupyter_containers.api.wire.networks import container_from_wire, network_json, request_from_wire
from jupyter_containers.engine.network_values import Endpoint, Network, NetworkRequest, PoolSettings
from jupyter_containers.errors import ContainersError, Forbidden, InvalidParameter, NotFound, Unsupported

POOL = PoolSettings("172.20.0.0/16", gateway="172.20.0.1")
BRIDGE = Network(
    "bridge", "b" * 64, "bridge", "2026-01-01T00:00:00Z", pools=(POOL,), bridge_name="jc0", mtu="1500"
)  # fmt: skip


def test_a_bridge_has_its_addresses_and_its_containers() -> None:
    endpoint = Endpoint("web", "e" * 64, "02:42:ac:14:00:02", "172.20.0.2", 16, "fd00::2", 64)
    written = network_json(BRIDGE, {"c" * 64: endpoint}, version=(1, 51))
    assert written["IPAM"] == {
        "Driver": "default", "Options": None, "Config": [{"Subnet": "172.20.0.0/16", "Gateway": "172.20.0.1"}],
    }  # fmt: skip
    assert written["Options"]["com.docker.network.bridge.name"] == "jc0"
    assert written["Options"]["com.docker.network.driver.mtu"] == "1500"
    assert written["Containers"]["c" * 64] == {
        "Name": "web", "EndpointID": "e" * 64, "MacAddress": "02:42:ac:14:00:02", "IPv4Address": "172.20.0.2/16",
        "IPv6Address": "fd00::2/64",
    }  # fmt: skip


def test_what_has_no_addresses_has_no_configuration() -> None:
    written = network_json(Network("host", "h" * 64, "host", "2026-01-01T00:00:00Z"), {}, version=(1, 46))
    assert (written["IPAM"]["Config"], written["Options"], written["Containers"]) == ([], {}, {})
    assert "EnableIPv4" not in written


def test_an_endpoint_without_an_address_has_an_empty_one() -> None:
    written = network_json(BRIDGE, {"c": Endpoint("x", "e", "", "", 0)}, version=(1, 51))
    assert (written["Containers"]["c"]["IPv4Address"], written["Containers"]["c"]["IPv6Address"]) == ("", "")


def test_a_request_is_read_whole_and_shown_as_it_was() -> None:
    read = request_from_wire({
        "Name": "mine", "Driver": "bridge", "Internal": True, "Attachable": True, "EnableIPv6": True, "Scope": "local",
        "Labels": {"a": "b"}, "Options": {"o": "1"}, "CheckDuplicate": True,
        "IPAM": {"Driver": "default", "Options": {}, "Config": [
            {"Subnet": "10.0.0.0/24", "IPRange": "10.0.0.128/25", "Gateway": "10.0.0.1",
             "AuxiliaryAddresses": {"r": "10.0.0.2"}},
        ]},
    })  # fmt: skip
    pool = PoolSettings("10.0.0.0/24", "10.0.0.128/25", "10.0.0.1", {"r": "10.0.0.2"})
    assert read == NetworkRequest(
        "mine", internal=True, attachable=True, ipv6=True, labels={"a": "b"}, options={"o": "1"}, ipam_options={},
        pools=(pool,),
    )  # fmt: skip
    assert dict(read.labels) == {"a": "b"}
    network = Network("mine", "m" * 64, "bridge", "", pools=read.pools, ipam_options=read.ipam_options)
    assert network_json(network, {}, version=(1, 51))["IPAM"]["Config"] == [
        {
            "Subnet": "10.0.0.0/24", "IPRange": "10.0.0.128/25", "Gateway": "10.0.0.1",
            "AuxiliaryAddresses": {"r": "10.0.0.2"},
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"Scope": "swarm"}, Forbidden, "swarm is not active"),
        ({"Ingress": True}, Forbidden, "Ingress network can only be global scope network"),
        ({"ConfigOnly": True}, Unsupported, "ConfigOnly=true"),
        ({"ConfigFrom": {"Network": "x"}}, NotFound, 'configuration network "x" does not exist'),
        ({"Labels": {"a": 1}}, InvalidParameter, "Labels"),
    ],
)
def test_what_is_not_there_is_refused(body: dict[str, object], kind: type[ContainersError], words: str) -> None:
    with pytest.raises(kind, match=words):
        request_from_wire({"Name": "x", **body})


def test_a_connect_names_a_container() -> None:
    assert container_from_wire({"Container": "web"}) == "web"
    with pytest.raises(InvalidParameter, match="invalid name or ID supplied"):
        container_from_wire({})
