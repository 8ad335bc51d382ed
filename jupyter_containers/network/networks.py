"""The face for the engine: attach and detach containers, and say what the bridge is."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from jupyter_containers.network.values import Attachment, PortMapping, Published

__all__ = ["Attachment", "Networking", "PortMapping", "Published"]


class Networking:
    """The bridge network of one daemon: `open`, any number of `attach`, `detach`, `restore`, then `close`."""

    def __init__(self, *, bridge: str = "jc0", table: str = "jupyter-containers", subnet: str = "") -> None:
        """Nothing is touched yet. `subnet` (as "10.9.0.0/16") is chosen free of the host's routes when empty."""

    async def open(self) -> None:
        """Get ready; the bridge itself is made for the first container. Cancelled: nothing happened."""
        raise NotImplementedError

    async def close(self, *, remove: bool) -> None:
        """Let sockets go. With `remove`, bridge, links and table go too, and containers lose their network."""
        raise NotImplementedError

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
        Unavailable when no address is free, OSError. Cancelled: nothing stays.
        """
        raise NotImplementedError

    async def detach(self, container_id: str) -> None:
        """Free address and ports; harmless for a dead or unknown container. Cancelled: it is finished all the same."""
        raise NotImplementedError

    async def loopback(self, netlink: socket.socket) -> None:
        """Bring `lo` up, all that --network none has. `netlink` stays the caller's."""
        raise NotImplementedError

    async def restore(self, attachments: Mapping[str, Attachment]) -> None:
        """Take over the containers of an earlier daemon, and remove what it left of others."""
        raise NotImplementedError

    def describe(self) -> dict[str, str]:
        """Return "name", "subnet", "gateway" (empty before first use) and "warning" (empty when all works)."""
        raise NotImplementedError
