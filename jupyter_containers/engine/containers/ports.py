"""Published ports, as the network room takes them. Pure."""

from __future__ import annotations

from jupyter_containers.engine.containers.record import Record
from jupyter_containers.network.values import PortMapping


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
