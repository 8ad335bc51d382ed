"""The name servers of all containers of one daemon, and what each may know and ask: the face of this part.

resolvers.open(container_id, sockets, servers=("9.9.9.9",))     when the container is on a user-defined network
resolvers.close(container_id)                                   when it has ended, or left the last of them
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jupyter_containers.network.dns.answering import Policy
from jupyter_containers.network.dns.forwarding import Forwarder
from jupyter_containers.network.dns.messages import Address
from jupyter_containers.network.dns.server import Server
from jupyter_containers.network.names import NAME_SERVER, is_loopback, nameservers
from jupyter_containers.network.naming import Directory

_RESOLV_CONF = Path("/etc/resolv.conf")


@dataclass(frozen=True, slots=True)
class Sockets:
    """What a shim opened in its container's network namespace: a bound UDP and a listening TCP socket at 127.0.0.11,
    and a netlink socket to lead port 53 to them, unless they are at that port.
    """

    datagrams: socket.socket
    listener: socket.socket
    netfilter: socket.socket | None = None

    @classmethod
    def of(cls, fds: Sequence[int]) -> Sockets:
        """Take two or three descriptors over, in this order."""
        return cls(*(socket.socket(fileno=fd) for fd in fds))

    def close(self) -> None:
        self.datagrams.close()
        self.listener.close()
        self.close_netfilter()

    def close_netfilter(self) -> None:
        if self.netfilter is not None:
            self.netfilter.close()


class Resolvers:
    """Servers by container. All methods return at once; call them on the daemon's loop."""

    def __init__(
        self, directory: Directory, *, host_conf: Path = _RESOLV_CONF, forwarder: Forwarder | None = None
    ) -> None:
        self._directory = directory
        self._host = HostResolvers(host_conf)
        self._forwarder = forwarder or Forwarder()
        self._servers: dict[str, Server] = {}

    def __contains__(self, container_id: str) -> bool:
        return container_id in self._servers

    def open(self, container_id: str, sockets: Sockets, *, servers: Sequence[str] = (), searches: bool = False) -> None:
        """Serve a container. The sockets are ours to close from now on, also when this fails.

        `servers` are asked instead of the host's resolvers; `searches`: the user has set ndots above 0. Raises OSError
        when its kernel refuses the redirection to a port other than 53.
        """
        self.close(container_id)
        try:
            self._redirect(sockets)
        except BaseException:
            sockets.close()
            raise
        sockets.close_netfilter()
        others = tuple(server for server in servers if server != NAME_SERVER)
        view = _View(self._directory, container_id, others, searches, self._host)
        self._servers[container_id] = Server(
            sockets.datagrams, sockets.listener, names=view, policy=view.policy, forwarder=self._forwarder
        )

    @staticmethod
    def _redirect(sockets: Sockets) -> None:
        if sockets.netfilter is None:
            return
        from jupyter_containers.network.dns.redirect import redirect

        udp_port, tcp_port = (sock.getsockname()[1] for sock in (sockets.datagrams, sockets.listener))
        redirect(sockets.netfilter, udp_port=udp_port, tcp_port=tcp_port)

    def close(self, container_id: str) -> None:
        """End a container's server; harmless when it has none."""
        server = self._servers.pop(container_id, None)
        if server is not None:
            server.close()

    def close_all(self) -> None:
        """Let go of all of them: the daemon ends. The shims keep the sockets for the next one."""
        for container_id in list(self._servers):
            self.close(container_id)


class HostResolvers:
    """The nameservers of the host's resolv.conf, read again when it has changed: a notebook moves between networks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._servers: tuple[str, ...] = ()

    def now(self) -> tuple[str, ...]:
        """Return them; none when there is no file. Those on the host's loopback count: we ask from the host."""
        try:
            status = os.stat(self._path)
            seen = (status.st_ino, status.st_mtime_ns, status.st_size)
            if seen != self._seen:
                self._servers = tuple(nameservers(self._path.read_text(errors="replace")))
                self._seen = seen
        except OSError:
            self._seen, self._servers = None, ()
        return self._servers


@dataclass(frozen=True, slots=True)
class _View:
    """What one container may see."""

    directory: Directory
    container_id: str
    servers: tuple[str, ...]
    searches: bool
    host: HostResolvers

    def addresses(self, name: str) -> Sequence[Address] | None:
        return self.directory.lookup(self.container_id, name)

    def name_of(self, address: Address) -> str | None:
        return self.directory.reverse(self.container_id, address)

    def policy(self) -> Policy:
        # What the user has chosen on the loopback is a program in the container, and no way out of an internal network.
        inside = frozenset(server for server in self.servers if is_loopback(server))
        if not self.directory.reaches_outside(self.container_id):
            return Policy(tuple(server for server in self.servers if server in inside), self.searches, inside)
        return Policy(self.servers or self.host.now(), self.searches, inside)
