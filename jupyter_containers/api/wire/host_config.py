"""Docker's HostConfig ↔ HostSettings. A field that we cannot keep is refused by name; none is passed over."""

from __future__ import annotations

import re
from typing import Any

from jupyter_containers.api.wire import fields
from jupyter_containers.api.wire.container_config import ports
from jupyter_containers.api.wire.fields import Body
from jupyter_containers.engine.containers.record import (
    DEFAULT_SHM_BYTES,
    DeviceRequest,
    HostSettings,
    Limits,
    MountRequest,
    PortBinding,
    RestartPolicy,
    Ulimit,
)
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.runtime import defaults

_UNSUPPORTED = (
    "BlkioWeightDevice", "BlkioDeviceReadBps", "BlkioDeviceWriteBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps",
    "CgroupParent", "Cgroup", "CpuCount", "CpuPercent", "CpuRealtimePeriod", "CpuRealtimeRuntime", "DeviceRequests",
    "IOMaximumBandwidth", "IOMaximumIOps", "KernelMemory", "KernelMemoryTCP", "Links", "StorageOpt",
    "ContainerIDFile",
)  # fmt: skip
# Fields of Limits that are plain numbers or texts, by Docker's name.
_LIMITS = (
    ("CpuShares", "cpu_shares"), ("Memory", "memory"), ("NanoCpus", "nano_cpus"), ("CpuPeriod", "cpu_period"),
    ("CpuQuota", "cpu_quota"), ("MemoryReservation", "memory_reservation"), ("MemorySwap", "memory_swap"),
    ("BlkioWeight", "blkio_weight"),
)  # fmt: skip
# Fields of HostSettings that read and write alike: texts, flags, lists that may be null, maps of strings.
_TEXTS = (
    ("VolumeDriver", "volume_driver"), ("PidMode", "pid_mode"), ("UTSMode", "uts_mode"),
    ("UsernsMode", "userns_mode"),
)  # fmt: skip
_FLAGS = (
    ("PublishAllPorts", "publish_all_ports"), ("AutoRemove", "auto_remove"), ("Privileged", "privileged"),
    ("ReadonlyRootfs", "read_only_root"),
)  # fmt: skip
_LISTS = (
    ("Binds", "binds"), ("VolumesFrom", "volumes_from"), ("CapAdd", "cap_add"), ("CapDrop", "cap_drop"),
    ("ExtraHosts", "extra_hosts"), ("GroupAdd", "group_add"), ("SecurityOpt", "security_options"),
    ("DeviceCgroupRules", "device_rules"), ("MaskedPaths", "masked_paths"), ("ReadonlyPaths", "readonly_paths"),
)  # fmt: skip
_MAPPINGS = (("Tmpfs", "tmpfs"), ("Sysctls", "sysctls"), ("Annotations", "annotations"))
# Lists whose null is told as what it stands for.
_PATHS = ("masked_paths", "readonly_paths")
_RUNTIMES = ("", "runc", "jupyter-containers", "io.containerd.runc.v2")
_HOST_PORT = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


def host_settings_from_wire(body: Body) -> HostSettings:
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
        mounts=tuple(_mount(entry) for entry in fields.objects(body, "Mounts")),
        log_driver=fields.text(log, "Type") or "json-file",
        log_options=fields.text_mapping(log, "Config"),
        network_mode=fields.text(body, "NetworkMode") or "default",
        port_bindings=_port_bindings(body),
        restart_policy=restart_policy_from_wire(body),
        cgroupns_mode=fields.text(body, "CgroupnsMode") or "private",
        ipc_mode=fields.text(body, "IpcMode") or "private",
        dns=fields.texts(body, "Dns") or (),
        dns_options=fields.texts(body, "DnsOptions") or (),
        dns_search=fields.texts(body, "DnsSearch") or (),
        oom_score_adj=fields.number(body, "OomScoreAdj"),
        shm_size=fields.number(body, "ShmSize") or DEFAULT_SHM_BYTES,
        init=None if body.get("Init") is None else fields.flag(body, "Init"),
        ulimits=tuple(_ulimit(entry) for entry in fields.objects(body, "Ulimits")),
        devices=tuple(_device(entry) for entry in fields.objects(body, "Devices")),
        console_size=fields.pair(body, "ConsoleSize"),
        limits=limits_from_wire(body),
    )


def _refuse_words(body: Body) -> None:
    if fields.text(body, "Isolation") not in ("", "default"):
        raise InvalidParameter(f"Invalid isolation: \"{body['Isolation']}\" - linux only supports 'default'")
    if fields.text(body, "Runtime") not in _RUNTIMES:
        raise InvalidParameter(f"Unknown runtime specified {body['Runtime']}")
    if fields.text(body, "VolumeDriver") not in ("", "local"):
        raise Unsupported(f"VolumeDriver {body['VolumeDriver']!r} is not supported: there is only local")


def limits_from_wire(body: Body) -> Limits:
    """Read the limits of a create or update request. Docker sends 0 for "not set"."""
    swappiness = fields.optional_number(body, "MemorySwappiness")
    return Limits(
        **{ours: fields.number(body, theirs) for theirs, ours in _LIMITS},
        memory_swappiness=None if swappiness == -1 else swappiness,
        oom_kill_disable=None if body.get("OomKillDisable") is None else fields.flag(body, "OomKillDisable"),
        cpuset_cpus=fields.text(body, "CpusetCpus"),
        cpuset_mems=fields.text(body, "CpusetMems"),
        pids_limit=fields.optional_number(body, "PidsLimit"),
    )


def restart_policy_from_wire(body: Body) -> RestartPolicy:
    policy = fields.mapping(body, "RestartPolicy")
    return RestartPolicy(fields.text(policy, "Name") or "no", fields.number(policy, "MaximumRetryCount"))


def _port_bindings(body: Body) -> dict[str, tuple[PortBinding, ...]]:
    found: dict[str, tuple[PortBinding, ...]] = {}
    wanted = fields.mapping(body, "PortBindings")
    for port in wanted:
        bindings = tuple(_binding(entry) for entry in fields.objects(wanted, port)) or (PortBinding(),)
        for single in ports(port):
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


def _mount(entry: Body) -> MountRequest:
    bind, volume = fields.mapping(entry, "BindOptions"), fields.mapping(entry, "VolumeOptions")
    tmpfs = fields.mapping(entry, "TmpfsOptions")
    fields.refuse(entry, ("ImageOptions", "ClusterOptions"))
    fields.refuse(volume, ("Subpath",))
    fields.refuse(tmpfs, ("Options",))
    fields.refuse(bind, ("ReadOnlyForceRecursive",))
    driver = fields.mapping(volume, "DriverConfig")
    if fields.text(driver, "Name") not in ("", "local") or driver.get("Options"):
        raise Unsupported(f"volume driver {driver!r} is not supported: there is only local, without options")
    return MountRequest(
        type=fields.text(entry, "Type"),
        target=fields.text(entry, "Target"),
        source=fields.text(entry, "Source"),
        read_only=fields.flag(entry, "ReadOnly"),
        propagation=fields.text(bind, "Propagation"),
        non_recursive=fields.flag(bind, "NonRecursive"),
        create_source=fields.flag(bind, "CreateMountpoint"),
        no_copy=fields.flag(volume, "NoCopy"),
        volume_labels=fields.text_mapping(volume, "Labels"),
        tmpfs_size=fields.number(tmpfs, "SizeBytes"),
        tmpfs_mode=fields.number(tmpfs, "Mode"),
    )


def _ulimit(entry: Body) -> Ulimit:
    return Ulimit(fields.text(entry, "Name"), fields.number(entry, "Soft"), fields.number(entry, "Hard"))


def _device(entry: Body) -> DeviceRequest:
    path = fields.text(entry, "PathOnHost")
    inside = fields.text(entry, "PathInContainer") or path
    return DeviceRequest(path, inside, fields.text(entry, "CgroupPermissions") or "rwm")


def host_settings_to_wire(host: HostSettings, *, version: tuple[int, int]) -> dict[str, Any]:
    """Write the HostConfig of inspect, `null` and `[]` as dockerd has them."""
    policy = host.restart_policy
    config: dict[str, Any] = {theirs: getattr(host, ours) for theirs, ours in (*_TEXTS, *_FLAGS)}
    config |= {theirs: _list(getattr(host, ours)) for theirs, ours in _LISTS if ours not in _PATHS}
    config |= {
        "ContainerIDFile": "",
        "LogConfig": {"Type": host.log_driver, "Config": dict(host.log_options)},
        "NetworkMode": "bridge" if host.network_mode == "default" and version >= (1, 44) else host.network_mode,
        "PortBindings": {
            port: [{"HostIp": binding.host_ip, "HostPort": binding.host_port} for binding in bindings]
            for port, bindings in host.port_bindings.items()
        },
        "RestartPolicy": {"Name": policy.name, "MaximumRetryCount": policy.maximum_retries},
        "CgroupnsMode": host.cgroupns_mode,
        "Dns": list(host.dns),
        "DnsOptions": list(host.dns_options),
        "DnsSearch": list(host.dns_search),
        "IpcMode": host.ipc_mode,
        "Cgroup": "",
        "Links": None,
        "OomScoreAdj": host.oom_score_adj,
        "ShmSize": host.shm_size,
        "Runtime": "runc",
        "ConsoleSize": list(host.console_size),
        "Isolation": "",
    }
    return config | _limits_to_wire(host) | _optional_to_wire(host, version)


def _limits_to_wire(host: HostSettings) -> dict[str, Any]:
    limits = host.limits
    return {theirs: getattr(limits, ours) for theirs, ours in _LIMITS} | {
        "CgroupParent": "",
        "BlkioWeightDevice": [],
        "BlkioDeviceReadBps": [],
        "BlkioDeviceWriteBps": [],
        "BlkioDeviceReadIOps": [],
        "BlkioDeviceWriteIOps": [],
        "CpuRealtimePeriod": 0,
        "CpuRealtimeRuntime": 0,
        "CpusetCpus": limits.cpuset_cpus,
        "CpusetMems": limits.cpuset_mems,
        "Devices": [
            {"PathOnHost": d.path_on_host, "PathInContainer": d.path_in_container, "CgroupPermissions": d.permissions}
            for d in host.devices
        ],
        "DeviceCgroupRules": _list(host.device_rules),
        "DeviceRequests": None,
        "MemorySwappiness": limits.memory_swappiness,
        "OomKillDisable": bool(limits.oom_kill_disable),
        "PidsLimit": limits.pids_limit or None,
        "Ulimits": [{"Name": limit.name, "Hard": limit.hard, "Soft": limit.soft} for limit in host.ulimits],
        "CpuCount": 0,
        "CpuPercent": 0,
        "IOMaximumIOps": 0,
        "IOMaximumBandwidth": 0,
    }


def _optional_to_wire(host: HostSettings, version: tuple[int, int]) -> dict[str, Any]:
    masked = defaults.masked_paths() if host.masked_paths is None and not host.privileged else host.masked_paths
    read_only = (
        defaults.readonly_paths() if host.readonly_paths is None and not host.privileged else host.readonly_paths
    )
    config: dict[str, Any] = {"MaskedPaths": _list(masked), "ReadonlyPaths": _list(read_only)}
    if version < (1, 42):
        config |= {"KernelMemory": 0, "KernelMemoryTCP": 0}
    if host.init is not None:
        config["Init"] = host.init
    optional = {
        "Mounts": [_mount_to_wire(mount) for mount in host.mounts],
        "Tmpfs": dict(host.tmpfs),
        "Sysctls": dict(host.sysctls),
        "Annotations": dict(host.annotations) if version >= (1, 43) else {},
    }
    return config | {name: value for name, value in optional.items() if value}


def _mount_to_wire(mount: MountRequest) -> dict[str, Any]:
    entry: dict[str, Any] = {"Type": mount.type, "Source": mount.source, "Target": mount.target}
    if not mount.source:
        del entry["Source"]
    if mount.read_only:
        entry["ReadOnly"] = True
    bind = {
        "Propagation": mount.propagation, "NonRecursive": mount.non_recursive, "CreateMountpoint": mount.create_source,
    }  # fmt: skip
    volume = {"NoCopy": mount.no_copy, "Labels": dict(mount.volume_labels)}
    tmpfs = {"SizeBytes": mount.tmpfs_size, "Mode": mount.tmpfs_mode}
    for name, options in (("BindOptions", bind), ("VolumeOptions", volume), ("TmpfsOptions", tmpfs)):
        kept = {key: value for key, value in options.items() if value}
        if kept:
            entry[name] = kept
    return entry


def _list(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)
