"""The files that a container finds in /etc: hostname, hosts and resolv.conf, and sources of -v that are not there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from jupyter_containers.engine.containers.bind_sources import make_sources
from jupyter_containers.engine.containers.checks import extra_hosts
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.endpoints import has_name_server
from jupyter_containers.engine.containers.links import host_entries, linked_from
from jupyter_containers.engine.containers.record import Record
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.network import names


def write_files(roster: Roster, record: Record, hostname: str) -> None:
    """Write them before the start; `add_addresses` follows when they are known.

    A container that shares another's network has no files of its own.
    """
    make_sources(roster, record)
    path = roster.files_path(record)
    if record.host.network_mode.startswith("container:"):
        return
    os.makedirs(path, mode=0o710, exist_ok=True)
    write_texts(roster, record, hostname, path)


def write_texts(roster: Roster, record: Record, hostname: str, path: Path, addresses: Sequence[str] = ()) -> None:
    """Write the three files into a directory; those that are there keep their inodes."""
    place = os.fspath(path)
    _write(f"{place}/hostname", names.hostname_text(hostname))
    _write(f"{place}/hosts", _hosts(roster, record, hostname, addresses))
    _write(f"{place}/resolv.conf", _resolv_conf(record))


def _write(path: str, text: str) -> None:
    """Replace what is in a file; three calls instead of a dozen, in the way of every start."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _resolv_conf(record: Record) -> str:
    host, own = record.host, names.host_resolv_conf()
    if has_name_server(record):
        return names.name_server_conf(own, search=host.dns_search or (), options=host.dns_options or ())
    return names.resolv_conf(
        own,
        servers=host.dns or (),
        search=host.dns_search or (),
        options=host.dns_options or (),
        keep_loopback=host.network_mode == "host",
    )


def add_addresses(roster: Roster, container: Container, hostname: str) -> None:
    """Put the container's own addresses into its hosts, and into those of containers that are linked to it.

    The files are written in place: they are mounted by their inodes.
    """
    addresses = _addresses(container)
    if addresses:
        write_hosts(roster, container.record, hostname, addresses)
        for other in linked_from(roster, container):
            name = other.record.settings.hostname or other.record.short_id
            write_hosts(roster, other.record, name, _addresses(other))


def follow_networks(roster: Roster, container: Container, hostname: str) -> None:
    """Write down what a running container's files have to say after it was connected or disconnected."""
    write_hosts(roster, container.record, hostname, _addresses(container))
    if has_name_server(container.record):
        _write(f"{roster.files_path(container.record)}/resolv.conf", _resolv_conf(container.record))


def write_hosts(roster: Roster, record: Record, hostname: str, addresses: Sequence[str]) -> None:
    _write(f"{roster.files_path(record)}/hosts", _hosts(roster, record, hostname, addresses))


def _addresses(container: Container) -> list[str]:
    every = [text for one in container.attachments.values() for text in (one.ip_address, one.ipv6_address)]
    return [text for text in every if text]


def _hosts(roster: Roster, record: Record, hostname: str, addresses: Sequence[str]) -> str:
    wished = ((name, _address(roster, record, address)) for name, address in extra_hosts(record.host))
    extra = [f"{name}:{address}" for name, address in wished if address]
    if record.host.network_mode == "host":
        # It is the host's network: what the host calls its neighbours holds here too.
        return _host_hosts() + "".join(f"{address}\t{name}\n" for name, _, address in (e.partition(":") for e in extra))
    extra += host_entries(roster, record)
    return names.hosts(hostname, domainname=record.settings.domainname, addresses=addresses, extra=extra)


def _address(roster: Roster, record: Record, wished: str) -> str:
    """Return the address of an --add-host; "" where there is no bridge whose address would lead to the host."""
    if wished != "host-gateway":
        return wished
    gateway = roster.environment.networking.describe().get("gateway", "").partition("/")[0]
    return gateway or ("127.0.0.1" if record.host.network_mode == "host" else "")


def _host_hosts() -> str:
    try:
        text = Path("/etc/hosts").read_text(errors="replace")
    except OSError:
        return names.hosts("")
    return text if text.endswith("\n") else f"{text}\n"
