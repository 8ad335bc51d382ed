"""The network of a container that is being started, connected while its init sets up the rest."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING

from jupyter_containers.engine.containers.ports import port_mappings
from jupyter_containers.engine.containers.record import Record
from jupyter_containers.engine.containers.roster import Roster

if TYPE_CHECKING:
    from jupyter_containers.network.values import Attachment


class Network:
    """`connect` when the namespace is there, `connected` for the result; `give_up` when the start has failed."""

    def __init__(self, roster: Roster, record: Record) -> None:
        self._roster = roster
        self._record = record
        self._task: asyncio.Task[Attachment | None] | None = None

    def connect(self, netns_fd: int, netlink: socket.socket) -> None:
        """Begin, with copies of the descriptors: theirs may be closed while we are at it."""
        if self._record.host.network_mode.startswith("container:"):
            return
        work = self._connect(os.dup(netns_fd), netlink.dup())
        self._task = asyncio.get_running_loop().create_task(work, name=f"network {self._record.short_id}")

    async def _connect(self, netns_fd: int, netlink: socket.socket) -> Attachment | None:
        networking, record = self._roster.environment.networking, self._record
        try:
            if record.host.network_mode == "none" or record.settings.network_disabled:
                await networking.loopback(netlink)
                return None
            return await networking.attach(
                record.id,
                netns_fd=netns_fd,
                netlink=netlink,
                endpoint_name=record.name,
                ports=port_mappings(record),
                mac=record.settings.mac_address or None,
            )
        finally:
            os.close(netns_fd)
            netlink.close()

    async def connected(self) -> Attachment | None:
        """Wait for it. None when there is nothing to connect. Raises what the network raises."""
        return None if self._task is None else await self._task

    async def give_up(self) -> None:
        """Leave nothing connected."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._roster.environment.networking.detach(self._record.id)
