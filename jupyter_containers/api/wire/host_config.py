"""Docker's HostConfig ↔ HostSettings. A field that we cannot keep is refused by name; none is passed over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jupyter_containers.api.routing import API_VERSION
from jupyter_containers.api.wire import fields
from jupyter_containers.api.wire.fields import Body
from jupyter_containers.api.wire.limits import limits_from_wire, limits_to_wire
from jupyter_containers.api.wire.mounts import mount_from_wire, mount_to_wire
from jupyter_containers.engine.containers.ports import single_ports
from jupyter_containers.engine.containers.record import (
    DEFAULT_SHM_BYTES,
    DeviceRequest,
    HostSettings,
    PortBinding,
    RestartPolicy,
    Ulimit,
)
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.runtime import defaults

_UNSUPPORTED = ("Cgroup", "CpuCount")
# Fields of HostSettings that read and write alike: texts, flags, lists that may be null, maps of strings.
_TEXTS = (
    ("VolumeDriver", "volume_driver"), ("PidMode", "pid_mode"), ("UTSMode", "uts_mode"),
    ("UsernsMode", "userns_mode"), ("CgroupParent", "cgroup_parent"), ("Runtime", "runtime"),
    ("Isolation", "isolation"), ("ContainerIDFile", "id_file"),
)  # fmt: skip
_FLAGS = (
    ("PublishAllPorts", "publish_all_ports"), ("AutoRemove", "auto_remove"), ("Privileged", "privileged"),
    ("ReadonlyRootfs", "read_only_root"),
)  # fmt: skip
_LISTS = (
    ("Binds", "binds"), ("VolumesFrom", "volumes_from"), ("CapAdd", "cap_add"), ("CapDrop", "cap_drop"),
    ("ExtraHosts", "extra_hosts"), ("GroupAdd", "group_add"), ("SecurityOpt", "security_options"),
    ("DeviceCgroupRules", "device_rules"), ("MaskedPaths", "masked_paths"), ("ReadonlyPaths", "readonly_paths"),
    ("Dns", "dns"), ("DnsOptions", "dns_options"), ("DnsSearch", "dns_search"),
)  # fmt: skip
_MAPPINGS = (("Tmpfs", "tmpfs"), ("Sysctls", "sysctls"), ("Annotations", "annotations"))
# Lists whose null is told as what it stands for.
_PATHS = ("masked_paths", "readonly_paths")
DEFAULT_RUNTIME = "jupyter-containers"
# Those that clients name because Docker has them.
_RUNTIMES = ("", "runc", DEFAULT_RUNTIME, "io.containerd.runc.v2")
_HOST_PORT = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


def host_settings_from_wire(body: Body, *, version: tuple[int, int] = API_VERSION) -> HostSettings:
    """Read a create request's HostConfig. Raises InvalidParameter, Unsupported."""
    fields.refuse(body, _UNSUPPORTED)
    _refuse_words(body)
    log = fields.mapping(body, "LogConfig")
    simple: dict[str, Any] = {ours: fields.text(body, theirs) for theirs, ours in _TEXTS}
    simple |= {ours: fields.flag(body, theirs) for theirs, ours in _FLAGS}
    simple |= {ours: fields.texts(body, theirs) for theirs, ours in _LISTS}
    simple |= {ours: fields.text_mapping(body, theirs) for theirs, ours in _MAPPINGS}
    return HostSettings(
        **simple,
        mounts=tuple(mount_from_wire(entry, version=version) for entry in fields.objects(body, "Mounts")),
        log_driver=fields.text(log, "Type") or "json-file",
        log_options=fields.text_mapping(log, "Config"),
        network_mode=fields.text(body, "NetworkMode") or "default",
        links=fields.texts(body, "Links"),
        port_bindings=_port_bindings(body),
        restart_policy=restart_policy_from_wire(body),
        cgroupns_mode=fields.text(body, "CgroupnsMode") or "private",
        ipc_mode=fields.text(body, "IpcMode") or "private",
        oom_score_adj=fields.number(body, "OomScoreAdj"),
        shm_size=fields.number(body, "ShmSize") or DEFAULT_SHM_BYTES,
        init=None if body.get("Init") is None else fields.flag(body, "Init"),
        ulimits=fields.given_objects(body, "Ulimits", _ulimit),
        devices=fields.given_objects(body, "Devices", _device),
        console_size=fields.pair(body, "ConsoleSize"),
        limits=limits_from_wire(body),
    )


def _refuse_words(body: Body) -> None:
    """Raises for what belongs to other systems, or needs what is not there; Docker's words where it has some."""
    if fields.text(body, "Isolation") not in ("", "default"):
        raise InvalidParameter(f"Invalid isolation: \"{body['Isolation']}\" - linux only supports 'default'")
    if fields.text(body, "Runtime") not in _RUNTIMES:
        raise InvalidParameter(f"Unknown runtime specified {body['Runtime']}")
    for name, words in (("IOMaximumIOps", "IOPs"), ("IOMaximumBandwidth", "bandwidth")):
        if fields.number(body, name):
            raise InvalidParameter(f"Invalid QoS settings: linux does not support configuration of maximum {words}")
    for name in fields.text_mapping(body, "StorageOpt"):
        if name != "size":
            raise InvalidParameter(f"Unknown option {name}")
        words = "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"
        raise Unsupported(f"{words}; leave it out")
    for request in fields.objects(body, "DeviceRequests"):
        wanted = request.get("Capabilities") or []
        if not isinstance(wanted, list) or not all(isinstance(group, list) for group in wanted):
            raise InvalidParameter(f"Capabilities must be a list of lists of strings, not {wanted!r}")
        groups = " ".join(f"[{' '.join(map(str, group))}]" for group in wanted)
        raise Unsupported(
            f'could not select device driver "{fields.text(request, "Driver")}" with capabilities: [{groups}]; '
            "give single devices with --device"
        )


def restart_policy_from_wire(body: Body) -> RestartPolicy:
    policy = fields.mapping(body, "RestartPolicy")
    return RestartPolicy(fields.text(policy, "Name") or "no", fields.number(policy, "MaximumRetryCount"))


def _port_bindings(body: Body) -> dict[str, tuple[PortBinding, ...]]:
    found: dict[str, tuple[PortBinding, ...]] = {}
    wanted = fields.mapping(body, "PortBindings")
    for port in wanted:
        bindings = tuple(_binding(entry) for entry in fields.objects(wanted, port)) or (PortBinding(),)
        for single in single_ports(port):
            if single.endswith("/sctp"):
                raise Unsupported(f"cannot publish port {single}: only tcp and udp are supported")
            found[single] = bindings
    return found


def _binding(entry: Body) -> PortBinding:
    host_port = fields.text(entry, "HostPort")
    match = _HOST_PORT.fullmatch(host_port)
    if host_port and (match is None or not int(match[1]) <= int(match[2] or match[1]) < 65536):
        raise InvalidParameter(f'invalid port specification: "{host_port}"')
    return PortBinding(fields.text(entry, "HostIp"), "" if host_port == "0" else host_port)


def _ulimit(entry: Body) -> Ulimit:
    return Ulimit(fields.text(entry, "Name"), fields.number(entry, "Soft"), fields.number(entry, "Hard"))


def _device(entry: Body) -> DeviceRequest:
    return DeviceRequest(*(fields.text(entry, name) for name in ("PathOnHost", "PathInContainer", "CgroupPermissions")))


def host_settings_to_wire(host: HostSettings, *, version: tuple[int, int]) -> dict[str, Any]:
    """Write the HostConfig of inspect, `null` and `[]` as dockerd has them."""
    policy = host.restart_policy
    config: dict[str, Any] = {theirs: getattr(host, ours) for theirs, ours in (*_TEXTS, *_FLAGS)}
    config |= {theirs: _list(getattr(host, ours)) for theirs, ours in _LISTS if ours not in _PATHS}
    config |= {
        "LogConfig": {"Type": host.log_driver, "Config": dict(host.log_options)},
        "NetworkMode": "bridge" if host.network_mode == "default" and version >= (1, 44) else host.network_mode,
        "PortBindings": _port_bindings_to_wire(host.port_bindings),
        "RestartPolicy": {"Name": policy.name, "MaximumRetryCount": policy.maximum_retries},
        "CgroupnsMode": host.cgroupns_mode,
        "IpcMode": host.ipc_mode,
        "Cgroup": "",
        "Links": None,
        "OomScoreAdj": host.oom_score_adj,
        "ShmSize": host.shm_size,
        "Runtime": host.runtime or DEFAULT_RUNTIME,
        "ConsoleSize": list(host.console_size),
    }
    return config | _devices_to_wire(host) | limits_to_wire(host.limits, version) | _optional_to_wire(host, version)


def _port_bindings_to_wire(wanted: Mapping[str, tuple[PortBinding, ...]]) -> dict[str, Any]:
    return {
        port: [{"HostIp": binding.host_ip, "HostPort": binding.host_port} for binding in bindings]
        for port, bindings in wanted.items()
    }


def _devices_to_wire(host: HostSettings) -> dict[str, Any]:
    devices = (
        None
        if host.devices is None
        else [
            {"PathOnHost": d.path_on_host, "PathInContainer": d.path_in_container, "CgroupPermissions": d.permissions}
            for d in host.devices
        ]
    )
    ulimits = (
        None
        if host.ulimits is None
        else [{"Name": limit.name, "Hard": limit.hard, "Soft": limit.soft} for limit in host.ulimits]
    )
    return {"Devices": devices, "DeviceRequests": None, "Ulimits": ulimits}


def _optional_to_wire(host: HostSettings, version: tuple[int, int]) -> dict[str, Any]:
    masked = defaults.masked_paths() if host.masked_paths is None and not host.privileged else host.masked_paths
    read_only = (
        defaults.readonly_paths() if host.readonly_paths is None and not host.privileged else host.readonly_paths
    )
    config: dict[str, Any] = {"MaskedPaths": _list(masked), "ReadonlyPaths": _list(read_only)}
    if host.init is not None:
        config["Init"] = host.init
    optional = {
        "Mounts": [mount_to_wire(mount) for mount in host.mounts],
        "Tmpfs": dict(host.tmpfs),
        "Sysctls": dict(host.sysctls),
        "Annotations": dict(host.annotations) if version >= (1, 43) else {},
    }
    return config | {name: value for name, value in optional.items() if value}


def _list(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)
