"""Host ports of containers, reserved by sockets that are really bound: nobody else can take one that is published."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from jupyter_containers.errors import ContainersError
from jupyter_containers.network.values import PortMapping, Published

_ANY_IPV4 = "0.0.0.0"
_ANY_IPV6 = "::"
_TYPES = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
_BACKLOG = 128
# How often a port that the kernel chose for IPv4 may turn out to be taken for IPv6.
_ATTEMPTS = 16
_NO_SUCH_ADDRESS_FAMILY = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT}


class PortInUse(ContainersError):
    """A host port cannot be had. In dockerd's words, which scripts look for; dockerd answers 500."""

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(f"driver failed programming external connectivity on endpoint {endpoint}: {reason}")


@dataclass(frozen=True, slots=True)
class Reserved:
    """A published port and the socket that holds it: listening for tcp, bound for udp, non-blocking."""

    published: Published
    socket: socket.socket


class Ports:
    """The host ports of all containers of a daemon."""

    def __init__(self) -> None:
        self._reserved: dict[str, list[Reserved]] = {}

    def reserve(self, container_id: str, mappings: Iterable[PortMapping], *, endpoint: str) -> list[Reserved]:
        """Reserve a port for every mapping, or none; `endpoint` names the container in messages.

        A mapping without an address becomes one for IPv4 and one for IPv6 (if this host has it), with the same port.
        Raises PortInUse. The sockets close with `release`.
        """
        reserved: list[Reserved] = []
        try:
            for mapping in mappings:
                reserved += self._reserve_one(mapping, endpoint, reserved)
        except BaseException:
            _close(reserved)
            raise
        self._reserved[container_id] = reserved
        return reserved

    def hold(self, container_id: str, published: Iterable[Published]) -> tuple[list[Reserved], list[Published]]:
        """Reserve exact ports for a container of an earlier daemon; return what was got, and what is taken."""
        reserved, missed = [], []
        for port in published:
            try:
                reserved.append(Reserved(port, _bind(port.protocol, port.host_ip, port.host_port)))
            except OSError:
                missed.append(port)
        self._reserved[container_id] = reserved
        return reserved, missed

    def release(self, container_id: str) -> None:
        """Close a container's sockets; harmless when it has none."""
        _close(self._reserved.pop(container_id, ()))

    def close(self) -> None:
        for container_id in list(self._reserved):
            self.release(container_id)

    def _reserve_one(self, mapping: PortMapping, endpoint: str, so_far: Sequence[Reserved]) -> list[Reserved]:
        last = max(mapping.host_port, mapping.host_port_end)
        for port in range(mapping.host_port, last + 1):
            try:
                return _bind_mapping(mapping, port)
            except _Refused as refused:
                if port == last:
                    raise PortInUse(endpoint, self._reason(refused, so_far)) from refused.error
        raise AssertionError("a range of ports has at least one")

    def _reason(self, refused: _Refused, so_far: Sequence[Reserved]) -> str:
        address = f"[{refused.host_ip}]" if ":" in refused.host_ip else refused.host_ip
        own = [reserved.published for each in self._reserved.values() for reserved in each]
        own += [reserved.published for reserved in so_far]
        if refused.error.errno == errno.EADDRINUSE and any(refused.meets(published) for published in own):
            return f"Bind for {address}:{refused.port} failed: port is already allocated"
        kind = f"{refused.protocol}{ip_address(refused.host_ip).version}"
        words = os.strerror(refused.error.errno or 0).lower()
        return f"Error starting userland proxy: listen {kind} {address}:{refused.port}: bind: {words}"


class _Refused(Exception):
    """A bind that failed."""

    def __init__(self, protocol: str, host_ip: str, port: int, error: OSError) -> None:
        super().__init__(str(error))
        self.protocol, self.host_ip, self.port, self.error = protocol, host_ip, port, error

    def meets(self, other: Published) -> bool:
        if (self.protocol, self.port) != (other.protocol, other.host_port):
            return False
        wildcards = {_ANY_IPV4, _ANY_IPV6}
        return self.host_ip == other.host_ip or self.host_ip in wildcards or other.host_ip in wildcards


def _bind_mapping(mapping: PortMapping, port: int) -> list[Reserved]:
    if mapping.host_ip:
        return [_reserved(mapping, mapping.host_ip, port)]
    for attempt in range(_ATTEMPTS):
        first = _reserved(mapping, _ANY_IPV4, port)
        try:
            return [first, _reserved(mapping, _ANY_IPV6, first.published.host_port)]
        except _Refused as refused:
            if refused.error.errno in _NO_SUCH_ADDRESS_FAMILY:
                return [first]
            _close([first])
            if port or attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("the last attempt raises or returns")


def _reserved(mapping: PortMapping, host_ip: str, port: int) -> Reserved:
    try:
        sock = _bind(mapping.protocol, host_ip, port)
    except OSError as error:
        raise _Refused(mapping.protocol, host_ip, port, error) from error
    return Reserved(Published(mapping.container_port, mapping.protocol, host_ip, sock.getsockname()[1]), sock)


def _bind(protocol: str, host_ip: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host_ip else socket.AF_INET
    sock = socket.socket(family, _TYPES[protocol] | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if protocol == "tcp":
            # Old connections in TIME_WAIT must not keep a restarted container from its port. For udp this option would
            # let two programs share the port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host_ip, port))
        if protocol == "tcp":
            sock.listen(_BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock


def _close(reserved: Iterable[Reserved]) -> None:
    for one in reserved:
        one.socket.close()
