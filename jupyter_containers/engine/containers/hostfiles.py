"""The files that a container finds in /etc: hostname, hosts and resolv.conf, and sources of -v that are not there."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_containers.engine.containers.checks import extra_hosts
from jupyter_containers.engine.containers.record import Record
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import ContainersError
from jupyter_containers.network import names


def write_files(roster: Roster, record: Record, hostname: str) -> None:
    """Write them before the start; `add_address` follows when the address is known.

    A container that shares another's network has no files of its own.
    """
    _make_sources(record)
    path, host = roster.files_path(record), record.host
    if host.network_mode.startswith("container:"):
        return
    os.makedirs(path, mode=0o710, exist_ok=True)
    (path / "hostname").write_text(names.hostname_text(hostname))
    (path / "hosts").write_text(_hosts(roster, record, hostname, ()))
    text = names.resolv_conf(
        names.host_resolv_conf(),
        servers=host.dns or (),
        search=host.dns_search or (),
        options=host.dns_options or (),
        keep_loopback=host.network_mode == "host",
    )
    (path / "resolv.conf").write_text(text)


def add_address(roster: Roster, record: Record, hostname: str, address: str) -> None:
    """Put the container's own address into its hosts. The file is written in place: it is mounted by its inode."""
    (roster.files_path(record) / "hosts").write_text(_hosts(roster, record, hostname, (address,)))


def _hosts(roster: Roster, record: Record, hostname: str, addresses: tuple[str, ...]) -> str:
    gateway = roster.environment.networking.describe().get("gateway", "").partition("/")[0]
    if not gateway and record.host.network_mode == "host":
        gateway = "127.0.0.1"
    # Without a bridge there is no address that leads to the host.
    wished = ((name, gateway if address == "host-gateway" else address) for name, address in extra_hosts(record.host))
    extra = [f"{name}:{address}" for name, address in wished if address]
    if record.host.network_mode == "host":
        # It is the host's network: what the host calls its neighbours holds here too.
        return _host_hosts() + "".join(f"{address}\t{name}\n" for name, _, address in (e.partition(":") for e in extra))
    return names.hosts(hostname, domainname=record.settings.domainname, addresses=addresses, extra=extra)


def _host_hosts() -> str:
    try:
        text = Path("/etc/hosts").read_text(errors="replace")
    except OSError:
        return names.hosts("")
    return text if text.endswith("\n") else f"{text}\n"


def _make_sources(record: Record) -> None:
    """Docker makes the missing source of a -v, as a directory of root's."""
    for point in record.mount_points:
        if point.type == "bind" and not os.path.lexists(point.source):
            try:
                os.makedirs(point.source, mode=0o755, exist_ok=True)
            except OSError as error:
                raise ContainersError(
                    f"error while creating mount source path '{point.source}': mkdir {error.filename}: {error.strerror}"
                ) from error
