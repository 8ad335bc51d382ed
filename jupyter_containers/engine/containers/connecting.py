"""The networks of a container that is being started, connected while its init sets up the rest; and their end."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_containers.engine.containers.endpoints import (
    check_endpoint,
    endpoints_of,
    gateway_of,
    is_user_defined,
    member,
    network_name,
    settled,
)
from jupyter_containers.engine.containers.links import check_links
from jupyter_containers.engine.containers.ports import port_mappings
from jupyter_containers.engine.containers.record import AddressWish, EndpointSettings, Record
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.network_values import Network as NamedNetwork
from jupyter_containers.errors import NotFound
from jupyter_containers.network.naming import Member
from jupyter_containers.network.options import interface_option
from jupyter_containers.network.values import Attachment, Place

if TYPE_CHECKING:
    from jupyter_containers.engine.containers.container import Container


def check_networks(roster: Roster, container: Container) -> Record:
    """Return the record of a container that may be started; one that was taken off all networks gets its mode's back.

    Raises NotFound for a network that is not there, or is another one of the same name by now.

    Asked at the start, as dockerd does: told by create, clients would take the image for missing, and pull it.
    """
    if container.record.endpoints is not None and not container.record.endpoints:
        roster.save(container, endpoints=None)
    record = container.record
    for name, settings in endpoints_of(record).items():
        network = roster.environment.networks.get(name)
        if settings.network_id and settings.network_id != network.id:
            raise NotFound(f"network {settings.network_id} not found")
        check_endpoint(name, settings, network)
    check_links(roster, record)
    return record


def settle_endpoints(
    roster: Roster, record: Record, wanted: Mapping[str, EndpointSettings]
) -> dict[str, EndpointSettings] | None:
    """See endpoints.settled."""

    def find(name: str) -> NamedNetwork | None:
        try:
            return roster.environment.networks.get(name)
        except NotFound:
            return None

    return settled(record, wanted, find)


def identified(roster: Roster, record: Record) -> Mapping[str, EndpointSettings] | None:
    """Return the endpoints of a container that runs with the ids of their networks, which it keeps to from now on."""
    if record.endpoints is None:
        return None
    networks = roster.environment.networks
    return {name: replace(one, network_id=networks.network_id(name)) for name, one in record.endpoints.items()}


class Network:
    """`connect` when the namespace is there, `connected` for the result; `give_up` when the start has failed."""

    def __init__(self, roster: Roster, record: Record, rows: list[dict[str, Any]] | None = None) -> None:
        """With `rows`, each request to the kernel is added there (see tracing.py)."""
        self._roster = roster
        self._record = record
        self._rows = rows
        # By name; empty where another's network is shared.
        self._places = {} if record.host.network_mode.startswith("container:") else _places(roster, record)
        self._task: asyncio.Task[dict[str, Attachment]] | None = None

    @property
    def is_bare(self) -> bool:
        """Tell whether there is nothing to connect: no network, the host's or another container's."""
        return not any(network.has_addresses for network, _ in self._places.values())

    def connect(self, netns_fd: int, netlink: socket.socket) -> None:
        """Begin, with copies of the descriptors: theirs may be closed while we are at it."""
        if self.is_bare:
            return
        work = self._connect(os.dup(netns_fd), netlink.dup())
        self._task = asyncio.get_running_loop().create_task(work, name=f"network {self._record.short_id}")

    async def _connect(self, netns_fd: int, netlink: socket.socket) -> dict[str, Attachment]:
        networking, record = self._roster.environment.networking, self._record
        attachments: dict[str, Attachment] = {}
        try:
            for name, (network, place) in self._places.items():
                if network.has_addresses:
                    attachments[name] = await networking.attach(
                        record.id,
                        netns_fd=netns_fd,
                        netlink=netlink,
                        endpoint_name=record.name,
                        network_id=network.segment_id,
                        place=place,
                        rows=self._rows,
                    )
            return attachments
        finally:
            os.close(netns_fd)
            netlink.close()

    async def connected(self) -> dict[str, Attachment]:
        """Wait for it; return the attachments by the network's name. Raises what the network raises."""
        attachments = {} if self._task is None else await self._task
        for name in endpoints_of(self._record):
            attachments.setdefault(name, bare_attachment())
        for name, attachment in attachments.items():
            join(self._roster, self._record, name, attachment)
        return attachments

    async def give_up(self) -> None:
        """Leave nothing connected."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._roster.environment.name_servers.close(self._record.id)
        await self._roster.environment.networking.detach(self._record.id)
        for name in endpoints_of(self._record):
            _forget(self._roster, self._record, name)


def bare_attachment() -> Attachment:
    """Return a place on `host` or `none`, which has no address."""
    return Attachment(secrets.token_hex(32), "", 0, "", "", "")


def place_of(network: NamedNetwork, settings: EndpointSettings, interface: str) -> Place:
    """Return what an endpoint wishes, in the network room's words, leading nowhere and without ports."""
    wish = settings.addresses or AddressWish()
    return Place(
        interface=interface_option(settings.driver_options or {}) or interface,
        ip_address=wish.ipv4,
        ipv6_address="" if wish.ipv6 and network.keeps_unused(wish.ipv6) else wish.ipv6,
        link_local=wish.link_local or (),
        mac=settings.mac_address.replace("-", ":"),
        is_gateway=False,
        is_ipv6_gateway=False,
    )


def gateways(networks: Mapping[str, tuple[NamedNetwork, EndpointSettings]]) -> tuple[str, str]:
    """Return the names of the networks over which the container's default routes lead, for IPv4 and IPv6."""
    return gateway_of(networks.values()), gateway_of(networks.values(), ipv6=True)


def named_endpoints(roster: Roster, record: Record) -> dict[str, tuple[NamedNetwork, EndpointSettings]]:
    """Return the networks of a container with its endpoints, by name. Raises NotFound."""
    networks = roster.environment.networks
    return {name: (networks.get(name), settings) for name, settings in endpoints_of(record).items()}


def join(roster: Roster, record: Record, name: str, attachment: Attachment) -> None:
    """Tell everybody that a container is on a network: its neighbours by name, listeners by an event."""
    networks = roster.environment.networks
    network = networks.get(name)
    _name(roster, record, network, attachment)
    networks.tell("connect", network, record.id)


async def disconnect_all(roster: Roster, container: Container) -> None:
    """Take a container that has ended off its networks; harmless when it is on none."""
    attachments, container.attachments = container.attachments, {}
    roster.environment.name_servers.close(container.id)
    if not attachments:
        return
    try:
        await roster.environment.networking.detach(container.id)
    finally:
        # Nobody may be led to its addresses by its name, whatever the kernel says.
        for name in attachments:
            leave(roster, container.record, name)


def leave(roster: Roster, record: Record, name: str) -> None:
    """Tell everybody that a container has left a network."""
    network = _forget(roster, record, name)
    if network is not None:
        roster.environment.networks.tell("disconnect", network, record.id)


async def restore(roster: Roster) -> None:
    """Take over the attachments of containers that run on from an earlier daemon."""
    running = [container for container in roster.all() if container.is_running and container.shim]
    linked = {c.id: [one for one in c.attachments.values() if one.ip_address] for c in running}
    await roster.environment.networking.restore({key: found for key, found in linked.items() if found})
    for container in running:
        for name, attachment in container.attachments.items():
            # An older copy of the database may not know the network: no reason for a daemon not to start.
            with suppress(NotFound):
                _name(roster, container.record, roster.environment.networks.get(name), attachment)
    roster.spawn(roster.environment.name_servers.reopen(running), "name servers of containers that run on")


def rename(roster: Roster, container: Container) -> None:
    """Let the neighbours of a running container know its new name."""
    for name, attachment in container.attachments.items():
        _name(roster, container.record, roster.environment.networks.get(name), attachment)


def _name(roster: Roster, record: Record, network: NamedNetwork, attachment: Attachment) -> None:
    """Let others on a network know a container by name. On the default bridge nobody is: it only leads outside."""
    settings = endpoints_of(record).get(network.name, EndpointSettings())
    known = member(record, settings, attachment) if is_user_defined(network.name) else Member(record.id, (), ())
    roster.environment.networks.directory.join(network_name(network), known)


def _forget(roster: Roster, record: Record, name: str) -> NamedNetwork | None:
    networks = roster.environment.networks
    try:
        network = networks.get(name)
    except NotFound:
        return None
    networks.directory.leave(network.id, record.id)
    return network


def _places(roster: Roster, record: Record) -> dict[str, tuple[NamedNetwork, Place]]:
    """Return where a container goes, by the network's name, in the order of its interfaces."""
    named = named_endpoints(roster, record)
    main, main_ipv6 = gateways(named)
    found = {}
    for number, (name, (network, settings)) in enumerate(named.items()):
        place = place_of(network, settings, f"{network.interface_prefix}{number}")
        changes: dict[str, Any] = {"is_gateway": name == main, "is_ipv6_gateway": name == main_ipv6}
        if name == main and network.driver == "bridge":
            changes["ports"] = port_mappings(record)
        found[name] = (network, replace(place, **changes))
    return found
