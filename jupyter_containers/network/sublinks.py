"""macvlan and ipvlan: a container's interface hangs on one of the host's, its parent: beside the host, not behind it.

    parent eth0      there before us, never changed
    parent eth0.10   a VLAN on eth0; made when it is not there, and removed with the network
    no parent        a link that leads nowhere, made for the network: its containers have only each other

The host itself cannot talk to such containers over the parent: that is how both kinds work. Links that we made bear an
alias that says so. Importing this imports pyroute2. Source: linux/if_link.h; ip-link(8).
"""

from __future__ import annotations

import errno
import socket
from typing import Any

from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.network import bridge as bridges
from jupyter_containers.network import endpoint as endpoints
from jupyter_containers.network import inside
from jupyter_containers.network.endpoint import Endpoint
from jupyter_containers.network.kernel_messages import (
    RTM_NEWLINK,
    ifinfmsg,
)
from jupyter_containers.network.netlink import NLM_F_CREATE, NLM_F_EXCL, Netlink
from jupyter_containers.network.sublink_options import MODES, has_no_router, vlan_of
from jupyter_containers.network.values import Segment

_IFF_UP = 1
# Each driver's modes as the kernel numbers them; pyroute2 knows macvlan's by name.
_IPVLAN_MODES = {name: number for number, name in enumerate(MODES["ipvlan"])}
# What leads nowhere, the usual kind first: a bridge without ports does it, too, where the kernel has no dummy.
_NOWHERE = ("dummy", "bridge")


def require(route: Netlink, driver: str) -> None:
    """Raise Unsupported, with the module's name, when the kernel has no such links. Nothing is made."""
    message = ifinfmsg()
    message["attrs"] = [("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_KIND", driver)]})]
    try:
        # Without a parent it is refused in any case; but the kind is looked at first.
        route.change(f"probe {driver}", (message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL))
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            others = "bridge" if driver == "macvlan" else "macvlan or bridge"
            raise Unsupported(
                f"cannot make a network with driver {driver}: this kernel has no {driver}; load the module {driver} or "
                f"use the driver {others}"
            ) from None


def open_parent(route: Netlink, segment: Segment) -> None:
    """See to it that the network's parent is there and up; harmless when it is.

    Raises InvalidParameter for one that cannot be, Unsupported, OSError.
    """
    require(route, segment.driver)
    name = parent_of(segment)
    if bridges.find_link(route, name) is None:
        if segment.parent:
            _make_vlan(route, name)
        else:
            _make_nowhere(route, name)
        _mark(route, name, segment.id)


def own_parent(route: Netlink, segment: Segment) -> str:
    """Return the parent's name if we have made it, and it has to go with the network; else "". Raises OSError."""
    name = parent_of(segment)
    link = bridges.find_link(route, name)
    return name if link is not None and link.get_attr("IFLA_IFALIAS") == _alias(segment.id) else ""


def parent_of(segment: Segment) -> str:
    """Return the interface's name; 15 characters are all that it may have."""
    return segment.parent or f"jcp{segment.id[:12]}"


def connect(route: Netlink, segment: Segment, endpoint: Endpoint, *, netns_fd: int, netlink: socket.socket) -> None:
    """Make a container's link inside, with addresses and the default routes that lead over it.

    `route` is a socket of the host's namespace, `netlink` one of the container's; both stay open, as does `netns_fd`.
    Raises OSError; what was made goes with the namespace.
    """
    parent = bridges.find_link(route, parent_of(segment))
    if parent is None:
        # Somebody has removed it, or the host was started anew.
        open_parent(route, segment)
        parent = bridges.find_link(route, parent_of(segment))
    if parent is None:
        raise OSError(errno.ENODEV, f"interface {parent_of(segment)}, the parent of the network, is not there")
    message = _link_message(segment, endpoint, parent["index"], netns_fd)
    route.change(f"new {segment.driver} on {parent_of(segment)}", (message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL))
    gateways = [segment.pool.gateway] if endpoint.is_gateway else []
    gateways += [segment.pool6.gateway] if endpoint.is_gateway6 and segment.pool6 else []
    endpoints.configure(route.beside(netlink), endpoint, gateways, netns_fd=netns_fd, by_link=has_no_router(segment))


def remove(netns_fd: int, name: str) -> None:
    """Remove a link inside a container, which is nowhere else; harmless when it is gone.

    `netns_fd` stays the caller's. Raises OSError.
    """
    with inside.route_socket(netns_fd) as netlink:
        bridges.remove_link(Netlink(netlink), name)


def _link_message(segment: Segment, endpoint: Endpoint, parent_index: int, netns_fd: int) -> Any:
    if segment.driver == "macvlan":
        settings: tuple[str, Any] = ("IFLA_MACVLAN_MODE", segment.mode)
    else:
        settings = ("IFLA_IPVLAN_MODE", _IPVLAN_MODES[segment.mode])
    message = ifinfmsg()
    attributes = [("IFLA_IFNAME", endpoint.name), ("IFLA_LINK", parent_index), ("IFLA_NET_NS_FD", netns_fd)]
    # An ipvlan link has its parent's address.
    attributes += [("IFLA_ADDRESS", endpoint.mac)] if segment.driver == "macvlan" else []
    attributes += [("IFLA_MTU", segment.mtu)] if segment.mtu else []
    info = {"attrs": [("IFLA_INFO_KIND", segment.driver), ("IFLA_INFO_DATA", {"attrs": [settings]})]}
    message["attrs"] = [*attributes, ("IFLA_LINKINFO", info)]
    return message


def _make_vlan(route: Netlink, name: str) -> None:
    interface, number = vlan_of(name)
    master = bridges.find_link(route, interface)
    if master is None:
        raise InvalidParameter(f"-o parent interface was not found on the host: {interface}")
    try:
        _make(route, name, "vlan", vlan=number, master=master["index"])
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise
        raise Unsupported(
            f"failed to create {name} vlan link: this kernel has no VLANs (load the module 8021q, or use {interface})"
        ) from None


def _make_nowhere(route: Netlink, name: str) -> None:
    for kind in _NOWHERE:
        try:
            _make(route, name, kind)
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP or kind == _NOWHERE[-1]:
                raise
        else:
            return


def _make(route: Netlink, name: str, kind: str, *, vlan: int = 0, master: int = 0) -> None:
    data = [("IFLA_INFO_DATA", {"attrs": [("IFLA_VLAN_ID", vlan)]})] if vlan else []
    info = {"attrs": [("IFLA_INFO_KIND", kind), *data]}
    link = [("IFLA_LINK", master)] if master else []
    attributes = [("IFLA_IFNAME", name), *link]
    message = ifinfmsg()
    message["attrs"] = [*attributes, ("IFLA_LINKINFO", info)]
    route.change(f"new {kind} {name}", (message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL))


def _mark(route: Netlink, name: str, network_id: str) -> None:
    """Say on the link whose it is, which the kernel does not take when it makes it, and bring it up."""
    link = bridges.find_link(route, name)
    message = ifinfmsg()
    message["index"] = link["index"]
    message["flags"] = message["change"] = _IFF_UP
    message["attrs"] = [("IFLA_IFALIAS", _alias(network_id)), bridges.no_ipv6()]
    route.change(f"bring {name} up", (message, RTM_NEWLINK, 0))


def _alias(network_id: str) -> str:
    return f"jupyter-containers {network_id}"
