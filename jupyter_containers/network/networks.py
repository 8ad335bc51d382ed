"""The face for the engine: attach and detach containers, and say what the bridge is."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import secrets
import socket
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING

from jupyter_containers.errors import Conflict, InvalidParameter
from jupyter_containers.network import loopback
from jupyter_containers.network.addresses import AddressPool, mac_of
from jupyter_containers.network.ports import PortInUse, Ports, Reserved
from jupyter_containers.network.relay import Relay, open_relay
from jupyter_containers.network.values import Attachment, PortMapping, Published

if TYPE_CHECKING:
    from jupyter_containers.network.plumbing import Plumbing

__all__ = ["Attachment", "Networking", "PortInUse", "PortMapping", "Published"]

_log = logging.getLogger(__name__)

_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", re.IGNORECASE | re.ASCII)


@dataclass(slots=True)
class _Attached:
    """A container on the bridge. It owns its relays; its sockets are those of Ports."""

    attachment: Attachment
    relays: list[Relay] = field(default_factory=list)


class Networking:
    """The bridge network of one daemon: `open`, any number of `attach`, `detach`, `restore`, then `close`."""

    def __init__(self, *, scope: str = "", subnet: str = "") -> None:
        """Nothing is touched yet.

        `scope` tells this daemon's bridge and table from those of another daemon on the host: empty for the usual one
        (`jc0`, table `jupyter-containers`), else any text, such as its data root. `subnet` (as "10.9.0.0/16") is
        chosen free of the host's routes when empty. Raises InvalidParameter.
        """
        suffix = hashlib.sha256(scope.encode()).hexdigest()[:8] if scope else ""
        self._bridge_name = f"jc-{suffix}" if scope else "jc0"
        self._table = f"jupyter-containers-{suffix}" if scope else "jupyter-containers"
        self._subnet = _subnet(subnet)
        self._plumbing: Plumbing | None = None
        self._preparing: asyncio.Future[Plumbing] | None = None
        self._pool: AddressPool | None = None
        self._ports = Ports()
        self._attached: dict[str, _Attached] = {}
        # Removing a link takes the kernel 20 ms: never on the loop, and nobody waits for it but `close`.
        self._remover = ThreadPoolExecutor(1, "jc-links")

    async def open(self) -> None:
        """Get ready; the bridge itself is made for the first container. Cancelled: nothing happened."""

    async def warm_up(self) -> None:
        """Import what the first container will need, in a thread (0.1 s). For a daemon with nothing to do."""
        await asyncio.to_thread(_import_plumbing)

    async def close(self, *, remove: bool) -> None:
        """Let sockets go. With `remove`, bridge, links and table go too, and containers lose their network.

        Without it, redirections stay and work on with no daemon. Cancelled: sockets are closed, the rest may stay.
        """
        if self._preparing is not None or (remove and self._bridge_exists()):
            await self._ready()
        for attached in self._attached.values():
            for relay in attached.relays:
                relay.close()
        self._attached.clear()
        self._ports.close()
        plumbing, self._plumbing, self._pool = self._plumbing, None, None
        await asyncio.to_thread(self._finish, plumbing, remove)

    def _finish(self, plumbing: Plumbing | None, remove: bool) -> None:
        self._remover.shutdown(wait=True)
        if plumbing is None:
            return
        try:
            if remove:
                plumbing.remove()
        finally:
            plumbing.close()

    async def attach(
        self,
        container_id: str,
        *,
        netns_fd: int,
        netlink: socket.socket,
        endpoint_name: str,
        ports: tuple[PortMapping, ...] = (),
        mac: str | None = None,
    ) -> Attachment:
        """Give a container `eth0` on the bridge, an address and its published ports.

        `netns_fd` and `netlink` (a NETLINK_ROUTE socket opened inside that namespace) stay the caller's to close.
        `endpoint_name` is the container's name, for messages. Raises PortInUse in dockerd's words (nothing stays),
        Unavailable when no address is free, Conflict when the container is attached already, OSError. Cancelled:
        nothing stays.
        """
        if mac and not _MAC.fullmatch(mac):
            raise InvalidParameter(f"invalid MAC address {mac!r}: must be six pairs of hexadecimal digits with colons")
        plumbing, pool = await self._ready()
        if container_id in self._attached:
            raise Conflict(f"container {container_id} is on the network already: detach it first")
        endpoint_id = secrets.token_hex(32)
        reserved = self._ports.reserve(container_id, ports, endpoint=f"{endpoint_name} ({endpoint_id})")
        try:
            address = pool.allocate()
        except BaseException:
            self._ports.release(container_id)
            raise
        published = tuple(one.published for one in reserved)
        attachment = _attachment(endpoint_id, address, plumbing.bridge.gateway, mac, published)
        attached = self._attached[container_id] = _Attached(attachment)
        try:
            plumbing.connect(attachment, netns_fd=netns_fd, netlink=netlink)
            plumbing.publish(container_id, attachment)
            await _open_relays(attached, reserved)
        except BaseException:
            self._detach(container_id)
            raise
        return attachment

    async def detach(self, container_id: str) -> None:
        """Free address and ports; harmless for a dead or unknown container. There is nothing to cancel.

        The link goes in the background, unless it went with the namespace.
        """
        self._detach(container_id)

    async def loopback(self, netlink: socket.socket) -> None:
        """Bring `lo` up, all that --network none has. `netlink` stays the caller's. Raises OSError."""
        loopback.bring_up(netlink)

    async def restore(self, attachments: Mapping[str, Attachment]) -> None:
        """Take over the containers of an earlier daemon, and remove what it left of others.

        A port that somebody else has taken since stays redirected, but is not held. Raises OSError. Cancelled: some
        are taken over.
        """
        if not attachments and not self._bridge_exists():
            return
        plumbing, pool = await self._ready()
        for container_id, attachment in attachments.items():
            pool.take(IPv4Address(attachment.ip_address))
            reserved, missed = self._ports.hold(container_id, attachment.published)
            for port in missed:
                _log.warning("port %s/%s of container %s is taken", port.host_port, port.protocol, container_id)
            self._attached[container_id] = attached = _Attached(attachment)
            await _open_relays(attached, reserved)
        plumbing.adopt(attachments)
        for name in plumbing.stale_links({attachment.host_interface for attachment in attachments.values()}):
            self._remover.submit(_remove_link, name)

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

    def _detach(self, container_id: str) -> None:
        attached = self._attached.pop(container_id, None)
        if attached is None:
            return
        for relay in attached.relays:
            relay.close()
        try:
            if self._plumbing is not None:
                self._plumbing.withdraw(container_id)
        finally:
            self._ports.release(container_id)
            if self._pool is not None:
                self._pool.release(IPv4Address(attached.attachment.ip_address))
            self._remover.submit(_remove_link, attached.attachment.host_interface)

    async def _ready(self) -> tuple[Plumbing, AddressPool]:
        """Return the plumbing, made in a thread by whoever comes first. A caller that gives up does not stop it."""
        if self._plumbing is not None and not self._plumbing.is_intact():
            self._abandon_bridge()
        if self._plumbing is None or self._pool is None:
            if self._preparing is None:
                self._preparing = asyncio.get_running_loop().run_in_executor(None, self._prepare)
            try:
                plumbing = await asyncio.shield(self._preparing)
            finally:
                if self._preparing is not None and self._preparing.done():
                    self._preparing = None
            if self._plumbing is None:
                self._plumbing, self._pool = plumbing, AddressPool(plumbing.bridge.gateway)
        assert self._pool is not None
        return self._plumbing, self._pool

    def _abandon_bridge(self) -> None:
        """Somebody removed the bridge. Its containers are cut off until they start again; others can have a new one."""
        _log.warning("bridge %s was removed: its containers have no network until they restart", self._bridge_name)
        for container_id in list(self._attached):
            self._detach(container_id)
        if self._plumbing is not None:
            self._plumbing.close()
        self._plumbing = self._pool = None

    def _prepare(self) -> Plumbing:
        from jupyter_containers.network import plumbing

        return plumbing.Plumbing(plumbing.Names(self._bridge_name, self._table), self._subnet)

    def _bridge_exists(self) -> bool:
        try:
            return socket.if_nametoindex(self._bridge_name) > 0
        except OSError:
            return False


def _subnet(text: str) -> str:
    try:
        subnet = IPv4Network(text) if text else None
    except ValueError as error:
        raise InvalidParameter(f"invalid subnet {text!r} of the bridge: {error}") from None
    if subnet is not None and subnet.prefixlen > 30:
        raise InvalidParameter(f"invalid subnet {text!r} of the bridge: it has no room for a container")
    return text


def _attachment(
    endpoint_id: str, address: IPv4Interface, gateway: IPv4Interface, mac: str | None, published: tuple[Published, ...]
) -> Attachment:
    return Attachment(
        endpoint_id=endpoint_id,
        ip_address=str(address.ip),
        prefix_length=address.network.prefixlen,
        gateway=str(gateway.ip),
        mac_address=mac.lower() if mac else mac_of(address),
        host_interface=f"jc{secrets.token_hex(5)}",
        published=published,
    )


async def _open_relays(attached: _Attached, reserved: Sequence[Reserved]) -> None:
    for one in reserved:
        target = (attached.attachment.ip_address, one.published.container_port)
        attached.relays.append(await open_relay(one.socket, one.published.protocol, target))


def _import_plumbing() -> None:
    from jupyter_containers.network import plumbing  # noqa: F401


def _remove_link(name: str) -> None:
    from jupyter_containers.network import plumbing

    try:
        plumbing.remove_link(name)
    except OSError as error:
        _log.warning("link %s stays until the bridge goes: %s", name, error)
