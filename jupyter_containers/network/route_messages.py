"""Requests about links, addresses and routes, written by hand: the few that every container waits for. Pure.

pyroute2's classes take half a millisecond for each, and there are eight. What is seldom asked is left to them.
Source: rtnetlink(7); linux/if_link.h, linux/if_addr.h, linux/rtnetlink.h.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from ipaddress import IPv6Interface

from jupyter_containers.network.values import Address, Interface

RTM_NEWLINK = 16
RTM_GETLINK = 18
RTM_NEWADDR = 20
RTM_NEWROUTE = 24
RTM_DELROUTE = 25

IFF_UP = 1

# struct ifinfomsg: family, type, index, flags, change; ifaddrmsg: family, prefix length, flags, scope, index;
# rtmsg: family, two prefix lengths, tos, table, protocol, scope, type, flags
_LINK = struct.Struct("=BxHiII")
_ADDRESS = struct.Struct("=BBBBI")
_ROUTE = struct.Struct("=BBBBBBBBI")
_ATTRIBUTE = struct.Struct("=HH")
_UINT32 = struct.Struct("=I")
_HEADER_SIZE = 16  # struct nlmsghdr

_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MTU, _IFLA_MASTER = 1, 3, 4, 10
_IFLA_LINKINFO, _IFLA_AF_SPEC, _IFLA_NET_NS_FD = 18, 26, 28
_INFO_KIND, _INFO_DATA, _INFO_SLAVE_KIND, _INFO_SLAVE_DATA = 1, 2, 4, 5
_VETH_INFO_PEER = 1
_BRPORT_MODE, _BRPORT_ISOLATED = 4, 33
_INET6_ADDR_GEN_MODE, _NO_ADDRESS = 8, b"\1"
_IFA_ADDRESS, _IFA_LOCAL, _IFA_BROADCAST, _IFA_F_NODAD = 1, 2, 4, 0x02
_RTA_DST, _RTA_OIF, _RTA_GATEWAY = 1, 4, 5
_RT_TABLE_MAIN, _RTPROT_BOOT, _RTN_UNICAST = 254, 3, 1
_RT_SCOPE_UNIVERSE, _RT_SCOPE_LINK, _RT_SCOPE_NOWHERE = 0, 253, 255


def pair(name: str, bridge_index: int, mtu: int, *, peer: str, peer_mac: str, netns_fd: int) -> bytes:
    """RTM_NEWLINK: a veth pair, one end up on a bridge of ours, its peer born in another network namespace."""
    inner = (
        _LINK.pack(0, 0, 0, 0, 0)
        + _text(_IFLA_IFNAME, peer)
        + _attribute(_IFLA_ADDRESS, bytes.fromhex(peer_mac.replace(":", "")))
        + _number(_IFLA_MTU, mtu)
        + _number(_IFLA_NET_NS_FD, netns_fd)
    )
    info = _text(_INFO_KIND, "veth") + _attribute(_INFO_DATA, _attribute(_VETH_INFO_PEER, inner))
    return (
        _LINK.pack(0, 0, 0, IFF_UP, IFF_UP)
        + _text(_IFLA_IFNAME, name)
        + _number(_IFLA_MTU, mtu)
        + _number(_IFLA_MASTER, bridge_index)
        + _attribute(_IFLA_LINKINFO, info)
    )


def bridge_port(name: str, *, isolated: bool) -> bytes:
    """RTM_NEWLINK: a link that is a bridge's port sends back where it came from, and gives itself no IPv6 address.

    Other `isolated` ports are cut off from it.
    """
    settings = _attribute(_BRPORT_MODE, b"\1") + (_attribute(_BRPORT_ISOLATED, b"\1") if isolated else b"")
    info = _text(_INFO_SLAVE_KIND, "bridge") + _attribute(_INFO_SLAVE_DATA, settings)
    return _LINK.pack(0, 0, 0, 0, 0) + _text(_IFLA_IFNAME, name) + _attribute(_IFLA_LINKINFO, info) + _no_ipv6()


def named_link(name: str) -> bytes:
    """RTM_GETLINK: a link by its name; `index_of` reads the answer."""
    return _LINK.pack(0, 0, 0, 0, 0) + _text(_IFLA_IFNAME, name)


def index_of(link: bytes) -> int:
    """Return the index in a link's message, without its netlink header."""
    index: int = _LINK.unpack_from(link)[2]
    return index


def all_links() -> bytes:
    """RTM_GETLINK: every link; `name_and_master` reads each answer."""
    return _LINK.pack(0, 0, 0, 0, 0)


def name_and_master(message: bytes) -> tuple[str, int]:
    """Return a link's name and the index of the bridge that it is a port of, 0 for none, from its whole message."""
    attributes = _attributes(message, _HEADER_SIZE + _LINK.size)
    master = attributes.get(_IFLA_MASTER)
    name = attributes.get(_IFLA_IFNAME, b"").rstrip(b"\0").decode()
    return name, _UINT32.unpack(master)[0] if master else 0


@dataclass(frozen=True, slots=True)
class Route:
    """A route of this host: `destination` and `length` 0 for the default one; `link` is an index, 0 for none."""

    family: int
    destination: bytes
    length: int
    type: int
    link: int


def all_routes(family: int) -> bytes:
    """RTM_GETROUTE: every route of an address family, AF_UNSPEC for all; `route_of` reads each answer."""
    return _ROUTE.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)


def route_of(message: bytes) -> Route:
    """Return a route from its whole message."""
    family, length, *_, kind, _flags = _ROUTE.unpack_from(message, _HEADER_SIZE)
    attributes = _attributes(message, _HEADER_SIZE + _ROUTE.size)
    link = attributes.get(_RTA_OIF)
    whole = bytes(4 if family == socket.AF_INET else 16)
    return Route(family, attributes.get(_RTA_DST, whole), length, kind, _UINT32.unpack(link)[0] if link else 0)


def _attributes(message: bytes, offset: int) -> dict[int, bytes]:
    found = {}
    while offset + _ATTRIBUTE.size <= len(message):
        size, kind = _ATTRIBUTE.unpack_from(message, offset)
        found[kind] = message[offset + _ATTRIBUTE.size : offset + size]
        offset += max(size, _ATTRIBUTE.size) + 3 & ~3
    return found


def link_up(index: int) -> bytes:
    """RTM_NEWLINK: bring a link up."""
    return _LINK.pack(0, 0, index, IFF_UP, IFF_UP)


def without_ipv6(index: int) -> bytes:
    """RTM_NEWLINK: a link gives itself no IPv6 address."""
    return _LINK.pack(0, 0, index, 0, 0) + _no_ipv6()


def address(index: int, given: Interface) -> bytes:
    """RTM_NEWADDR: an address of a link. IPv6: nobody else has it, so that it may be used at once."""
    packed, length = given.ip.packed, given.network.prefixlen
    attributes = _attribute(_IFA_LOCAL, packed) + _attribute(_IFA_ADDRESS, packed)
    if isinstance(given, IPv6Interface):
        return _ADDRESS.pack(socket.AF_INET6, length, _IFA_F_NODAD, 0, index) + attributes
    broadcast = _attribute(_IFA_BROADCAST, given.network.broadcast_address.packed)
    return _ADDRESS.pack(socket.AF_INET, length, 0, 0, index) + attributes + broadcast


def default_route(gateway: Address, index: int, *, by_link: bool = False) -> bytes:
    """RTM_NEWROUTE: everything else goes over a link to a gateway; `by_link`, over the link alone."""
    family = socket.AF_INET if gateway.version == 4 else socket.AF_INET6
    scope = _RT_SCOPE_LINK if by_link else _RT_SCOPE_UNIVERSE
    over = b"" if by_link else _attribute(_RTA_GATEWAY, gateway.packed)
    head = _ROUTE.pack(family, 0, 0, 0, _RT_TABLE_MAIN, _RTPROT_BOOT, scope, _RTN_UNICAST, 0)
    return head + over + _number(_RTA_OIF, index)


def any_default_route(family: int) -> bytes:
    """RTM_DELROUTE: the default route of an address family, whatever it leads over."""
    return _ROUTE.pack(family, 0, 0, 0, _RT_TABLE_MAIN, 0, _RT_SCOPE_NOWHERE, _RTN_UNICAST, 0)


def _no_ipv6() -> bytes:
    mode = _attribute(_INET6_ADDR_GEN_MODE, _NO_ADDRESS)
    return _attribute(_IFLA_AF_SPEC, _attribute(socket.AF_INET6, mode))


def _number(kind: int, value: int) -> bytes:
    return _attribute(kind, _UINT32.pack(value))


def _text(kind: int, value: str) -> bytes:
    return _attribute(kind, value.encode() + b"\0")


def _attribute(kind: int, content: bytes) -> bytes:
    size = _ATTRIBUTE.size + len(content)
    return _ATTRIBUTE.pack(size, kind) + content + bytes(-size % 4)
