"""A container's link: a veth pair whose inner end is born in the container's namespace.

Moving an end afterwards costs 30 ms (the kernel waits for readers of the old place); naming the namespace in the
request that makes the pair costs nothing. The inner end is configured over a socket that was opened inside.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Interface
from typing import Any

from pyroute2.netlink.rtnl import RTM_GETLINK, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWROUTE
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from jupyter_containers.network.bridge import Bridge, address_message, disable_ipv6, no_ipv6
from jupyter_containers.network.netlink import NLM_F_CREATE, NLM_F_EXCL, Netlink

_IFF_UP = 1
_LOOPBACK_INDEX = 1  # the kernel makes it with the namespace, as the first
_RT_TABLE_MAIN = 254
_RTPROT_BOOT = 3
_RT_SCOPE_UNIVERSE = 0
_RTN_UNICAST = 1


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A link that is up. `name` is the inner end's name, `host_name` the outer one's."""

    name: str
    host_name: str
    mac: str
    address: IPv4Interface


def connect(route: Netlink, bridge: Bridge, endpoint: Endpoint, *, netns_fd: int, netlink: socket.socket) -> None:
    """Make the pair, put the outer end on the bridge, give the inner one its addresses and the default route.

    `route` is a socket of the host's namespace, `netlink` one of the container's; both stay open, as does `netns_fd`.
    Raises OSError; what was made until then goes with `remove_link(host_name)` or with the namespace.
    """
    route.change(
        f"new link {endpoint.host_name}",
        (_pair_message(bridge, endpoint, netns_fd), RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL),
        (_port_message(endpoint), RTM_NEWLINK, 0),
    )
    inside = Netlink(netlink)
    wanted = ifinfmsg()
    wanted["attrs"] = [("IFLA_IFNAME", endpoint.name)]
    index = inside.get(f"link {endpoint.name}", wanted, RTM_GETLINK)["index"]
    disable_ipv6(endpoint.name, netns_fd=netns_fd)
    inside.change(
        f"configure {endpoint.name} with {endpoint.address}",
        (_up(_LOOPBACK_INDEX), RTM_NEWLINK, 0),
        (_without_ipv6(index), RTM_NEWLINK, 0),
        (address_message(index, endpoint.address), RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL),
        (_up(index), RTM_NEWLINK, 0),
        (_default_route(bridge, index), RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL),
    )


def _pair_message(bridge: Bridge, endpoint: Endpoint, netns_fd: int) -> Any:
    peer = [
        ("IFLA_IFNAME", endpoint.name),
        ("IFLA_ADDRESS", endpoint.mac),
        ("IFLA_MTU", bridge.mtu),
        ("IFLA_NET_NS_FD", netns_fd),
    ]
    pair = {"attrs": [("VETH_INFO_PEER", {"attrs": peer})]}
    message = ifinfmsg()
    message["flags"] = message["change"] = _IFF_UP
    message["attrs"] = [
        ("IFLA_IFNAME", endpoint.host_name),
        ("IFLA_MTU", bridge.mtu),
        ("IFLA_MASTER", bridge.index),
        ("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_KIND", "veth"), ("IFLA_INFO_DATA", pair)]}),
    ]
    return message


def _port_message(endpoint: Endpoint) -> Any:
    message = ifinfmsg()
    # Where bridged packets go through the packet filter (br_netfilter), a container's call to its own published port
    # is redirected within the bridge, and has to leave by the port that it came in by.
    port = {"attrs": [("IFLA_BRPORT_MODE", 1)]}
    message["attrs"] = [
        ("IFLA_IFNAME", endpoint.host_name),
        ("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_SLAVE_KIND", "bridge"), ("IFLA_INFO_SLAVE_DATA", port)]}),
        no_ipv6(),
    ]
    return message


def _up(index: int) -> Any:
    message = ifinfmsg()
    message["index"] = index
    message["flags"] = message["change"] = _IFF_UP
    return message


def _without_ipv6(index: int) -> Any:
    message = ifinfmsg()
    message["index"] = index
    message["attrs"] = [no_ipv6()]
    return message


def _default_route(bridge: Bridge, index: int) -> Any:
    message = rtmsg()
    message["family"], message["table"], message["proto"] = socket.AF_INET, _RT_TABLE_MAIN, _RTPROT_BOOT
    message["scope"], message["type"] = _RT_SCOPE_UNIVERSE, _RTN_UNICAST
    message["attrs"] = [("RTA_GATEWAY", str(bridge.gateway.ip)), ("RTA_OIF", index)]
    return message
