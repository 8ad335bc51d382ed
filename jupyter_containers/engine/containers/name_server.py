"""The name servers of containers on user-defined networks: opened when a container comes to such a network, kept over a
restart of the daemon, closed with the container's end.

A container that has left its last such network keeps its server: its resolv.conf still names it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from jupyter_containers.engine.containers.endpoints import has_name_server
from jupyter_containers.errors import ContainersError
from jupyter_containers.network import names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_containers.engine.containers.container import Container
    from jupyter_containers.engine.containers.record import Record
    from jupyter_containers.network.dns.resolvers import Resolvers
    from jupyter_containers.network.naming import Directory
    from jupyter_containers.supervisor.connection import Shim

_log = logging.getLogger(__name__)

_PORT = 53


class NameServers:
    """All of one daemon. Nothing is imported or opened before the first container needs one."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._resolvers: Resolvers | None = None

    async def open(self, record: Record, shim: Shim) -> None:
        """Serve a container that is on a user-defined network; nothing is done for others, or for one that is served.

        Where the kernel cannot redirect, port 53 is taken itself: then no process of the container can have it. Raises
        ContainersError, OSError. Cancelled: it is not served.
        """
        if not has_name_server(record):
            return
        resolvers = self._ready()
        if record.id in resolvers:
            return
        try:
            await self._open(resolvers, record, shim, port=0)
        except (ContainersError, OSError) as error:
            _log.debug("container %s cannot have its name server redirected: %s", record.short_id, error)
            await self._open(resolvers, record, shim, port=_PORT)
            _log.warning(
                "container %s cannot use port 53 itself: its name server is there, as this kernel cannot redirect (%s)",
                record.short_id,
                error,
            )

    async def _open(self, resolvers: Resolvers, record: Record, shim: Shim, *, port: int) -> None:
        from jupyter_containers.network.dns.resolvers import Sockets

        host = record.host
        sockets = Sockets.of(await shim.name_server(port=port))
        searches = names.expects_search(names.host_resolv_conf(), host.dns_options or ())
        resolvers.open(record.id, sockets, servers=host.dns or (), searches=searches)

    async def reopen(self, containers: Iterable[Container]) -> None:
        """Serve the containers of an earlier daemon again: what they have asked meanwhile waits in their sockets."""
        await asyncio.gather(*[self._reopen(container) for container in containers])

    async def _reopen(self, container: Container) -> None:
        async with container.lock:
            if not container.is_running or container.shim is None:
                return
            try:
                await self.open(container.record, container.shim)
            except (ContainersError, OSError) as error:
                _log.warning("container %s has no name server: %s", container.record.short_id, error)

    def close(self, container_id: str) -> None:
        """End a container's server; harmless when it has none."""
        if self._resolvers is not None:
            self._resolvers.close(container_id)

    def close_all(self) -> None:
        """Let go of all servers: the daemon ends, and the shims keep their sockets for the next one."""
        if self._resolvers is not None:
            self._resolvers.close_all()

    def _ready(self) -> Resolvers:
        if self._resolvers is None:
            from jupyter_containers.network.dns.resolvers import Resolvers

            self._resolvers = Resolvers(self._directory)
        return self._resolvers
