from __future__ import annotations

from ipaddress import IPv4Interface

import pytest

from jupyter_containers.network import bridge as bridges
from jupyter_containers.network import endpoint as endpoints
from jupyter_containers.network.endpoint import Endpoint
from jupyter_containers.network.netlink import Netlink
from tests.support.lone_host import LoneHost
from tests.support.namespace import Namespace

pytestmark = pytest.mark.needs("root")

ENDPOINT = Endpoint("eth0", "v0", "02:42:0a:07:00:02", IPv4Interface("10.7.0.2/16"))


def test_the_pair_hangs_on_the_bridge_with_its_size_and_without_ipv6(host: LoneHost) -> None:
    with Netlink.route() as route, Namespace() as container:
        bridge = bridges.make_bridge(route, "b0", IPv4Interface("10.7.0.1/16"), mtu=1400)
        endpoints.connect(route, bridge, ENDPOINT, netns_fd=container.netns_fd, netlink=container.netlink)
        assert bridges.links_on(route, bridge) == ["v0"]
        inner = bridges.find_link(Netlink(container.netlink), "eth0")
        assert (inner.get_attr("IFLA_ADDRESS"), inner.get_attr("IFLA_MTU")) == ("02:42:0a:07:00:02", 1400)
        assert inner["flags"] & 1
        assert container.read("/proc/net/if_inet6").split()[-1] == "lo"
        with open("/proc/thread-self/net/if_inet6") as file:
            assert "v0" not in file.read()


def test_the_outer_end_dies_with_the_namespace_or_by_name(host: LoneHost) -> None:
    with Netlink.route() as route, Namespace() as container:
        bridge = bridges.make_bridge(route, "b0", IPv4Interface("10.7.0.1/16"), mtu=1400)
        endpoints.connect(route, bridge, ENDPOINT, netns_fd=container.netns_fd, netlink=container.netlink)
        bridges.remove_link(route, "v0")
        assert bridges.links_on(route, bridge) == []
        assert bridges.find_link(Netlink(container.netlink), "eth0") is None


def test_a_taken_name_is_told_with_the_step(host: LoneHost) -> None:
    with Netlink.route() as route, Namespace() as container:
        bridge = bridges.make_bridge(route, "b0", IPv4Interface("10.7.0.1/16"), mtu=1400)
        taken = Endpoint("eth0", "b0", ENDPOINT.mac, ENDPOINT.address)
        with pytest.raises(OSError, match="netlink new link b0: File exists"):
            endpoints.connect(route, bridge, taken, netns_fd=container.netns_fd, netlink=container.netlink)
