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

from jupyter_containers.network import route_messages as requests
from jupyter_containers.network.bridge import Bridge, disable_ipv6, trust_no_router
from jupyter_containers.network.netlink import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, Netlink
from jupyter_containers.network.route_messages import RTM_DELROUTE, RTM_GETLINK, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWROUTE
from jupyter_containers.network.values import Address, Interface

_LOOPBACK_INDEX = 1  # the kernel makes it with the namespace, as the first

Message = tuple[bytes, int, int]


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
    pair = requests.pair(
        endpoint.host_name, bridge.index, bridge.mtu, peer=endpoint.name, peer_mac=endpoint.mac, netns_fd=netns_fd
    )
    # Where bridged packets go through the packet filter (br_netfilter), a container's call to its own published port
    # is redirected within the bridge, and has to leave by the port that it came in by. From one isolated port to
    # another the kernel itself passes nothing: it needs no packet filter for it.
    port = requests.bridge_port(endpoint.host_name, isolated=bridge.isolated)
    route.change(
        f"new link {endpoint.host_name}",
        (pair, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL),
        (port, RTM_NEWLINK, 0),
    )
    gateways = [bridge.gateway.ip] if endpoint.is_gateway else []
    gateways6 = [bridge.gateway6.ip] if endpoint.is_gateway6 and bridge.gateway6 else []
    configure(route.beside(netlink), endpoint, [*gateways, *gateways6], netns_fd=netns_fd)


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


def _configuration(index: int, endpoint: Endpoint) -> list[Message]:
    messages: list[Message] = [(requests.link_up(_LOOPBACK_INDEX), RTM_NEWLINK, 0)]
    if endpoint.address6 is None:
        messages.append((requests.without_ipv6(index), RTM_NEWLINK, 0))
    addresses: list[Interface] = [endpoint.address, *([endpoint.address6] if endpoint.address6 else [])]
    addresses += [ip_interface(f"{text}/{16 if '.' in text else 64}") for text in endpoint.link_local]
    messages += [(requests.address(index, one), RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL) for one in addresses]
    return [*messages, (requests.link_up(index), RTM_NEWLINK, 0)]


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
        try:
            inside.change("drop default route", (requests.any_default_route(family), RTM_DELROUTE, 0))
        except OSError as error:
            # Without IPv6 there is not even a table.
            if error.errno not in (errno.ESRCH, errno.ENOENT):
                raise


def _index(inside: Netlink, name: str) -> int:
    return requests.index_of(inside.ask(f"link {name}", requests.named_link(name), RTM_GETLINK))


def _default_route(gateway: Address, index: int, *, by_link: bool = False) -> Message:
    return requests.default_route(gateway, index, by_link=by_link), RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE
