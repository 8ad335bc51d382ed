"""Create: from a request and an image to a record, a snapshot and volumes; nothing runs yet."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jupyter_containers.engine.containers import checks
from jupyter_containers.engine.containers.bind_sources import check_sources
from jupyter_containers.engine.containers.capabilities import resolve_capabilities
from jupyter_containers.engine.containers.connecting import settle_endpoints
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.devices import block_rates, parse_rules
from jupyter_containers.engine.containers.limit_checks import HostLimits, discard, parse_list, settle_limits
from jupyter_containers.engine.containers.links import settle_links
from jupyter_containers.engine.containers.merge import merge
from jupyter_containers.engine.containers.mount_places import prepare_root
from jupyter_containers.engine.containers.mount_points import inherit, mount_points, parse_volumes_from
from jupyter_containers.engine.containers.names import new_id, random_name
from jupyter_containers.engine.containers.ports import of_image
from jupyter_containers.engine.containers.record import EndpointSettings, HostSettings, MountPoint, Record, Settings
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.containers.security import parse_security
from jupyter_containers.engine.containers.volumes import discard_anonymous, fill_volumes, make_volumes
from jupyter_containers.engine.images import ImageView
from jupyter_containers.engine.specification import rlimit
from jupyter_containers.errors import InvalidParameter, NotFound, Unsupported
from jupyter_containers.linux import capabilities
from jupyter_containers.network.values import PortMapping
from jupyter_containers.oci.platform import Platform, host_platform, suitability
from jupyter_containers.oci.snapshot_record import LABEL_VOLATILE
from jupyter_containers.runtime import defaults


@dataclass(frozen=True, slots=True)
class Created:
    """`warnings` are sentences for the person who asked."""

    container: Container
    warnings: tuple[str, ...] = ()


async def create(
    roster: Roster,
    settings: Settings,
    host: HostSettings,
    *,
    name: str = "",
    endpoints: Mapping[str, EndpointSettings] = MappingProxyType({}),
    image: ImageView | None = None,
) -> Created:
    """Make a container, ready to be started; `endpoints` by the network's name or id.

    `image` is the one that was chosen by its platform, by default what the name in the settings means.
    Raises InvalidParameter, Unsupported, NotFound for its image or what it leans on, Conflict for its name.
    After cancellation: nothing is left of it, or it is there.
    """
    checks.check_conflicts(settings, host)
    warnings: tuple[str, ...] = ()
    if image is None:
        image = await roster.environment.images.find(settings.image)
        warnings = _platform_warnings(image.config.platform)
    settings = merge(settings, image.config.process)
    limits, discarded = discard(settle_limits(host.limits), roster.environment.cgroups.capabilities)
    checks.check_settings(settings)
    checks.check_host_settings(host, lambda: host_limits(roster))
    host = replace(host, limits=limits, links=settle_links(roster, host))
    _check_syntax(roster, host)
    record = _record(roster, settings, host, image, name)
    record = replace(record, endpoints=settle_endpoints(roster, record, endpoints))
    check_sources(roster, record)
    warnings += (*discarded, *_warnings(host), *_port_warnings(image))
    container = roster.add(record)
    await _complete(roster, container, image)
    return Created(container, warnings)


def host_limits(roster: Roster) -> HostLimits:
    """Return what limits this host can set."""
    return HostLimits(
        cpus=_numbers("/sys/devices/system/cpu/online", range(os.cpu_count() or 1)),
        memory_nodes=_numbers("/sys/devices/system/node/online", range(1)),
        supported=roster.environment.cgroups.capabilities(),
    )


def _numbers(path: str, otherwise: Sequence[int]) -> Sequence[int]:
    try:
        return sorted(parse_list(Path(path).read_text().strip(), path))
    except (OSError, InvalidParameter):
        return otherwise


def _check_syntax(roster: Roster, host: HostSettings) -> None:
    """Read what is read again at the start, so that a mistake is told now."""
    if parse_security(host.security_options).writable_cgroups and roster.environment.cgroups.version == 1:
        # The groups of version 1 are no place for a container: what it writes there counts for the whole machine.
        raise Unsupported("--security-opt writable-cgroups=true needs cgroup v2; this host has version 1")
    parse_rules(host.device_rules or ())
    block_rates(host.limits)
    for limit in host.ulimits or ():
        rlimit(limit)
    for port, bindings in host.port_bindings.items():
        for binding in bindings:
            PortMapping.parse(port, binding.host_ip, binding.host_port)
    resolve_capabilities(
        host.cap_add or (),
        host.cap_drop or (),
        capabilities.NAMES,
        defaults.default_capabilities(),
        granted=roster.granted_capabilities,
    )


def _record(roster: Roster, settings: Settings, host: HostSettings, image: ImageView, name: str) -> Record:
    identifier = new_id()
    taken = {container.record.name for container in roster.all()}
    chosen = checks.check_name(name) if name else random_name(taken.__contains__)
    if not settings.hostname:
        shares = "host" in (host.uts_mode, host.network_mode)
        settings = replace(settings, hostname=socket.gethostname() if shares else identifier[:12])
    own_root = str(roster.environment.places.data)
    points = mount_points(host, settings.volumes, _inherited(roster, host), own_root=own_root)
    return Record(
        id=identifier,
        name=chosen,
        created_at=roster.now(),
        image_id=str(image.id),
        snapshot=image.chain,
        settings=settings,
        host=_settle_modes(roster, host),
        mount_points=_located(roster, points),
    )


def _settle_modes(roster: Roster, host: HostSettings) -> HostSettings:
    """Write container:<name> with the id, so that a rename does not break it. Raises InvalidParameter."""
    changes: dict[str, Any] = {}
    for field in ("pid_mode", "ipc_mode", "network_mode"):
        mode: str = getattr(host, field)
        if mode.startswith("container:"):
            try:
                changes[field] = f"container:{_find(roster, mode.partition(':')[2]).id}"
            except InvalidParameter:
                if field != "network_mode":
                    raise
    options = host.security_options or ()
    has_label = any(option.startswith("label") for option in options)
    if not has_label and (host.privileged or "host" in (host.pid_mode, host.ipc_mode)):
        # As dockerd tells it: nothing of SELinux can hold such a container.
        changes["security_options"] = (*options, "label=disable")
    return replace(host, **changes) if changes else host


def _find(roster: Roster, name: str) -> Container:
    """Find another container. That it is not there is not "not found": clients would pull the image and try again."""
    try:
        return roster.find(name)
    except NotFound as error:
        raise InvalidParameter(error.message) from error


def _inherited(roster: Roster, host: HostSettings) -> list[MountPoint]:
    found: list[MountPoint] = []
    for text in host.volumes_from or ():
        name, mode = parse_volumes_from(text)
        found += inherit(_find(roster, name).record.mount_points, mode)
    return found


def _located(roster: Roster, points: Sequence[MountPoint]) -> tuple[MountPoint, ...]:
    """Say where on the host each volume is; it need not be there yet."""
    root = roster.environment.places.data / "volumes"
    return tuple(
        replace(point, source=str(root / point.name / "_data")) if point.type == "volume" else point for point in points
    )


def _warnings(host: HostSettings) -> tuple[str, ...]:
    warnings = list(parse_security(host.security_options).warnings)
    if host.network_mode == "host" and (host.port_bindings or host.publish_all_ports):
        warnings.append("Published ports are discarded when using host network mode")
    return tuple(warnings)


def _port_warnings(image: ImageView) -> tuple[str, ...]:
    _, wrong = of_image(image.config.process.exposed_ports)
    return tuple(f"The image exposes {text!r}, which is no port; left out" for text in wrong)


def _platform_warnings(offered: Platform) -> tuple[str, ...]:
    """Say that an image that nobody chose by its platform is not for this machine; the text is dockerd's."""
    host = host_platform()
    if not offered.architecture or suitability(offered, host) is not None:
        return ()
    return (
        f"The requested image's platform ({offered}) does not match the detected host platform ({host}) and no "
        "specific platform was requested",
    )


async def _complete(roster: Roster, container: Container, image: ImageView) -> None:
    """Make what the record promises, or take it back. It can be found: who wants to start or remove it waits."""
    container.is_half_made = True
    async with container.lock:
        try:
            await _make(roster, container, image)
        except BaseException:
            await _undo(roster, container)
            raise
        finally:
            container.is_half_made = False
        roster.publish(container, "create")


async def _make(roster: Roster, container: Container, image: ImageView) -> None:
    """Make what the record promises. The row came first: after a crash the next daemon removes the rest by it."""
    environment, record = roster.environment, container.record
    make_volumes(roster, record)
    # What goes with its container need not be synced when it is unmounted, which takes 300 ms beside a busy writer.
    labels_of_root = {LABEL_VOLATILE: "true"} if record.host.auto_remove else None
    prepare_root(environment.snapshots, record.snapshot_key, image.chain, labels=labels_of_root)
    os.makedirs(roster.files_path(record), mode=0o710, exist_ok=True)
    await fill_volumes(roster, record)


async def _undo(roster: Roster, container: Container) -> None:
    """Take a half-made container back. Named volumes stay: somebody else may have seen them."""
    environment, record = roster.environment, container.record
    if environment.snapshots.exists(record.snapshot_key):
        environment.snapshots.remove(record.snapshot_key)
    path = roster.files_path(record)
    if path.is_dir():
        path.rmdir()
    roster.forget(container)
    container.tell_removed()
    await discard_anonymous(roster, record)
