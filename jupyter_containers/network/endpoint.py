"""A container's link: a veth pair whose inner end is born in the container's namespace.

Moving an end afterwards costs 30 ms (the kernel waits for readers of the old place); naming the namespace in the
request that makes the pair costs nothing. The inner end is configured over a socket that was opened inside.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import Any

from pyroute2.netlink.rtnl import RTM_DELROUTE, RTM_GETLINK, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWROUTE
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from jupyter_containers.network.bridge import Bridge, address_message, disable_ipv6, no_ipv6, trust_no_router
from jupyter_containers.network.netlink import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, Netlink
from jupyter_containers.network.values import Address, Interface

_IFF_UP = 1
_LOOPBACK_INDEX = 1  # the kernel makes it with the namespace, as the first
_RT_TABLE_MAIN = 254
_RTPROT_BOOT = 3
_RT_SCOPE_UNIVERSE = 0
_RT_SCOPE_LINK = 253
_RTN_UNICAST = 1


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A link that is up. `name` is the inner end's name, `host_name` the outer one's.

    The default routes lead over it where it `is_gateway`, for IPv6 where it `is_gateway6`.
    """

    name: str
    host_name: str
    mac: str
    address: IPv4Interface
    address6: IPv6Interface | None = None
    link_local: tuple[str, ...] = ()
    is_gateway: bool = True
    is_gateway6: bool = False


def connect(route: Netlink, bridge: Bridge, endpoint: Endpoint, *, netns_fd: int, netlink: socket.socket) -> None:
    """Make the pair, put the outer end on the bridge, give the inner one its addresses and the default routes.

    `route` is a socket of the host's namespace, `netlink` one of the container's; both stay open, as does `netns_fd`.
    Raises OSError; what was made until then goes with `remove_link(host_name)` or with the namespace.
    """
    route.change(
        f"new link {endpoint.host_name}",
        (_pair_message(bridge, endpoint, netns_fd), RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL),
        (_port_message(bridge, endpoint), RTM_NEWLINK, 0),
    )
    gateways = [bridge.gateway.ip] if endpoint.is_gateway else []
    gateways6 = [bridge.gateway6.ip] if endpoint.is_gateway6 and bridge.gateway6 else []
    configure(Netlink(netlink), endpoint, [*gateways, *gateways6], netns_fd=netns_fd)


def configure(
    inside: Netlink, endpoint: Endpoint, gateways: Sequence[Address], *, netns_fd: int, by_link: bool = False
) -> None:
    """Give an inner end that is there its addresses and the default routes over `gateways`, and bring it up.

    With `by_link` the routes name the link alone, in the address families of `gateways`. Raises OSError.
    """
    index = _index(inside, endpoint.name)
    if endpoint.address6 is None:
        disable_ipv6(endpoint.name, netns_fd=netns_fd)
    else:
        trust_no_router(endpoint.name, netns_fd=netns_fd)
    messages = _configuration(index, endpoint)
    messages += [_default_route(one, index, by_link=by_link) for one in gateways]
    inside.change(f"configure {endpoint.name} with {endpoint.address}", *messages)


def _configuration(index: int, endpoint: Endpoint) -> list[tuple[Any, int, int]]:
    messages = [(_up(_LOOPBACK_INDEX), RTM_NEWLINK, 0)]
    if endpoint.address6 is None:
        messages.append((_without_ipv6(index), RTM_NEWLINK, 0))
    addresses: list[Interface] = [endpoint.address, *([endpoint.address6] if endpoint.address6 else [])]
    addresses += [ip_interface(f"{text}/{16 if '.' in text else 64}") for text in endpoint.link_local]
    messages += [(address_message(index, one), RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL) for one in addresses]
    return [*messages, (_up(index), RTM_NEWLINK, 0)]


def set_default_routes(inside: Netlink, name: str, gateways: Sequence[Address], *, by_link: bool = False) -> None:
    """Let the default routes lead over an interface that is there, as `configure` does. Raises OSError."""
    if gateways:
        index = _index(inside, name)
        inside.change(f"default route over {name}", *[_default_route(one, index, by_link=by_link) for one in gateways])


def drop_default_routes(inside: Netlink, families: Sequence[int]) -> None:
    """Leave no default route of the address families (socket.AF_INET, AF_INET6); harmless when there is none.

    Raises OSError.
    """
    for family in families:
        message = rtmsg()
        message["family"], message["table"] = family, _RT_TABLE_MAIN
        message["scope"], message["type"] = _RT_SCOPE_UNIVERSE, _RTN_UNICAST
        try:
            inside.change("drop default route", (message, RTM_DELROUTE, 0))
        except OSError as error:
            # Without IPv6 there is not even a table.
            if error.errno not in (errno.ESRCH, errno.ENOENT):
                raise


def _index(inside: Netlink, name: str) -> int:
    wanted = ifinfmsg()
    wanted["attrs"] = [("IFLA_IFNAME", name)]
    return int(inside.get(f"link {name}", wanted, RTM_GETLINK)["index"])


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


def _port_message(bridge: Bridge, endpoint: Endpoint) -> Any:
    message = ifinfmsg()
    # Where bridged packets go through the packet filter (br_netfilter), a container's call to its own published port
    # is redirected within the bridge, and has to leave by the port that it came in by.
    settings = [("IFLA_BRPORT_MODE", 1)]
    if bridge.isolated:
        # The kernel itself passes nothing from one such port to another: it needs no packet filter for it.
        settings.append(("IFLA_BRPORT_ISOLATED", 1))
    port = {"attrs": settings}
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


def _default_route(gateway: Address, index: int, *, by_link: bool = False) -> tuple[Any, int, int]:
    message = rtmsg()
    message["family"] = socket.AF_INET if gateway.version == 4 else socket.AF_INET6
    message["table"], message["proto"] = _RT_TABLE_MAIN, _RTPROT_BOOT
    message["scope"], message["type"] = _RT_SCOPE_LINK if by_link else _RT_SCOPE_UNIVERSE, _RTN_UNICAST
    message["attrs"] = [*([] if by_link else [("RTA_GATEWAY", str(gateway))]), ("RTA_OIF", index)]
    return message, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE
