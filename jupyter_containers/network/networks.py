"""The face for the engine: make and remove networks, attach and detach containers, and say what the bridge is."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from jupyter_containers.errors import Conflict, ContainersError, Forbidden, NotFound
from jupyter_containers.network import inside, sublink_options
from jupyter_containers.network.addresses import checked_subnet
from jupyter_containers.network.attached import Attached
from jupyter_containers.network.leases import Leases
from jupyter_containers.network.links import Links
from jupyter_containers.network.ports import PortInUse, Ports, Reserved
from jupyter_containers.network.values import (
    Attachment,
    Network,
    Place,
    Pool,
    PortMapping,
    Published,
    Segment,
)

if TYPE_CHECKING:
    from jupyter_containers.network.plumbing import Plumbing
    from jupyter_containers.network.recorded import Rows

__all__ = ["Attachment", "Networking", "Place", "PortInUse", "PortMapping", "Published", "Segment"]

_log = logging.getLogger(__name__)

_ANYWHERE = Place()


class Networking:
    """All bridge networks of one daemon: `open`, any number of `attach`, `detach`, `restore`, then `close`.

    The default bridge, whose id is empty, is always there; others come with `know` (of an earlier daemon) or
    `open_segment`, and go with `close_segment`.
    """

    def __init__(self, *, scope: str = "", subnet: str = "") -> None:
        """Nothing is touched yet.

        `scope` tells this daemon's bridge and table from those of another daemon on the host: empty for the usual one
        (`jc0`, table `jupyter-containers`), else any text, such as its data root. `subnet` (as "10.9.0.0/16") is
        chosen free of the host's routes when empty. Raises InvalidParameter.
        """
        suffix = hashlib.sha256(scope.encode()).hexdigest()[:8] if scope else ""
        self._bridge_name = f"jc-{suffix}" if scope else "jc0"
        self._table = f"jupyter-containers-{suffix}" if scope else "jupyter-containers"
        self._subnet = checked_subnet(subnet)
        self._segments: dict[str, Segment] = {}
        self._plumbing: Plumbing | None = None
        self._preparing: asyncio.Future[Plumbing] | None = None
        self._leases = Leases()
        self._ports = Ports()
        self._attached: dict[tuple[str, str], Attached] = {}
        self._links = Links()

    async def open(self) -> None:
        """Get ready; the bridge itself is made for the first container. Cancelled: nothing happened."""

    async def warm_up(self) -> None:
        """Import what the first container will need, in a thread (0.1 s). For a daemon with nothing to do.

        Bridges of networks that are known are made again, if they are gone.
        """
        await asyncio.to_thread(_import_plumbing)
        try:
            if self._segments:
                await self._ready()
        except (ContainersError, OSError) as error:
            # Whoever needs a bridge is told again.
            _log.warning("the bridges of this daemon's networks cannot be made: %s", error)

    async def close(self, *, remove: bool) -> None:
        """Let sockets go. With `remove`, bridges, links and table go too, and containers lose their network.

        Without it, redirections stay and work on with no daemon. Cancelled: sockets are closed, the rest may stay.
        """
        if self._preparing is not None or (remove and self._is_any_bridge_there()):
            await self._ready()
        for attached in self._attached.values():
            attached.close_relays()
        self._attached.clear()
        self._ports.close()
        self._links.cancel()
        plumbing, self._plumbing = self._plumbing, None
        await asyncio.to_thread(self._finish, plumbing, remove)

    def _finish(self, plumbing: Plumbing | None, remove: bool) -> None:
        self._links.close()
        if plumbing is None:
            return
        try:
            if remove:
                plumbing.remove()
        finally:
            plumbing.close()

    # --- networks ----------------------------------------------------------------------------------------------------

    def know(self, segment: Segment) -> None:
        """Take a network of an earlier daemon over; its bridge is seen to when the first container needs any."""
        self._segments[segment.id] = segment

    async def open_segment(self, segment: Segment) -> None:
        """Make a network. Raises Conflict when its bridge's name is taken, OSError; nothing stays then."""
        plumbing = await self._ready()
        if _interface_exists(segment.bridge):
            raise Conflict(
                f"cannot use {segment.bridge} as the bridge: an interface of this name exists already; remove it or "
                "choose another name"
            )
        plumbing.open(segment)
        self._segments[segment.id] = segment
        self._leases.open(segment.id, segment.pool, segment.pool6)

    async def close_segment(self, network_id: str) -> None:
        """Remove a network, bridge and rules. Raises Forbidden while somebody is on it.

        After cancellation: it is forgotten, and its bridge will be gone soon.
        """
        plumbing = await self._ready()
        if any(key[1] == network_id for key in self._attached):
            raise Forbidden(f"error while removing network: network id {network_id} has active endpoints")
        del self._segments[network_id]
        self._leases.close(network_id)
        name = plumbing.close_bridge(network_id)
        await self._links.remove(name)

    def knows(self, network_id: str) -> bool:
        return network_id in self._segments

    async def occupied(self) -> list[Network]:
        """Return what the subnet of a new network must keep clear of, besides the other networks."""
        return (await self._ready()).taken()

    def subnets(self) -> list[Network]:
        """Return the subnets of all networks but the default one."""
        pools: list[Pool | None] = [pool for one in self._segments.values() for pool in (one.pool, one.pool6)]
        return [pool.subnet for pool in pools if pool is not None]

    # --- containers --------------------------------------------------------------------------------------------------

    async def attach(
        self,
        container_id: str,
        *,
        netns_fd: int,
        netlink: socket.socket,
        endpoint_name: str,
        network_id: str = "",
        place: Place = _ANYWHERE,
        rows: Rows | None = None,
    ) -> Attachment:
        """Give a container an interface on a network, addresses and published ports; with `rows`, record it there.

        `netns_fd` and `netlink` (a NETLINK_ROUTE socket from inside) stay the caller's. `endpoint_name`: for messages.
        Raises PortInUse in dockerd's words, Unavailable when no address is free, Conflict when it is attached already,
        Forbidden, InvalidParameter, OSError. Nothing stays then.
        """
        self._check(network_id, place)
        plumbing = await self._ready(network_id)
        key = (container_id, network_id)
        if key in self._attached:
            raise Conflict(f"container {container_id} is on the network already: detach it first")
        endpoint_id = secrets.token_hex(32)
        reserved = self._reserve(container_id, network_id, place.ports, f"{endpoint_name} ({endpoint_id})")
        try:
            attachment = self._leases.attachment(network_id, place, endpoint_id)
        except BaseException:
            self._release_ports(container_id, reserved)
            raise
        attachment = replace(attachment, published=tuple(one.published for one in reserved))
        attachment = sublink_options.seen(self._segments.get(network_id), attachment)
        attached = self._attached[key] = Attached(attachment)
        try:
            make = partial(plumbing.connect, attachment, place.versions, netns_fd=netns_fd, netlink=netlink, rows=rows)
            await self._links.make(make)
            await self._publish(container_id, attached, reserved, rows)
        except BaseException:
            self._give_up(key)
            raise
        return attachment

    def _check(self, network_id: str, place: Place) -> None:
        place.check()
        if network_id and network_id not in self._segments:
            raise NotFound(f"network {network_id} not found")
        sublink_options.check_place(self._segments.get(network_id), place)

    async def publish(
        self, container_id: str, network_id: str, ports: Sequence[PortMapping], *, endpoint_name: str
    ) -> Attachment:
        """Publish ports of a container over a network that it is on, as `attach` does; it has no published ones yet."""
        attached = self._attached[container_id, network_id]
        name = f"{endpoint_name} ({attached.attachment.endpoint_id})"
        reserved = self._reserve(container_id, network_id, ports, name)
        attached.attachment = replace(attached.attachment, published=tuple(one.published for one in reserved))
        try:
            await self._publish(container_id, attached, reserved)
        except BaseException:
            self._unpublish(container_id, attached)
            raise
        return attached.attachment

    def unpublish(self, container_id: str, network_id: str) -> Attachment:
        """Take a container's published ports back."""
        attached = self._attached[container_id, network_id]
        self._unpublish(container_id, attached)
        return attached.attachment

    async def detach(self, container_id: str) -> None:
        """Take a container off all networks: free addresses and ports; harmless for a dead or unknown container.

        The links go in the background, unless they went with the namespace. There is nothing to cancel.
        """
        for key in [key for key in self._attached if key[0] == container_id]:
            self._give_up(key)

    async def leave(self, container_id: str, network_id: str) -> None:
        """Take a running container off one network; its interface is gone then. Harmless when it is not on it."""
        attachment = self._detach((container_id, network_id))
        if attachment is not None:
            await self._links.remove(attachment.host_interface)

    def set_gateways(self, netns_fd: int, wanted: Mapping[int, Attachment | None]) -> None:
        """Let a container's default routes lead over one of its networks, by IP version; None for nowhere.

        `netns_fd` stays the caller's. Raises OSError.
        """
        from jupyter_containers.network import plumbing

        with inside.route_socket(netns_fd) as netlink:
            plumbing.set_gateways(netlink, wanted)

    async def restore(self, attachments: Mapping[str, Iterable[Attachment]]) -> None:
        """Take over the containers of an earlier daemon, and remove what it left of others.

        A port that somebody else has taken since stays redirected, but is not held. Raises OSError. Cancelled: some
        are taken over.
        """
        if not attachments and not self._is_any_bridge_there():
            return
        plumbing = await self._ready()
        adopted, links = {}, set()
        for container_id, attachment in [(key, one) for key, every in attachments.items() for one in every]:
            self._leases.take(attachment)
            links.add(attachment.host_interface)
            self._attached[container_id, attachment.network_id] = attached = Attached(attachment)
            if attachment.published:
                reserved, missed = self._ports.hold(container_id, attachment.published)
                for port in missed:
                    _log.warning("port %s/%s of container %s is taken", port.host_port, port.protocol, container_id)
                adopted[container_id] = attachment
                await attached.open_relays(reserved)
        plumbing.adopt(adopted)
        for name in plumbing.stale_links(links):
            self._links.remove_soon(name)

    def describe(self) -> dict[str, str]:
        """Return "name", "subnet", "gateway", "mtu" (empty before first use) and "warning" (empty when all works)."""
        if self._plumbing is None:
            return {"name": self._bridge_name, "subnet": self._subnet, "gateway": "", "mtu": "", "warning": ""}
        try:
            self._plumbing.refresh()
        except OSError as error:
            _log.warning("cannot look at the firewalls of this host: %s", error)
        bridge = self._plumbing.bridge
        return {
            "name": bridge.name,
            "subnet": str(bridge.gateway.network),
            "gateway": str(bridge.gateway.ip),
            "mtu": str(bridge.mtu),
            "warning": self._plumbing.warning,
        }

    def _reserve(
        self, container_id: str, network_id: str, ports: Sequence[PortMapping], endpoint: str
    ) -> list[Reserved]:
        if not ports:
            return []
        segment = self._segments.get(network_id)
        if segment is not None and segment.host_binding:
            ports = [replace(port, host_ip=port.host_ip or segment.host_binding) for port in ports]
        return self._ports.reserve(container_id, ports, endpoint=endpoint)

    def _release_ports(self, container_id: str, reserved: Sequence[object]) -> None:
        # Only one of a container's networks publishes: the others must not let its ports go.
        if reserved:
            self._ports.release(container_id)

    async def _publish(
        self, container_id: str, attached: Attached, reserved: Sequence[Reserved], rows: Rows | None = None
    ) -> None:
        if self._plumbing is not None and reserved:
            self._plumbing.publish(container_id, attached.attachment, rows)
            await attached.open_relays(reserved)

    def _unpublish(self, container_id: str, attached: Attached) -> None:
        published = attached.attachment.published
        attached.close_relays()
        attached.attachment = replace(attached.attachment, published=())
        try:
            if self._plumbing is not None and published:
                self._plumbing.withdraw(container_id)
        finally:
            self._release_ports(container_id, published)

    def _give_up(self, key: tuple[str, str]) -> None:
        """Take a container off a network; its link goes with the container's namespace."""
        if (attachment := self._detach(key)) is not None:
            self._links.expect_end(attachment.host_interface)

    def _detach(self, key: tuple[str, str]) -> Attachment | None:
        """Take back addresses and ports; the link is left to the caller, or to the end of its namespace."""
        attached = self._attached.pop(key, None)
        if attached is None:
            return None
        try:
            self._unpublish(key[0], attached)
        finally:
            self._leases.release(attached.attachment)
        return attached.attachment

    async def _ready(self, network_id: str = "") -> Plumbing:
        """Return the plumbing, made in a thread by whoever comes first. A caller that gives up does not stop it."""
        if self._plumbing is not None and not self._plumbing.is_intact():
            self._abandon(self._bridge_name, "")
            self._plumbing.close()
            self._plumbing = None
        if self._plumbing is None:
            if self._preparing is None:
                self._preparing = asyncio.get_running_loop().run_in_executor(None, self._prepare)
            try:
                plumbing = await asyncio.shield(self._preparing)
            finally:
                if self._preparing is not None and self._preparing.done():
                    self._preparing = None
            if self._plumbing is None:
                self._take_over(plumbing)
        assert self._plumbing is not None
        if network_id and not self._plumbing.is_intact(network_id):
            segment = self._segments[network_id]
            self._abandon(segment.bridge, network_id)
            self._plumbing.open(segment)
        return self._plumbing

    def _take_over(self, plumbing: Plumbing) -> None:
        self._plumbing = plumbing
        gateway = plumbing.bridge.gateway
        self._leases.open("", Pool(gateway.network, gateway.ip))
        for segment in self._segments.values():
            if segment.id not in self._leases:
                self._leases.open(segment.id, segment.pool, segment.pool6)
        published = {key[0]: one.attachment for key, one in self._attached.items() if one.attachment.published}
        if published:
            plumbing.adopt(published)

    def _abandon(self, bridge: str, network_id: str) -> None:
        """Somebody removed a bridge. Its containers are cut off until they start again; others can have a new one."""
        _log.warning("bridge %s was removed: its containers have no network until they restart", bridge)
        for key in [key for key in self._attached if key[1] == network_id]:
            self._give_up(key)

    def _prepare(self) -> Plumbing:
        from jupyter_containers.network import plumbing

        names = plumbing.Names(self._bridge_name, self._table)
        return plumbing.Plumbing(names, self._subnet, list(self._segments.values()))

    def _is_any_bridge_there(self) -> bool:
        names = [self._bridge_name, *(segment.bridge for segment in self._segments.values())]
        return any(_interface_exists(name) for name in names)


def _interface_exists(name: str) -> bool:
    try:
        return socket.if_nametoindex(name) > 0
    except OSError:
        return False


def _import_plumbing() -> None:
    from jupyter_containers.network import plumbing  # noqa: F401
