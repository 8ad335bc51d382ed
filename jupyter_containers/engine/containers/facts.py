"""What the host knows of a container that is to be started: the impure half of its specification."""

from __future__ import annotations

import socket

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.devices import block_rates, host_devices, parse_rules, resolve_devices
from jupyter_containers.engine.containers.links import link_environment
from jupyter_containers.engine.containers.record import Record
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.specification import Facts
from jupyter_containers.errors import Conflict
from jupyter_containers.linux import capabilities, namespaces


def gather(roster: Roster, record: Record) -> Facts:
    """Collect the facts. Raises NotFound and Conflict for a container whose namespace it should join."""
    host = record.host
    devices, rules = resolve_devices(host.devices or ())
    if host.privileged:
        devices = (*host_devices(), *devices)
    return Facts(
        rootfs=roster.environment.snapshots.mounts(record.snapshot_key),
        files_path=roster.files_path(names_owner(roster, record)),
        hostname=hostname(roster, record),
        joined=joined_namespaces(roster, record),
        devices=devices,
        device_rules=(*rules, *parse_rules(host.device_rules or ())),
        block_rates=block_rates(host.limits),
        link_environment=link_environment(roster, record),
        known_capabilities=capabilities.NAMES,
        granted_capabilities=roster.granted_capabilities,
    )


def exec_facts(roster: Roster, record: Record) -> Facts:
    """Collect what one more process of a running container needs."""
    return Facts(
        rootfs=(),
        files_path=roster.files_path(record),
        hostname=hostname(roster, record),
        link_environment=link_environment(roster, record),
        known_capabilities=capabilities.NAMES,
        granted_capabilities=roster.granted_capabilities,
    )


def names_owner(roster: Roster, record: Record) -> Record:
    """Return whose hostname, hosts and resolv.conf are used: with container:<id>, the other one's."""
    mode = record.host.network_mode
    if mode.startswith("container:"):
        return roster.find(mode.partition(":")[2]).record
    return record


def hostname(roster: Roster, record: Record) -> str:
    owner = names_owner(roster, record)
    if owner.settings.hostname:
        return owner.settings.hostname
    if owner.host.network_mode == "host" or owner.host.uts_mode == "host":
        return socket.gethostname()
    return owner.id[:12]


def joined_namespaces(roster: Roster, record: Record) -> dict[str, str]:
    """Return the namespaces of other containers that are joined, by type. Raises NotFound, Conflict."""
    host = record.host
    joined = {}
    for namespace, mode in (("network", host.network_mode), ("pid", host.pid_mode), ("ipc", host.ipc_mode)):
        if not mode.startswith("container:"):
            continue
        other = roster.find(mode.partition(":")[2])
        if other.id == record.id:
            raise Conflict(f"cannot join own {namespace}")
        _check_joined(namespace, other, is_running=other.is_running and roster.has_process(other))
        joined[namespace] = f"/proc/{other.record.state.pid}/ns/{namespaces.FILES[namespace]}"
    return joined


def _check_joined(namespace: str, other: Container, *, is_running: bool) -> None:
    """Raises Conflict, in Docker's words, for a container that cannot be joined now."""
    prefix = f"can't join IPC of container {other.id}: " if namespace == "ipc" else ""
    if not is_running:
        if namespace == "network":
            raise Conflict(f"cannot join network of a non running container: {other.id}")
        raise Conflict(f"{prefix}container {other.id} is not running")
    if namespace == "ipc" and other.record.host.ipc_mode in ("", "private", "none"):
        raise Conflict(f"{prefix}non-shareable IPC (hint: use IpcMode:shareable for the donor container)")
