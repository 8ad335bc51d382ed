"""Ports of a container: those that it exposes, and the published ones as the network room takes them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from jupyter_containers.engine.containers.record import Record
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.network.values import PortMapping

_PORT = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?(?:/(tcp|udp|sctp))?", re.IGNORECASE | re.ASCII)


def single_ports(text: str) -> list[str]:
    """Return `80-81` or `80/udp` as single ports with their protocol. Raises InvalidParameter."""
    match = _PORT.fullmatch(text)
    first = int(match[1]) if match else 0
    last = int(match[2] or match[1]) if match else 0
    if match is None or not 0 < first <= last < 65536:
        raise InvalidParameter(f'invalid port specification: "{text}"')
    protocol = (match[3] or "tcp").lower()
    return [f"{port}/{protocol}" for port in range(first, last + 1)]


def of_image(exposed: Iterable[str]) -> tuple[set[str], list[str]]:
    """Return the single ports that an image exposes, and what is none: anybody may have written anything there."""
    found, wrong = set[str](), list[str]()
    for text in exposed:
        try:
            found.update(single_ports(text))
        except InvalidParameter:
            wrong.append(text)
    return found, wrong


def port_mappings(record: Record) -> tuple[PortMapping, ...]:
    """Return what -p asks for, and with -P every exposed port that -p does not name. Raises InvalidParameter."""
    host = record.host
    wanted = [
        PortMapping.parse(port, binding.host_ip, binding.host_port)
        for port, bindings in host.port_bindings.items()
        for binding in bindings
    ]
    if host.publish_all_ports:
        wanted += [PortMapping.parse(port) for port in record.settings.exposed_ports if port not in host.port_bindings]
    return tuple(wanted)
