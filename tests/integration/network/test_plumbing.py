from __future__ import annotations

import socket
import struct
from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from jupyter_containers.errors import Conflict
from jupyter_containers.network import endpoint as endpoints
from jupyter_containers.network.endpoint import Endpoint
from jupyter_containers.network.netlink import Netlink
from jupyter_containers.network.plumbing import Names, Plumbing, remove_link
from tests.support.lone_host import UPLINK, LoneHost
from tests.support.namespace import Namespace

pytestmark = pytest.mark.needs("root", "nftables")

NAMES = Names("b0", "try")


def test_a_bridge_of_an_earlier_daemon_keeps_its_subnet(host: LoneHost) -> None:
    first = Plumbing(NAMES, "10.7.0.0/16")
    first.close()
    second = Plumbing(NAMES)
    assert second.bridge == first.bridge
    second.remove()
    second.close()


def test_another_subnet_than_that_of_the_bridge_is_refused(host: LoneHost) -> None:
    Plumbing(NAMES, "10.7.0.0/16").close()
    with pytest.raises(Conflict, match=r"bridge b0 has subnet 10\.7\.0\.0/16, not 10\.8\.0\.0/16"):
        Plumbing(NAMES, "10.8.0.0/16")


def test_the_bridge_is_no_larger_than_the_uplink(host: LoneHost) -> None:
    plumbing = Plumbing(NAMES)
    assert plumbing.bridge.mtu == 1500
    plumbing.close()


def test_removing_a_link_that_is_gone_is_harmless(host: LoneHost) -> None:
    remove_link(UPLINK)
    remove_link(UPLINK)


def test_cve_2020_13401_a_container_is_no_router_for_the_host(host: LoneHost) -> None:
    """Who may send raw packets says "I am your router" by IPv6: the host's connections would go to the container."""
    plumbing = Plumbing(NAMES, "10.7.0.0/16")
    endpoint = Endpoint("eth0", "v0", "02:42:0a:07:00:02", IPv4Interface("10.7.0.2/16"))
    heard = "02:42:0a:07:00:03"
    with Namespace() as container, Namespace() as other, Netlink.route() as route:
        endpoints.connect(route, plumbing.bridge, endpoint, netns_fd=container.netns_fd, netlink=container.netlink)
        neighbour = Endpoint("eth0", "v1", heard, IPv4Interface("10.7.0.3/16"))
        endpoints.connect(route, plumbing.bridge, neighbour, netns_fd=other.netns_fd, netlink=other.netlink)
        with (
            container.new_socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw,
            other.new_socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_IPV6)) as listening,
        ):
            raw.bind(("eth0", _ETH_P_IPV6))
            listening.bind(("eth0", _ETH_P_IPV6))
            listening.settimeout(5)
            raw.send(router_advertisement(bytes.fromhex(endpoint.mac.replace(":", ""))))
            # The bridge floods it: when the neighbour has it, the host has been asked, too.
            listening.recv(2048)
        assert not _routers(Path("/proc/thread-self/net/ipv6_route").read_text())
        # Nor for its neighbours.
        assert not _routers(other.read("/proc/net/ipv6_route"))
    plumbing.remove()
    plumbing.close()


_ETH_P_IPV6 = 0x86DD


def router_advertisement(mac: bytes) -> bytes:
    """Return the frame: default router for half an hour, prefix 2001:db8:66::/64, give yourself an address in it."""
    source, everybody = socket.inet_pton(socket.AF_INET6, "fe80::66"), socket.inet_pton(socket.AF_INET6, "ff02::1")
    prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 3600, 3600, 0) + socket.inet_pton(socket.AF_INET6, "2001:db8:66::")
    body = struct.pack("!BBHII", 64, 0, 1800, 0, 0) + struct.pack("!BB", 1, 1) + mac + prefix
    message = struct.pack("!BBH", 134, 0, 0) + body
    words = source + everybody + struct.pack("!II", len(message), 58) + message
    total = sum(struct.unpack(f"!{len(words) // 2}H", words))
    total = (total & 0xFFFF) + (total >> 16)
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    message = message[:2] + struct.pack("!H", checksum) + message[4:]
    header = struct.pack("!IHBB", 6 << 28, len(message), 58, 255) + source + everybody
    return bytes.fromhex("333300000001") + mac + struct.pack("!H", _ETH_P_IPV6) + header + message


def _routers(table: str) -> list[str]:
    """Return the next hops of default routes in the kernel's table."""
    routes = [line.split() for line in table.splitlines()]
    return [route[4] for route in routes if route[:2] == ["0" * 32, "00"] and route[4] != "0" * 32]
