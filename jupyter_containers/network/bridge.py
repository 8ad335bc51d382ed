"""The bridge: a switch in the host's namespace whose own address is the containers' gateway."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, ip_network
from pathlib import Path
from typing import Any

from jupyter_containers.errors import Conflict, Unsupported
from jupyter_containers.network import inside, route_messages
from jupyter_containers.network.addresses import mac_of
from jupyter_containers.network.kernel_messages import (
    RTM_DELLINK,
    RTM_GETADDR,
    RTM_GETLINK,
    RTM_GETROUTE,
    RTM_NEWADDR,
    RTM_NEWLINK,
    ifaddrmsg,
    ifinfmsg,
)
from jupyter_containers.network.netlink import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, Netlink
from jupyter_containers.network.values import Interface, Network

_IFF_UP = 1
_RTN_UNICAST = 1
_RTN_LOCAL = 2
_MAIN_MTU = 1500
_SMALLEST_MTU = 1280
_IFA_F_NODAD = 0x02


@dataclass(frozen=True, slots=True)
class Bridge:
    """A bridge that is there. `gateway` and `gateway6` are its own addresses with their subnets' prefixes.

    Its containers are strangers to each other when `isolated`.
    """

    name: str
    index: int
    gateway: IPv4Interface
    mtu: int
    gateway6: IPv6Interface | None = None
    isolated: bool = False


def find_bridge(route: Netlink, name: str) -> Bridge | None:
    """Return the bridge of this name if it is there and has an IPv4 address.

    Raises Conflict when the name belongs to something that is not a bridge, OSError.
    """
    link = find_link(route, name)
    if link is None:
        return None
    kind = link.get_nested("IFLA_LINKINFO", "IFLA_INFO_KIND")
    if kind != "bridge":
        raise Conflict(f"cannot use interface {name} as the bridge: it is a {kind or 'device'}, remove or rename it")
    for address in route.dump("addresses", _of_family(ifaddrmsg()), RTM_GETADDR):
        if address["index"] == link["index"]:
            gateway = IPv4Interface(f"{address.get_attr('IFA_LOCAL')}/{address['prefixlen']}")
            return Bridge(name, link["index"], gateway, link.get_attr("IFLA_MTU"))
    return None


def make_bridge(
    route: Netlink,
    name: str,
    gateway: IPv4Interface,
    *,
    mtu: int,
    gateway6: IPv6Interface | None = None,
    isolated: bool = False,
) -> Bridge:
    """Make the bridge, or complete one without an address, and bring it up. Raises OSError."""
    if find_link(route, name) is None:
        route.change(
            f"new bridge {name}", (_bridge_message(name, gateway, mtu), RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL)
        )
    link = find_link(route, name)
    if link is None:
        raise OSError(errno.ENODEV, f"bridge {name} vanished while it was being made")
    without_ipv6, up = ifinfmsg(), ifinfmsg()
    without_ipv6["index"] = up["index"] = link["index"]
    without_ipv6["attrs"] = [no_ipv6()]
    up["flags"] = up["change"] = _IFF_UP
    messages = [(address_message(link["index"], gateway), RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE)]
    if gateway6 is None:
        messages.append((without_ipv6, RTM_NEWLINK, 0))
    else:
        trust_no_router(name)
        messages.append((address_message(link["index"], gateway6), RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE))
    route.change(f"configure bridge {name}", *messages, (up, RTM_NEWLINK, 0))
    return Bridge(name, link["index"], gateway, mtu, gateway6, isolated)


def remove_link(route: Netlink, name: str) -> None:
    """Remove a link by name; harmless when it is not there. Takes some 20 ms: the kernel waits. Raises OSError."""
    message = ifinfmsg()
    message["attrs"] = [("IFLA_IFNAME", name)]
    try:
        route.change(f"remove link {name}", (message, RTM_DELLINK, 0))
    except OSError as error:
        if error.errno != errno.ENODEV:
            raise


def find_link(route: Netlink, name: str) -> Any:
    """Return a link's message, or None. Raises OSError."""
    message = ifinfmsg()
    message["attrs"] = [("IFLA_IFNAME", name)]
    try:
        return route.get(f"link {name}", message, RTM_GETLINK)
    except OSError as error:
        if error.errno == errno.ENODEV:
            return None
        raise


def links_on(route: Netlink, *bridges: Bridge) -> list[str]:
    """Return the names of the links that are ports of one of the bridges. Raises OSError."""
    indices = {bridge.index for bridge in bridges}
    links = map(route_messages.name_and_master, route.dump_bytes("links", route_messages.all_links(), RTM_GETLINK))
    return [name for name, master in links if master in indices]


def routed_networks(route: Netlink) -> list[IPv4Network]:
    """Return the IPv4 networks that this host has a route to, in any table, without the default one. Raises OSError."""
    return [network for network in all_routed_networks(route) if isinstance(network, IPv4Network)]


def all_routed_networks(route: Netlink) -> list[Network]:
    """Like `routed_networks`, with those of IPv6. Raises OSError."""
    return [
        ip_network((one.destination, one.length), strict=False)
        for one in _routes(route, socket.AF_UNSPEC)
        if one.family in (socket.AF_INET, socket.AF_INET6) and one.length and one.type in (_RTN_UNICAST, _RTN_LOCAL)
    ]


def uplink_mtu(route: Netlink) -> int:
    """Return the largest packet that leaves through the default route, between 1280 and 1500. Raises OSError.

    A bridge above its uplink's size depends on ICMP that many networks drop: connections hang at the first full packet.
    """
    sizes = [_MAIN_MTU]
    for one in _routes(route, socket.AF_INET):
        if not one.length and one.type == _RTN_UNICAST and one.link:
            link = ifinfmsg()
            link["index"] = one.link
            sizes.append(route.get("uplink", link, RTM_GETLINK).get_attr("IFLA_MTU"))
    return max(_SMALLEST_MTU, min(sizes))


def _routes(route: Netlink, family: int) -> list[route_messages.Route]:
    found = route.dump_bytes("routes", route_messages.all_routes(family), RTM_GETROUTE)
    return [route_messages.route_of(message) for message in found]


def address_message(index: int, address: Interface) -> Any:
    """Return the request that gives the link `index` an address."""
    message = ifaddrmsg()
    message["prefixlen"], message["index"] = address.network.prefixlen, index
    if isinstance(address, IPv6Interface):
        # Nobody else can have it: the kernel need not ask the neighbours for a second before it may be used.
        message["family"], message["flags"] = socket.AF_INET6, _IFA_F_NODAD
        message["attrs"] = [("IFA_LOCAL", str(address.ip)), ("IFA_ADDRESS", str(address.ip))]
        return message
    message["family"] = socket.AF_INET
    message["attrs"] = [
        ("IFA_LOCAL", str(address.ip)),
        ("IFA_ADDRESS", str(address.ip)),
        ("IFA_BROADCAST", str(address.network.broadcast_address)),
    ]
    return message


def no_ipv6() -> tuple[str, Any]:
    """Return the attribute that keeps a link from giving itself an IPv6 address: the network is IPv4 only."""
    none = {"attrs": [("IFLA_INET6_ADDR_GEN_MODE", 1)]}
    return "IFLA_AF_SPEC", {"attrs": [("AF_INET6", none)]}


def disable_ipv6(name: str, *, netns_fd: int | None = None) -> None:
    """Make the link deaf to IPv6, in this network namespace or in that of `netns_fd`; a kernel without IPv6 is.

    Having no address of one's own is not enough: a container that may send raw packets (Docker's default) says that it
    is a router, and everybody on the bridge takes addresses and a default route from it. Source: CVE-2020-13401.
    Raises OSError.
    """
    inside.run(netns_fd, lambda: _write_ipv6(name, "disable_ipv6", "1"))


def trust_no_router(name: str, *, netns_fd: int | None = None) -> None:
    """Let the link have IPv6, but take nothing from those who say that they are routers. Raises OSError."""

    def write() -> None:
        # Link addresses here are made by us, each once: nobody need ask for a second whether one is taken.
        for switch in ("accept_ra", "autoconf", "accept_dad", "disable_ipv6"):
            _write_ipv6(name, switch, "0")

    inside.run(netns_fd, write)


def _write_ipv6(name: str, switch: str, value: str) -> None:
    try:
        Path("/proc/sys/net/ipv6/conf", name, switch).write_text(value)
    except FileNotFoundError:
        pass  # no IPv6 in this kernel, or none on this link: its packets are too small for it


def enable_forwarding(root: Path = Path("/proc/sys/net/ipv4")) -> None:
    """Let the host route. Raises OSError.

    Never turned off again: somebody else may rely on it by then. It is only written when it is 0, because writing
    resets other settings of all interfaces. Source: kernel documentation "IP Sysctl".
    """
    switch = root / "ip_forward"
    if switch.read_text().strip() == "0":
        switch.write_text("1")


def route_loopback(bridge: str, *, guarded: bool, root: Path = Path("/proc/sys/net/ipv4")) -> None:
    """Let 127.0.0.1 reach published ports behind the bridge, if it is `guarded` by the firewall's chain.

    Raises OSError. What this opens (packets to 127.0.0.0/8 that come from containers) only that chain closes: on a
    host without nftables containers would reach what listens on the host's loopback alone. Source: CVE-2020-8558.
    """
    (root / "conf" / bridge / "route_localnet").write_text("1" if guarded else "0")


def enable_ipv6_forwarding(root: Path = Path("/proc/sys/net/ipv6/conf")) -> None:
    """Let the host route IPv6; never turned off again. Raises Unsupported for a kernel without it, OSError.

    A host that forwards no longer listens to its own routers; a link that did (accept_ra 1) goes on so with 2.
    Source: kernel documentation "IP Sysctl", accept_ra.
    """
    switch = root / "all" / "forwarding"
    if not switch.exists():
        raise Unsupported("cannot make a network with IPv6: this kernel has none; leave --ipv6 out")
    if switch.read_text().strip() != "0":
        return
    for link in root.iterdir():
        if link.name != "all" and (link / "accept_ra").read_text().strip() == "1":
            (link / "accept_ra").write_text("2")
    switch.write_text("1")


def _bridge_message(name: str, gateway: IPv4Interface, mtu: int) -> Any:
    message = ifinfmsg()
    # A set address stays; the kernel's own choice would change with the containers that come and go.
    message["attrs"] = [
        ("IFLA_IFNAME", name),
        ("IFLA_MTU", mtu),
        ("IFLA_ADDRESS", mac_of(gateway)),
        ("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_KIND", "bridge")]}),
    ]
    return message


def _of_family(message: Any) -> Any:
    message["family"] = socket.AF_INET
    return message
