"""What one bridge network does to the host, all of it synchronous: bridge, table, links.

Importing this imports pyroute2 (0.1 s), so the face imports it when the first container needs the bridge, in a thread.
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from jupyter_containers.errors import Conflict
from jupyter_containers.network import bridge as bridges
from jupyter_containers.network import endpoint as endpoints
from jupyter_containers.network import foreign
from jupyter_containers.network.addresses import choose_subnet, first_host
from jupyter_containers.network.bridge import Bridge
from jupyter_containers.network.endpoint import Endpoint
from jupyter_containers.network.firewall import Firewall, Redirection
from jupyter_containers.network.names import host_resolv_conf, nameservers
from jupyter_containers.network.netlink import Netlink
from jupyter_containers.network.values import Attachment

_INNER_NAME = "eth0"


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a network takes on the host."""

    bridge: str
    table: str


class Plumbing:
    """The host's side of a network. Methods raise OSError."""

    def __init__(self, names: Names, subnet: str = "") -> None:
        """Make the bridge, or take it over with the subnet it has; switch forwarding on; build the table.

        A host without nftables is served as far as it goes: `warning` says how far. Raises Conflict when the bridge's
        name belongs to something else or has another subnet than asked for, OSError.
        """
        self._names = names
        self._redirections: dict[str, Sequence[Redirection]] = {}
        self._in_the_way = foreign.Verdict()
        self._seen_generation: int | None = None
        self._netfilter: Netlink | None = None
        self._missing = ""
        self._route = Netlink.route()
        try:
            self.bridge = _ensure_bridge(self._route, names.bridge, subnet)
            bridges.disable_ipv6(names.bridge)
            bridges.enable_forwarding(names.bridge)
            self._open_firewall()
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
        return self._in_the_way.sentence(self.bridge.name)

    def is_intact(self) -> bool:
        """Tell whether the bridge is still the one that was made: it may be removed behind our back."""
        try:
            return socket.if_nametoindex(self.bridge.name) == self.bridge.index
        except OSError:
            return False

    def connect(self, attachment: Attachment, *, netns_fd: int, netlink: socket.socket) -> None:
        """Make a container's link; what fails half-way goes with `remove_link` or the namespace."""
        endpoint = Endpoint(
            name=_INNER_NAME,
            host_name=attachment.host_interface,
            mac=attachment.mac_address,
            address=IPv4Interface(f"{attachment.ip_address}/{attachment.prefix_length}"),
        )
        endpoints.connect(self._route, self.bridge, endpoint, netns_fd=netns_fd, netlink=netlink)

    def publish(self, container_id: str, attachment: Attachment) -> None:
        """Redirect a container's published ports in one transaction."""
        redirections = _redirections(attachment)
        if self._firewall is not None and redirections:
            if self._look_around():
                self._build()
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
        """Return the links on the bridge that are not in `known`."""
        return [name for name in bridges.links_on(self._route, self.bridge) if name not in known]

    def remove(self) -> None:
        """Remove table, links and bridge. Takes some 20 ms for each link."""
        if self._firewall is not None:
            self._firewall.remove()
        for name in self.stale_links(()):
            bridges.remove_link(self._route, name)
        bridges.remove_link(self._route, self.bridge.name)

    def close(self) -> None:
        self._route.close()
        if self._netfilter is not None:
            self._netfilter.close()

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

    def _look_around(self) -> bool:
        """Return whether the table must be built anew: it is gone, or another firewall has come or gone."""
        if self._netfilter is None:
            return False
        generation = foreign.generation(self._netfilter)
        if generation == self._seen_generation:
            return False
        self._seen_generation = generation
        before = self._in_the_way
        self._in_the_way = foreign.inspect(self._netfilter, own_table=self._names.table, bridge=self._names.bridge)
        return not self._in_the_way.own_table or bool(before) != bool(self._in_the_way)

    def _build(self) -> None:
        if self._firewall is None:
            return
        everything = [one for redirections in self._redirections.values() for one in redirections]
        # A redirected packet is a forwarded one. Where those are dropped, it is left to the port's own socket.
        from_outside = not self._in_the_way
        try:
            self._firewall.build(self.bridge.name, self.bridge.gateway.network, everything, from_outside=from_outside)
        except OSError:
            self._seen_generation = None  # so that the next look tries again
            raise


def _redirections(attachment: Attachment) -> list[Redirection]:
    """IPv6 ports are left to the relay: the bridge has no IPv6."""
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


def _resolvers() -> list[IPv4Network]:
    """Resolvers behind the default route must stay reachable: a subnet around one would hide it."""
    return [IPv4Network(server) for server in nameservers(host_resolv_conf()) if ":" not in server]
