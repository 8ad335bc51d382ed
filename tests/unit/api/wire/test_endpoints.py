"""EndpointSettings in, NetworkSettings out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_containers.api.wire.endpoints import endpoint_from_wire, endpoints_from_wire, network_settings, networks
from jupyter_containers.engine.containers.record import (
    AddressWish,
    EndpointSettings,
    HostSettings,
    Record,
    Settings,
    State,
    Status,
)
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.network.values import Attachment, Published

RECORD = Record(
    "a" * 64, "web", 1, "x", settings=Settings(hostname="a" * 12, exposed_ports=("80/tcp", "90/tcp")),
    host=HostSettings(network_mode="mine"), state=State(Status.RUNNING, 7, started_at=1),
    endpoints={"mine": EndpointSettings(AddressWish("10.0.0.2"), aliases=("www",), network_id="m" * 64)},
)  # fmt: skip
MINE = Attachment(
    "e" * 64, "10.0.0.2", 24, "10.0.0.1", "02:42:0a:00:00:02", "jc1", (Published(80, "tcp", "0.0.0.0", 8080),),
    "m" * 64, "eth0", "fd00::2", 64, "fd00::1",
)  # fmt: skip


def ids(name: str) -> str:
    return f"id of {name}"


def test_everything_asked_for_is_read() -> None:
    read = endpoint_from_wire({
        "IPAMConfig": {"IPv4Address": "10.0.0.2", "IPv6Address": "fd00::2", "LinkLocalIPs": ["169.254.8.8"]},
        "Links": ["db:store"], "Aliases": ["www"], "MacAddress": "02:00:00:00:00:01", "DriverOpts": {"a": "b"},
        "GwPriority": 3, "NetworkID": "left from an inspect", "Gateway": "10.0.0.1",
    })  # fmt: skip
    assert read == EndpointSettings(
        AddressWish("10.0.0.2", "fd00::2", ("169.254.8.8",)),
        ("db:store",),
        ("www",),
        "02:00:00:00:00:01",
        {"a": "b"},
        3,
    )
    assert endpoint_from_wire({}) == EndpointSettings()


def test_an_old_client_may_name_one_network_only() -> None:
    body = {"EndpointsConfig": {"a": None, "b": {}}}
    assert list(endpoints_from_wire(body, (1, 44))) == ["a", "b"]
    with pytest.raises(InvalidParameter, match=r"^Container cannot be connected to network endpoints: a, b$"):
        endpoints_from_wire(body, (1, 43))


def test_a_running_container_tells_its_addresses() -> None:
    written = network_settings(RECORD, {"mine": MINE}, ids, version=(1, 51))
    endpoint = written["Networks"]["mine"]
    assert endpoint == {
        "IPAMConfig": {"IPv4Address": "10.0.0.2"}, "Links": None, "Aliases": ["www"], "MacAddress": "02:42:0a:00:00:02",
        "DriverOpts": None, "GwPriority": 0, "NetworkID": "m" * 64, "EndpointID": "e" * 64, "Gateway": "10.0.0.1",
        "IPAddress": "10.0.0.2", "IPPrefixLen": 24, "IPv6Gateway": "fd00::1", "GlobalIPv6Address": "fd00::2",
        "GlobalIPv6PrefixLen": 64, "DNSNames": ["web", "www", "a" * 12],
    }  # fmt: skip
    assert written["Ports"] == {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "90/tcp": None}
    # The old fields are the default bridge's.
    assert (written["IPAddress"], written["EndpointID"]) == ("", "")


def test_a_stopped_one_keeps_its_networks_without_addresses() -> None:
    stopped = replace(RECORD, state=State(Status.EXITED, started_at=1))
    endpoint = networks(stopped, {}, ids, version=(1, 51))["mine"]
    assert (endpoint["NetworkID"], endpoint["IPAddress"], endpoint["EndpointID"]) == ("m" * 64, "", "")


def test_one_that_was_taken_off_its_only_network_has_none_while_it_runs() -> None:
    alone = replace(RECORD, endpoints={})
    assert networks(replace(RECORD, endpoints=None), {}, ids, version=(1, 51))["mine"]["Aliases"] is None
    assert networks(alone, {}, ids, version=(1, 51)) == {}


def test_old_clients_find_the_short_id_among_the_aliases() -> None:
    endpoint = networks(RECORD, {"mine": MINE}, ids, version=(1, 41))["mine"]
    assert endpoint["Aliases"] == ["www", "a" * 12]
    assert not {"DNSNames", "GwPriority"} & set(endpoint)
    never_ran = replace(RECORD, state=State())
    assert networks(never_ran, {}, ids, version=(1, 41))["mine"]["Aliases"] == ["www"]
