from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

import pytest
from pyroute2.netlink.rtnl import RTM_DELADDR, RTM_NEWLINK
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from jupyter_containers.errors import Conflict, Unsupported
from jupyter_containers.network import bridge as bridges
from jupyter_containers.network.netlink import Netlink
from tests.support.lone_host import HOST, UPLINK, LoneHost

pytestmark = pytest.mark.needs("root")

GATEWAY = IPv4Interface("10.7.0.1/16")


@pytest.fixture
def route(host: LoneHost) -> Iterator[Netlink]:
    with Netlink.route() as netlink:
        yield netlink


def test_a_bridge_is_found_as_it_was_made(route: Netlink) -> None:
    assert bridges.find_bridge(route, "b0") is None
    made = bridges.make_bridge(route, "b0", GATEWAY, mtu=1400)
    assert bridges.find_bridge(route, "b0") == made
    assert (made.gateway, made.mtu) == (GATEWAY, 1400)
    link = bridges.find_link(route, "b0")
    assert link.get_attr("IFLA_ADDRESS") == "02:42:0a:07:00:01"
    assert link["flags"] & 1


def test_a_bridge_that_a_crash_left_without_address_is_completed(route: Netlink) -> None:
    bridges.make_bridge(route, "b0", GATEWAY, mtu=1400)
    index = bridges.find_link(route, "b0")["index"]
    route.change("forget address", (bridges.address_message(index, GATEWAY), RTM_DELADDR, 0))
    assert bridges.find_bridge(route, "b0") is None
    assert bridges.make_bridge(route, "b0", GATEWAY, mtu=1400).gateway == GATEWAY


def test_a_name_that_belongs_to_something_else_is_refused(route: Netlink) -> None:
    with pytest.raises(Conflict, match=f"cannot use interface {UPLINK} as the bridge: it is a veth"):
        bridges.find_bridge(route, UPLINK)


def test_removing_a_link_twice_is_harmless(route: Netlink) -> None:
    bridges.make_bridge(route, "b0", GATEWAY, mtu=1400)
    bridges.remove_link(route, "b0")
    bridges.remove_link(route, "b0")
    assert bridges.find_link(route, "b0") is None


def test_routes_are_listed_without_the_default_one(route: Netlink) -> None:
    networks = bridges.routed_networks(route)
    assert HOST.network in networks
    assert IPv4Network("0.0.0.0/0") not in networks


def test_the_mtu_is_that_of_the_uplink_within_bounds(route: Netlink) -> None:
    assert bridges.uplink_mtu(route) == 1500
    for mtu, expected in ((1400, 1400), (9000, 1500), (600, 1280)):
        _set_mtu(route, mtu)
        assert bridges.uplink_mtu(route) == expected


def test_forwarding_is_switched_on_but_not_written_again(tmp_path: Path) -> None:
    (tmp_path / "ip_forward").write_text("0\n")
    bridges.enable_forwarding(tmp_path)
    assert (tmp_path / "ip_forward").read_text() == "1"
    (tmp_path / "ip_forward").write_text("1\n")
    bridges.enable_forwarding(tmp_path)
    assert (tmp_path / "ip_forward").read_text() == "1\n"


def test_the_loopback_is_routed_only_behind_a_guard(tmp_path: Path) -> None:
    switch = tmp_path / "conf" / "b0" / "route_localnet"
    switch.parent.mkdir(parents=True)
    for guarded, written in ((True, "1"), (False, "0")):
        bridges.route_loopback("b0", guarded=guarded, root=tmp_path)
        assert switch.read_text() == written


def _set_mtu(route: Netlink, mtu: int) -> None:
    message = ifinfmsg()
    message["attrs"] = [("IFLA_IFNAME", UPLINK), ("IFLA_MTU", mtu)]
    route.change("mtu", (message, RTM_NEWLINK, 0))


def test_forwarding_of_ipv6_leaves_hosts_that_listen_to_their_routers_as_they_are(tmp_path: Path) -> None:
    for name, listens in (("all", "0"), ("up0", "1"), ("static0", "0")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "accept_ra").write_text(f"{listens}\n")
        (tmp_path / name / "forwarding").write_text("0\n")
    for _ in range(2):
        bridges.enable_ipv6_forwarding(tmp_path)
        assert (tmp_path / "all" / "forwarding").read_text() == "1"
        assert (tmp_path / "up0" / "accept_ra").read_text() == "2"
        assert (tmp_path / "static0" / "accept_ra").read_text() == "0\n"


def test_a_kernel_without_ipv6_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="this kernel has none"):
        bridges.enable_ipv6_forwarding(tmp_path)
