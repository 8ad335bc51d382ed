"""Docker's JSON of containers: inspect and the list. What dockerd answers is the reference, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from jupyter_containers.api.wire.container_config import settings_to_wire
from jupyter_containers.api.wire.endpoints import NetworkIds, Version, network_settings, networks
from jupyter_containers.api.wire.endpoints import ports as all_ports
from jupyter_containers.api.wire.host_config import host_settings_to_wire
from jupyter_containers.api.wire.mounts import mount_point_to_wire
from jupyter_containers.api.wire.times import rfc3339
from jupyter_containers.engine.containers.describe import View
from jupyter_containers.engine.containers.record import Health, HealthStatus, MountPoint, Record, State, Status
from jupyter_containers.network.values import Attachment


def container_json(view: View, *, version: Version, network_id: NetworkIds) -> dict[str, Any]:
    """Write what inspect answers."""
    record, files = view.record, view.files_path
    args = record.settings.args
    names = view.has_run
    body: dict[str, Any] = {
        "Id": record.id,
        "Created": rfc3339(record.created_at),
        "Path": args[0] if args else "",
        "Args": list(args[1:]),
        "State": state_json(record.state, record.health),
        "Image": record.image_id,
        "ResolvConfPath": str(files / "resolv.conf") if names else "",
        "HostnamePath": str(files / "hostname") if names else "",
        "HostsPath": str(files / "hosts") if names else "",
        "LogPath": str(view.log_path) if view.has_run and record.host.log_driver == "json-file" else "",
        "Name": f"/{record.name}",
        "RestartCount": record.restart_count,
        "Driver": view.storage_driver,
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": list(view.exec_ids) or None,
        "HostConfig": host_settings_to_wire(record.host, version=version) | {"Links": _list(view.links)},
        "GraphDriver": {"Data": _graph_data(view), "Name": view.storage_driver},
        "Mounts": [mount_point_to_wire(point) for point in record.mount_points],
        "Config": settings_to_wire(replace(record.settings, hostname=view.hostname)),
        "NetworkSettings": network_settings(record, view.attachments, network_id, version=version),
    }
    if view.sizes is not None:
        body |= {"SizeRw": view.sizes.own, "SizeRootFs": view.sizes.whole}
    return body


def state_json(state: State, health: Health | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "Status": str(state.status),
        "Running": state.is_running or state.status is Status.RESTARTING,
        "Paused": state.status is Status.PAUSED,
        "Restarting": state.status is Status.RESTARTING,
        "OOMKilled": state.oom_killed,
        "Dead": state.status is Status.DEAD,
        "Pid": state.pid,
        "ExitCode": state.exit_code,
        "Error": state.error,
        "StartedAt": rfc3339(state.started_at),
        "FinishedAt": rfc3339(state.finished_at),
    }
    return body if health is None else {**body, "Health": _health_json(health)}


def _health_json(health: Health) -> dict[str, Any]:
    return {
        "Status": str(health.status),
        "FailingStreak": health.failing_streak,
        "Log": [
            {
                "Start": rfc3339(result.started_at),
                "End": rfc3339(result.ended_at),
                "ExitCode": result.exit_code,
                "Output": result.output,
            }
            for result in health.results
        ],
    }


def _graph_data(view: View) -> dict[str, str] | None:
    if view.upper is None or view.storage_driver != "overlay2":
        return None
    data = {"UpperDir": str(view.upper), "WorkDir": str(view.upper.parent / "work")}
    if view.lowers:
        data["LowerDir"] = ":".join(str(lower) for lower in view.lowers)
    return data


def summary_json(view: View, *, image: str, version: Version, network_id: NetworkIds, now: int) -> dict[str, Any]:
    """Write one entry of the list. `image` is the name to show; `now` is nanoseconds since the epoch."""
    record = view.record
    mode = record.host.network_mode
    body: dict[str, Any] = {
        "Id": record.id,
        "Names": [f"/{record.name}"],
        "Image": image,
        "ImageID": record.image_id,
        "Command": command(record.settings.args),
        "Created": record.created_at // 10**9,
        "Ports": port_list(record, view.attachments),
        "Labels": dict(record.settings.labels),
        "State": str(record.state.status),
        "Status": status_text(record.state, now, record.health),
        "HostConfig": {"NetworkMode": "bridge" if mode == "default" and version >= (1, 44) else mode},
        "NetworkSettings": {"Networks": networks(record, view.attachments, network_id, version=version)},
        "Mounts": [_listed_mount(point) for point in record.mount_points],
    }
    if view.sizes is not None:
        # dockerd leaves out a size of zero.
        body |= {"SizeRw": view.sizes.own} if view.sizes.own else {}
        body |= {"SizeRootFs": view.sizes.whole}
    return body


def _listed_mount(point: MountPoint) -> dict[str, Any]:
    entry = mount_point_to_wire(point)
    # dockerd knows the place of a volume that only the image or the config names when it is mounted, not in a list.
    return entry | {"Source": ""} if point.anonymous and not point.mode else entry


def command(args: Sequence[str]) -> str:
    """Return the command in one line, arguments with spaces quoted, as dockerd's list does."""
    quoted = (f"'{argument}'" if " " in argument else argument for argument in args[1:])
    return " ".join([*args[:1], *quoted])


def port_list(record: Record, attachments: Mapping[str, Attachment]) -> list[dict[str, Any]]:
    """Return published ports, and exposed ones without an address, of a container that runs."""
    if not record.state.is_running:
        return []
    ports: list[dict[str, Any]] = []
    is_addressed = any(attachment.ip_address for attachment in attachments.values())
    for key, bindings in sorted(all_ports(record, attachments).items(), key=lambda item: _port_order(item[0])):
        number, _, protocol = key.partition("/")
        if bindings is None and is_addressed:
            ports.append({"PrivatePort": int(number), "Type": protocol})
        for binding in bindings or ():
            ports.append(
                {
                    "IP": binding["HostIp"],
                    "PrivatePort": int(number),
                    "PublicPort": int(binding["HostPort"]),
                    "Type": protocol,
                }
            )
    return ports


def _port_order(key: str) -> tuple[int, str]:
    number, _, protocol = key.partition("/")
    return int(number), protocol


def status_text(state: State, now: int, health: Health | None = None) -> str:
    """Return `Up 3 minutes (healthy)`, `Exited (1) 2 hours ago`, `Created`, in Docker's words."""
    if state.is_running:
        words = {HealthStatus.STARTING: " (health: starting)"}
        said = words.get(health.status, f" ({health.status})") if health is not None else ""
        paused = " (Paused)" if state.status is Status.PAUSED else ""
        return f"Up {duration_text(now - state.started_at)}{paused or said}"
    ago = f"{duration_text(now - state.finished_at)} ago"
    match state.status:
        case Status.RESTARTING:
            return f"Restarting ({state.exit_code}) {ago}"
        case Status.REMOVING:
            return "Removal In Progress"
        case Status.DEAD:
            return "Dead"
        case Status.CREATED:
            return "Created"
    return f"Exited ({state.exit_code}) {ago}" if state.finished_at else "Created"


def duration_text(nanoseconds: int) -> str:
    """Return a duration as people say it. Source: docker/go-units, HumanDuration."""
    seconds = max(nanoseconds, 0) // 10**9
    minutes, hours = seconds // 60, int(seconds / 3600 + 0.5)
    if seconds < 1:
        return "Less than a second"
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    if hours < 48:
        return "About an hour" if hours == 1 else f"{hours} hours"
    for limit, length, word in ((14, 24, "days"), (60, 24 * 7, "weeks"), (730, 24 * 30, "months")):
        if hours < 24 * limit:
            return f"{hours // length} {word}"
    return f"{int(seconds / 3600 / 24 / 365)} years"


def _list(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)
