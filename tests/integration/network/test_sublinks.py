"""Links that hang on a parent, on a host of its own. ipvlan and VLANs need modules that few test machines have."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Interface, ip_network
from typing import Any

import pytest

from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.network import bridge as bridges
from jupyter_containers.network import sublinks
from jupyter_containers.network.endpoint import Endpoint
from jupyter_containers.network.netlink import Netlink
from jupyter_containers.network.values import Pool, Segment
from tests.support.lone_host import OUTSIDE, UPLINK, LoneHost
from tests.support.namespace import Namespace

pytestmark = pytest.mark.needs("root")

NETWORK = Segment(
    "c0ffee" * 8, "", Pool(ip_network("198.51.100.0/24"), OUTSIDE.ip), driver="macvlan", parent=UPLINK, mode="bridge"
)
ALONE = replace(NETWORK, parent="")
ENDPOINT = Endpoint("eth0", "", "02:42:c6:33:64:4d", IPv4Interface("198.51.100.77/24"))


def connect(route: Netlink, segment: Segment, endpoint: Endpoint, container: Namespace) -> Any:
    sublinks.connect(route, segment, endpoint, netns_fd=container.netns_fd, netlink=container.netlink)
    return bridges.find_link(Netlink(container.netlink), endpoint.name)


def test_a_container_is_a_neighbour_of_the_outside(host: LoneHost) -> None:
    with Netlink.route() as route, Namespace() as container:
        sublinks.open_parent(route, NETWORK)
        link = connect(route, NETWORK, ENDPOINT, container)
        assert link.get_attr("IFLA_ADDRESS") == "02:42:c6:33:64:4d"
        with host.outside.datagrams(("0.0.0.0", 999)) as server, container.datagrams(("0.0.0.0", 0)) as client:
            client.sendto(b"hello", (str(OUTSIDE.ip), 999))
            assert server.recvfrom(9)[1][0] == "198.51.100.77"
        default = container.read("/proc/net/route").splitlines()[1:]
        assert [line.split()[1] for line in default].count("00000000") == 1
        assert sublinks.own_parent(route, NETWORK) == "", "the uplink is the host's"


def test_size_and_routes_are_those_of_the_network_and_the_wish(host: LoneHost) -> None:
    with Netlink.route() as route, Namespace() as container:
        link = connect(route, replace(NETWORK, mtu=1300), replace(ENDPOINT, is_gateway=False), container)
        assert link.get_attr("IFLA_MTU") == 1300
        assert "00000000" not in [line.split()[1] for line in container.read("/proc/net/route").splitlines()[1:]]


def test_it_is_removed_from_inside(host: LoneHost) -> None:
    with Netlink.route() as route, Namespace() as container:
        connect(route, NETWORK, ENDPOINT, container)
        sublinks.remove(container.netns_fd, "eth0")
        assert bridges.find_link(Netlink(container.netlink), "eth0") is None
        sublinks.remove(container.netns_fd, "eth0")


def test_without_a_parent_containers_have_each_other_and_nobody_else(host: LoneHost) -> None:
    with Netlink.route() as route, Namespace() as one, Namespace() as two:
        sublinks.open_parent(route, ALONE)
        sublinks.open_parent(route, ALONE)
        name = sublinks.own_parent(route, ALONE)
        assert name == sublinks.parent_of(ALONE)
        assert len(name) <= 15
        other = replace(ENDPOINT, mac="02:42:c6:33:64:4e", address=IPv4Interface("198.51.100.78/24"))
        connect(route, ALONE, replace(ENDPOINT, is_gateway=False), one)
        connect(route, ALONE, other, two)
        with two.datagrams(("0.0.0.0", 999)) as server, one.datagrams(("0.0.0.0", 0)) as client:
            client.sendto(b"hello", ("198.51.100.78", 999))
            assert server.recvfrom(9)[1][0] == "198.51.100.77"
        bridges.remove_link(route, name)
        assert sublinks.own_parent(route, ALONE) == ""


def test_a_link_of_ours_by_name_only_stays(host: LoneHost) -> None:
    with Netlink.route() as route:
        bridges.make_bridge(route, sublinks.parent_of(ALONE), IPv4Interface("10.7.0.1/16"), mtu=1400)
        assert sublinks.own_parent(route, ALONE) == ""


def test_what_the_kernel_has_not_is_refused_with_the_modules_name(host: LoneHost) -> None:
    with Netlink.route() as route:
        before = len(bridges.links_on(route, bridges.make_bridge(route, "b0", IPv4Interface("10.7.0.1/16"), mtu=1400)))
        sublinks.require(route, "macvlan")
        with pytest.raises(Unsupported, match="this kernel has no nonesuchvlan; load the module nonesuchvlan"):
            sublinks.require(route, "nonesuchvlan")
        assert before == 0


def test_a_parent_that_cannot_be_is_told(host: LoneHost) -> None:
    with Netlink.route() as route, Namespace() as container:
        with pytest.raises(InvalidParameter, match="invalid subinterface vlan name ghost"):
            sublinks.open_parent(route, replace(NETWORK, parent="ghost"))
        with pytest.raises(InvalidParameter, match="was not found on the host: ghost"):
            sublinks.open_parent(route, replace(NETWORK, parent="ghost.7"))
        with pytest.raises(InvalidParameter, match="ghost"):
            connect(route, replace(NETWORK, parent="ghost"), ENDPOINT, container)


def test_an_ipvlan_link_has_a_mode_and_no_address_of_its_own() -> None:
    segment = replace(NETWORK, driver="ipvlan", mode="l3s")
    message = sublinks._link_message(segment, ENDPOINT, 7, 9)
    message.encode()
    again = type(message)(bytes(message.data))
    again.decode()
    assert again.get_attr("IFLA_ADDRESS") is None
    assert again.get_attr("IFLA_LINK") == 7
    assert again.get_nested("IFLA_LINKINFO", "IFLA_INFO_KIND") == "ipvlan"
    assert again.get_nested("IFLA_LINKINFO", "IFLA_INFO_DATA", "IFLA_IPVLAN_MODE") == 2
