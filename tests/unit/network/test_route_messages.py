"""What is written by hand is what pyroute2's classes write, up to the nesting flag that the kernel does not look at."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from ipaddress import ip_address, ip_interface
from typing import Any

import pytest
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from jupyter_containers.network import route_messages as requests


def read(message_class: Any, body: bytes) -> Any:
    """Decode with pyroute2; `body` has no netlink header."""
    header = (len(body) + 16).to_bytes(4, "little") + bytes(12)
    message = message_class(header + body)
    message.decode()
    return message


def written(message_class: Any, fields: Mapping[str, Any], *attributes: Any) -> bytes:
    """Encode with pyroute2, without the netlink header."""
    message = message_class()
    for name, value in fields.items():
        message[name] = value
    message["attrs"] = list(attributes)
    message.encode()
    return bytes(message.data)[16:]


def test_a_pair() -> None:
    peer = [("IFLA_IFNAME", "eth0"), ("IFLA_ADDRESS", "02:42:0a:00:00:02"), ("IFLA_MTU", 1400), ("IFLA_NET_NS_FD", 9)]
    data = {"attrs": [("VETH_INFO_PEER", {"attrs": peer})]}
    expected = written(
        ifinfmsg,
        {"flags": 1, "change": 1},
        ("IFLA_IFNAME", "jc123"),
        ("IFLA_MTU", 1400),
        ("IFLA_MASTER", 7),
        ("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_KIND", "veth"), ("IFLA_INFO_DATA", data)]}),
    )
    made = requests.pair("jc123", 7, 1400, peer="eth0", peer_mac="02:42:0a:00:00:02", netns_fd=9)
    assert made == expected


@pytest.mark.parametrize("isolated", [False, True])
def test_a_port_of_a_bridge(isolated: bool) -> None:
    settings = [("IFLA_BRPORT_MODE", 1), *([("IFLA_BRPORT_ISOLATED", 1)] if isolated else [])]
    info = [("IFLA_INFO_SLAVE_KIND", "bridge"), ("IFLA_INFO_SLAVE_DATA", {"attrs": settings})]
    none = {"attrs": [("IFLA_INET6_ADDR_GEN_MODE", 1)]}
    expected = written(
        ifinfmsg,
        {},
        ("IFLA_IFNAME", "jc123"),
        ("IFLA_LINKINFO", {"attrs": info}),
        ("IFLA_AF_SPEC", {"attrs": [("AF_INET6", none)]}),
    )
    assert requests.bridge_port("jc123", isolated=isolated) == expected


def test_a_link_by_name_and_its_index() -> None:
    assert requests.named_link("eth0") == written(ifinfmsg, {}, ("IFLA_IFNAME", "eth0"))
    assert requests.index_of(written(ifinfmsg, {"index": 4711}, ("IFLA_IFNAME", "eth0"))) == 4711


def test_whose_port_a_link_is() -> None:
    head = bytes(16)
    port = written(ifinfmsg, {"index": 3}, ("IFLA_IFNAME", "jc12"), ("IFLA_MTU", 1400), ("IFLA_MASTER", 7))
    assert requests.name_and_master(head + port) == ("jc12", 7)
    assert requests.name_and_master(head + written(ifinfmsg, {}, ("IFLA_IFNAME", "eth0"))) == ("eth0", 0)
    assert requests.name_and_master(head + port + b"\0\0\0\0") == ("jc12", 7)
    assert requests.all_links() == written(ifinfmsg, {})


@pytest.mark.parametrize(
    ("family", "destination", "length"),
    [(socket.AF_INET, "10.7.0.0", 16), (socket.AF_INET6, "fd00::", 64)],
)
def test_where_a_route_leads(family: int, destination: str, length: int) -> None:
    fields = {"family": family, "dst_len": length, "table": 254, "type": 1}
    body = written(rtmsg, fields, ("RTA_DST", destination), ("RTA_OIF", 7))
    found = requests.route_of(bytes(16) + body)
    assert found == requests.Route(family, ip_address(destination).packed, length, 1, 7)
    default = requests.route_of(bytes(16) + written(rtmsg, {"family": family, "type": 1}))
    assert default == requests.Route(family, bytes(len(ip_address(destination).packed)), 0, 1, 0)
    assert requests.all_routes(family) == written(rtmsg, {"family": family})


def test_a_link_comes_up_and_has_no_ipv6() -> None:
    assert requests.link_up(3) == written(ifinfmsg, {"index": 3, "flags": 1, "change": 1})
    none = {"attrs": [("IFLA_INET6_ADDR_GEN_MODE", 1)]}
    expected = written(ifinfmsg, {"index": 3}, ("IFLA_AF_SPEC", {"attrs": [("AF_INET6", none)]}))
    assert requests.without_ipv6(3) == expected


def test_addresses() -> None:
    message = read(ifaddrmsg, requests.address(3, ip_interface("10.0.0.2/20")))
    assert (message["family"], message["prefixlen"], message["flags"], message["index"]) == (socket.AF_INET, 20, 0, 3)
    assert [message.get_attr(f"IFA_{name}") for name in ("LOCAL", "ADDRESS", "BROADCAST")] == [
        "10.0.0.2",
        "10.0.0.2",
        "10.0.15.255",
    ]
    message = read(ifaddrmsg, requests.address(3, ip_interface("fd00::2/64")))
    assert (message["family"], message["prefixlen"], message["flags"]) == (socket.AF_INET6, 64, 2)
    assert [message.get_attr(f"IFA_{name}") for name in ("LOCAL", "ADDRESS")] == ["fd00::2", "fd00::2"]


@pytest.mark.parametrize(("gateway", "family"), [("10.0.0.1", socket.AF_INET), ("fd00::1", socket.AF_INET6)])
def test_default_routes(gateway: str, family: int) -> None:
    common = {"family": family, "table": 254, "proto": 3, "type": 1}
    expected = written(rtmsg, {**common, "scope": 0}, ("RTA_GATEWAY", gateway), ("RTA_OIF", 3))
    assert requests.default_route(ip_address(gateway), 3) == expected
    expected = written(rtmsg, {**common, "scope": 253}, ("RTA_OIF", 3))
    assert requests.default_route(ip_address(gateway), 3, by_link=True) == expected
    expected = written(rtmsg, {"family": family, "table": 254, "scope": 255, "type": 1})
    assert requests.any_default_route(family) == expected
