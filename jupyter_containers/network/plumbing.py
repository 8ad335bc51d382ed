"""What the bridge networks do to the host, all of it synchronous: bridges, tables, links.

Importing this imports pyroute2 (0.1 s), so the face imports it when the first container needs a bridge, in a thread.
"""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_address

from jupyter_containers.errors import Conflict, ContainersError
from jupyter_containers.network import bridge as bridges
from jupyter_containers.network import endpoint as endpoints
from jupyter_containers.network import foreign, sublinks
from jupyter_containers.network.addresses import choose_subnet, first_host
from jupyter_containers.network.bridge import Bridge
from jupyter_containers.network.endpoint import Endpoint
from jupyter_containers.network.firewall import Firewall, Redirection, Zone
from jupyter_containers.network.names import host_resolv_conf, nameservers
from jupyter_containers.network.netlink import Netlink
from jupyter_containers.network.recorded import RecordedNetlink, Rows, noting
from jupyter_containers.network.values import Attachment, Network, Segment

_log = logging.getLogger(__name__)

DEFAULT = ""  # the id of the default bridge


@dataclass(frozen=True, slots=True)
class Names:
    """The names that the default bridge and all rules take on the host."""

    bridge: str
    table: str


class Plumbing:
    """The host's side of all networks: the default bridge, and any number of others. Methods raise OSError."""

    def __init__(self, names: Names, subnet: str = "", others: Iterable[Segment] = ()) -> None:
        """Make the bridge, or take it over with the subnet it has; switch forwarding on; build the table.

        So too for the bridges of `others`, where they can be had: the log tells of those that cannot. A host without
        nftables is served as far as it goes: `warning` says how far. Raises Conflict when the bridge's name belongs to
        something else or has another subnet than asked for, OSError.
        """
        self._names = names
        self._redirections: dict[str, Sequence[Redirection]] = {}
        self._in_the_way = foreign.Verdict()
        self._seen_generation: int | None = None
        self._netfilter: Netlink | None = None
        self._missing = ""
        self._route = Netlink.route()
        # Links of containers are made on a thread of their own (links.py), and so over a socket of their own.
        self._link_route = Netlink.route()
        try:
            self.bridge = _ensure_bridge(self._route, names.bridge, subnet)
            bridges.disable_ipv6(names.bridge)
            bridges.enable_forwarding()
            self._bridges = {DEFAULT: self.bridge}
            self._zones = {DEFAULT: Zone(self.bridge.name, self.bridge.gateway.network)}
            # Parents are seen to when a container comes: one that is gone must not keep the others from their network.
            self._sublinks = {segment.id: segment for segment in others if segment.driver != "bridge"}
            for segment in others:
                if segment.driver == "bridge":
                    self._try_open_bridge(segment)
            self._open_firewall()
            self._route_loopback(*self._bridges.values())
        except BaseException:
            self.close()
            raise

    @property
    def warning(self) -> str:
        """What does not work on this host and what to do about it; empty when all does."""
        if self._missing:
            return (
                f"containers on {self.bridge.name} cannot reach the outside, because this kernel has no nftables for "
                f"us ({self._missing}); published ports work through a relay"
            )
        return self._in_the_way.sentence()

    def is_intact(self, network_id: str = DEFAULT) -> bool:
        """Tell whether the bridge is still the one that was made: it may be removed behind our back."""
        if network_id in self._sublinks:
            return True
        bridge = self._bridges.get(network_id)
        return bridge is not None and _is_there(bridge)

    def open(self, segment: Segment) -> None:
        """Make a network's bridge, or take it over; nothing of it stays when that fails.

        For others than bridges, see to the parent. Raises Conflict as the constructor does, InvalidParameter,
        Unsupported for what cannot be.
        """
        if segment.driver != "bridge":
            sublinks.open_parent(self._route, segment)
            self._sublinks[segment.id] = segment
            return
        was_there = bridges.find_link(self._route, segment.bridge) is not None
        try:
            self._open_bridge(segment)
            self._rewrite()
            self._route_loopback(self._bridges[segment.id])
        except BaseException:
            self._forget(segment.id)
            if not was_there:
                bridges.remove_link(self._route, segment.bridge)
            raise

    def close_bridge(self, network_id: str) -> str:
        """Forget a network's bridge and its rules; return the name of the link, which the caller removes.

        It is empty where there is none of ours.
        """
        if network_id in self._sublinks:
            return sublinks.own_parent(self._route, self._sublinks.pop(network_id))
        bridge = self._bridges.get(network_id)
        self._forget(network_id)
        self._rewrite()
        return bridge.name if bridge is not None and _is_there(bridge) else ""

    def taken(self) -> list[Network]:
        """Return what new subnets must keep clear of: this host's routes and its resolvers."""
        return [*bridges.all_routed_networks(self._route), *_resolvers()]

    def connect(
        self, attachment: Attachment, gateways: Collection[int], *, netns_fd: int, netlink: socket.socket,
        rows: Rows | None = None,
    ) -> None:  # fmt: skip
        """Make a container's link; what fails half-way goes with `remove_link` or the namespace.

        The default routes of the IP versions in `gateways` lead over it. With `rows` the requests are added there.
        """
        route = self._link_route if rows is None else RecordedNetlink(self._link_route.sock, rows)
        address6 = f"{attachment.ipv6_address}/{attachment.ipv6_prefix_length}" if attachment.ipv6_address else ""
        endpoint = Endpoint(
            name=attachment.interface,
            host_name=attachment.host_interface,
            mac=attachment.mac_address,
            address=IPv4Interface(f"{attachment.ip_address}/{attachment.prefix_length}"),
            address6=IPv6Interface(address6) if address6 else None,
            link_local=attachment.link_local,
            is_gateway=4 in gateways,
            is_gateway6=6 in gateways,
        )
        segment = self._sublinks.get(attachment.network_id)
        if segment is not None:
            sublinks.connect(route, segment, endpoint, netns_fd=netns_fd, netlink=netlink)
            return
        bridge = self._bridges[attachment.network_id]
        endpoints.connect(route, bridge, endpoint, netns_fd=netns_fd, netlink=netlink)

    def publish(self, container_id: str, attachment: Attachment, rows: Rows | None = None) -> None:
        """Redirect a container's published ports in one transaction; with `rows` it is added there."""
        redirections = _redirections(attachment)
        if self._firewall is not None and redirections:
            if self._look_around():
                self._build()
            with noting(rows, "nftables", "publish ports", map(str, redirections)):
                self._firewall.publish(redirections)
        self._redirections[container_id] = redirections

    def withdraw(self, container_id: str) -> None:
        """Take a container's redirections out; harmless when there are none."""
        redirections = self._redirections.pop(container_id, ())
        if self._firewall is not None and redirections:
            self._firewall.withdraw(redirections)

    def adopt(self, attachments: Mapping[str, Attachment]) -> None:
        """Take over the published ports of an earlier daemon: the table is built anew with them."""
        self._redirections.update((key, _redirections(attachment)) for key, attachment in attachments.items())
        self._build()

    def refresh(self) -> None:
        """Look at the other firewalls again, which may have come or gone since."""
        if self._look_around():
            self._build()

    def stale_links(self, known: Collection[str]) -> list[str]:
        """Return the links on the bridges that are not in `known`."""
        return [name for name in bridges.links_on(self._route, *self._bridges.values()) if name not in known]

    def remove(self) -> None:
        """Remove tables, links and bridges. Takes some 20 ms for each link."""
        if self._firewall is not None:
            self._firewall.remove()
        for name in self.stale_links(()):
            bridges.remove_link(self._route, name)
        for bridge in self._bridges.values():
            bridges.remove_link(self._route, bridge.name)
        for segment in self._sublinks.values():
            if name := sublinks.own_parent(self._route, segment):
                bridges.remove_link(self._route, name)

    def close(self) -> None:
        self._route.close()
        self._link_route.close()
        if self._netfilter is not None:
            self._netfilter.close()

    def _try_open_bridge(self, segment: Segment) -> None:
        """Open a network's bridge if it can be had: one that cannot must not keep others from their networks."""
        try:
            self._open_bridge(segment)
        except (ContainersError, OSError) as error:
            self._forget(segment.id)
            _log.warning("network %s has no bridge: %s", segment.id[:12], error)

    def _open_bridge(self, segment: Segment) -> None:
        if segment.pool6 is not None:
            bridges.enable_ipv6_forwarding()
        bridge = self._bridges[segment.id] = _ensure_segment(self._route, segment)
        if segment.pool6 is None:
            bridges.disable_ipv6(bridge.name)
        bridges.enable_forwarding()
        subnet6 = segment.pool6.subnet if segment.pool6 else None
        assert isinstance(segment.pool.subnet, IPv4Network)
        assert subnet6 is None or isinstance(subnet6, IPv6Network)
        self._zones[segment.id] = Zone(
            bridge.name,
            segment.pool.subnet,
            subnet6,
            internal=segment.internal,
            icc=segment.icc,
            masquerade=segment.masquerade,
        )

    def _forget(self, network_id: str) -> None:
        self._bridges.pop(network_id, None)
        self._zones.pop(network_id, None)

    def _open_firewall(self) -> None:
        self._firewall: Firewall | None = None
        try:
            self._netfilter = Netlink.netfilter()
            self._firewall = Firewall(self._netfilter, self._names.table)
            self._look_around()
            self._build()
        except OSError as error:
            self._firewall = None
            self._missing = str(error)

    def _route_loopback(self, *opened: Bridge) -> None:
        """Behind the table, which keeps containers from the host's loopback."""
        for bridge in opened:
            bridges.route_loopback(bridge.name, guarded=self._firewall is not None)

    def _look_around(self) -> bool:
        """Return whether the table must be built anew: it is gone, or another firewall has come or gone."""
        if self._netfilter is None:
            return False
        generation = foreign.generation(self._netfilter)
        if generation == self._seen_generation:
            return False
        self._seen_generation = generation
        before = self._in_the_way
        names = [bridge.name for bridge in self._bridges.values()]
        self._in_the_way = foreign.inspect(self._netfilter, own_table=self._names.table, bridges=names)
        return not self._in_the_way.own_table or bool(before) != bool(self._in_the_way)

    def _rewrite(self) -> None:
        """Follow a network that came or went."""
        if self._firewall is None:
            return
        try:
            self._firewall.rewrite(list(self._zones.values()), from_outside=not self._in_the_way)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
            self._build()

    def _build(self) -> None:
        if self._firewall is None:
            return
        everything = [one for redirections in self._redirections.values() for one in redirections]
        # A redirected packet is a forwarded one. Where those are dropped, it is left to the port's own socket.
        from_outside = not self._in_the_way
        try:
            self._firewall.build(list(self._zones.values()), everything, from_outside=from_outside)
        except OSError:
            self._seen_generation = None  # so that the next look tries again
            raise


def _is_there(bridge: Bridge) -> bool:
    try:
        return socket.if_nametoindex(bridge.name) == bridge.index
    except OSError:
        return False


def set_gateways(netlink: socket.socket, wanted: Mapping[int, Attachment | None]) -> None:
    """Let the default routes in a container's namespace lead over an attachment, by IP version; None for nowhere.

    `netlink` is a socket from inside and stays the caller's. Raises OSError.
    """
    inside = Netlink(netlink)
    for version, attachment in wanted.items():
        if attachment is None:
            endpoints.drop_default_routes(inside, [socket.AF_INET if version == 4 else socket.AF_INET6])
            continue
        gateway = attachment.gateway if version == 4 else attachment.ipv6_gateway
        whole = "0.0.0.0" if version == 4 else "::"
        endpoints.set_default_routes(inside, attachment.interface, [ip_address(gateway or whole)], by_link=not gateway)


def _redirections(attachment: Attachment) -> list[Redirection]:
    """IPv6 ports are left to the relay, which knows the way to the container's IPv4 address."""
    address = IPv4Address(attachment.ip_address)
    return [Redirection(port, address) for port in attachment.published if ":" not in port.host_ip]


def remove_link(name: str) -> None:
    """Remove a link of this host; harmless when it is gone. Takes up to 30 ms: meant for a thread. Raises OSError."""
    with Netlink.route() as route:
        if bridges.find_link(route, name) is not None:
            bridges.remove_link(route, name)


def _ensure_bridge(route: Netlink, name: str, subnet: str) -> Bridge:
    wanted = IPv4Network(subnet) if subnet else None
    bridge = bridges.find_bridge(route, name)
    if bridge is not None:
        if wanted not in (None, bridge.gateway.network):
            raise Conflict(f"bridge {name} has subnet {bridge.gateway.network}, not {wanted}: remove the bridge first")
        return bridge
    taken = bridges.routed_networks(route) + _resolvers()
    gateway = first_host(wanted or choose_subnet(taken))
    return bridges.make_bridge(route, name, gateway, mtu=bridges.uplink_mtu(route))


def _ensure_segment(route: Netlink, segment: Segment) -> Bridge:
    gateway, gateway6 = segment.pool.gateway_interface, segment.pool6.gateway_interface if segment.pool6 else None
    assert isinstance(gateway, IPv4Interface)
    assert gateway6 is None or isinstance(gateway6, IPv6Interface)
    found = bridges.find_bridge(route, segment.bridge)
    if found is not None:
        if found.gateway != gateway:
            raise Conflict(
                f"bridge {segment.bridge} has address {found.gateway}, not {gateway}: remove the bridge first"
            )
        return Bridge(found.name, found.index, gateway, found.mtu, gateway6, not segment.icc)
    mtu = segment.mtu or bridges.uplink_mtu(route)
    return bridges.make_bridge(route, segment.bridge, gateway, mtu=mtu, gateway6=gateway6, isolated=not segment.icc)


def _resolvers() -> list[IPv4Network]:
    """Resolvers behind the default route must stay reachable: a subnet around one would hide it."""
    return [IPv4Network(server) for server in nameservers(host_resolv_conf()) if ":" not in server]
