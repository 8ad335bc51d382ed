"""The part of the OCI runtime spec that we use, as frozen values, and its JSON both ways.

`Spec.to_json()` is valid against the OCI schema; what the spec has no field for travels in annotations (ours begin
with `jupyter-containers.`). Source: OCI runtime-spec, config.md and config-linux.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from jupyter_containers.oci.block_rates import NO_RATES, BlockRates, block_rates_from_json, block_rates_to_json

VERSION = "1.2.0"

# "true": PID 1 is our own small init, which forwards signals to the process and reaps orphans (docker run --init).
ANNOTATION_INIT = "jupyter-containers.init"
# "calls": whoever makes the container records each call to the kernel, with arguments and result (runtime/trace.py).
ANNOTATION_TRACE = "jupyter-containers.trace"
# A word of our own among a bind's options: show only this part of the source, looked up inside it when it is mounted.
OPTION_SUBPATH = "x-subpath="


@dataclass(frozen=True, slots=True)
class User:
    """Who the process runs as.

    `username` is Docker's `user[:group]`, names or numbers; the runtime looks it up in the container's own
    /etc/passwd and /etc/group after the root has changed. When it is set, uid, gid and additional_gids only add:
    additional_gids are kept (docker run --group-add), uid and gid are ignored.
    """

    uid: int = 0
    gid: int = 0
    additional_gids: tuple[int, ...] = ()
    username: str | None = None
    # Groups by name or number (docker run --group-add), looked up like `username`. Ours: in JSON as an annotation-like
    # extra key, which the schema allows.
    additional_groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The five sets, by name with the CAP_ prefix."""

    bounding: tuple[str, ...] = ()
    effective: tuple[str, ...] = ()
    permitted: tuple[str, ...] = ()
    inheritable: tuple[str, ...] = ()
    ambient: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rlimit:
    """`type` is RLIMIT_…; soft and hard in the kernel's unit, 2**64-1 for no limit."""

    type: str
    soft: int
    hard: int


@dataclass(frozen=True, slots=True)
class Process:
    args: tuple[str, ...]
    env: tuple[str, ...] = ()
    cwd: str = "/"
    user: User = User()
    terminal: bool = False
    console_size: tuple[int, int] | None = None  # height, width in characters
    capabilities: Capabilities = Capabilities()
    rlimits: tuple[Rlimit, ...] = ()
    no_new_privileges: bool = False
    oom_score_adj: int | None = None


@dataclass(frozen=True, slots=True)
class Root:
    path: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount; `options` are the words of mount(8): flags become MS_ flags, the rest is the file system's string.

    A bind has type "bind" and `bind` or `rbind` among its options.
    """

    destination: str
    type: str
    source: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace to make (path None) or to join. type: pid network mount ipc uts user cgroup."""

    type: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class IdMap:
    container_id: int
    host_id: int
    size: int


@dataclass(frozen=True, slots=True)
class Device:
    """A device node to make in the container: type c, b or p."""

    path: str
    type: str
    major: int
    minor: int
    file_mode: int = 0o666
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True, slots=True)
class DeviceRule:
    """One line of the device cgroup; type a, c or b; None is a wildcard; access of the letters rwm."""

    allow: bool
    type: str = "a"
    major: int | None = None
    minor: int | None = None
    access: str = "rwm"


@dataclass(frozen=True, slots=True)
class Resources:
    """Limits; None is no limit set. Bytes, microseconds and counts as the kernel's files take them."""

    memory_limit: int | None = None
    memory_reservation: int | None = None
    memory_swap: int | None = None  # memory + swap together as in Docker and cgroup v1; -1 unlimited
    memory_swappiness: int | None = None
    oom_kill_disable: bool = False
    cpu_shares: int | None = None
    cpu_quota: int | None = None
    cpu_period: int | None = None
    cpuset_cpus: str | None = None
    cpuset_mems: str | None = None
    pids_limit: int | None = None  # -1 unlimited
    blkio_weight: int | None = None
    block_rates: BlockRates = NO_RATES
    devices: tuple[DeviceRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Linux:
    namespaces: tuple[Namespace, ...] = ()
    uid_mappings: tuple[IdMap, ...] = ()
    gid_mappings: tuple[IdMap, ...] = ()
    devices: tuple[Device, ...] = ()
    cgroups_path: str | None = None
    resources: Resources = Resources()
    rootfs_propagation: str | None = None
    # A profile in the OCI form, {"defaultAction", "architectures", "syscalls", …}; None means no filter.
    seccomp: Mapping[str, Any] | None = field(default=None, hash=False)
    masked_paths: tuple[str, ...] = ()
    readonly_paths: tuple[str, ...] = ()
    sysctl: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Spec:
    """What the runtime is to do. `rootfs`: the mounts that make root.path, bottom first (containerd's task mounts).

    A rootfs mount with destination "/" is made at root.path. Any other destination is a directory of the host where
    that mount is made first (in the container's own mount namespace), because a later one uses it as a lower
    directory: overlayfs refuses a lower directory that lies inside another one (ELOOP), so "/" of the host comes in
    through an overlay of its own.
    """

    process: Process
    root: Root
    hostname: str = ""
    domainname: str = ""
    mounts: tuple[Mount, ...] = ()
    linux: Linux = Linux()
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)
    rootfs: tuple[Mount, ...] = ()

    @property
    def own_namespaces(self) -> tuple[str, ...]:
        """The types of the namespaces that are made for this container; it joins those of the other entries."""
        return tuple(entry.type for entry in self.linux.namespaces if not entry.path)

    def to_json(self) -> dict[str, Any]:
        return {
            "ociVersion": VERSION,
            "process": process_to_json(self.process),
            "root": {"path": self.root.path, "readonly": self.root.read_only},
            "hostname": self.hostname,
            "domainname": self.domainname,
            "mounts": [_mount_json(mount) for mount in self.mounts],
            "linux": _linux_json(self.linux),
            "annotations": dict(self.annotations),
            "rootfs": [_mount_json(mount) for mount in self.rootfs],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        root = data.get("root") or {}
        return cls(
            process=process_from_json(data["process"]),
            root=Root(root.get("path", "rootfs"), bool(root.get("readonly"))),
            hostname=data.get("hostname", ""),
            domainname=data.get("domainname", ""),
            mounts=tuple(_mount(mount) for mount in data.get("mounts") or ()),
            linux=_linux(data.get("linux") or {}),
            annotations=dict(data.get("annotations") or {}),
            rootfs=tuple(_mount(mount) for mount in data.get("rootfs") or ()),
        )


def process_to_json(process: Process) -> dict[str, Any]:
    """Write the `process` object; also the body of an exec."""
    user: dict[str, Any] = {"uid": process.user.uid, "gid": process.user.gid}
    user["additionalGids"] = list(process.user.additional_gids)
    if process.user.username is not None:
        user["username"] = process.user.username
    if process.user.additional_groups:
        user["additionalGroups"] = list(process.user.additional_groups)
    sets = process.capabilities
    data: dict[str, Any] = {
        "args": list(process.args),
        "env": list(process.env),
        "cwd": process.cwd,
        "user": user,
        "terminal": process.terminal,
        "capabilities": {name: list(getattr(sets, name)) for name in Capabilities.__slots__},
        "rlimits": [{"type": limit.type, "soft": limit.soft, "hard": limit.hard} for limit in process.rlimits],
        "noNewPrivileges": process.no_new_privileges,
    }
    if process.console_size is not None:
        data["consoleSize"] = {"height": process.console_size[0], "width": process.console_size[1]}
    if process.oom_score_adj is not None:
        data["oomScoreAdj"] = process.oom_score_adj
    return data


def process_from_json(data: Mapping[str, Any]) -> Process:
    """Read the `process` object of a spec or of an exec."""
    user, size, sets = data.get("user") or {}, data.get("consoleSize"), data.get("capabilities") or {}
    return Process(
        args=tuple(data["args"]),
        env=tuple(data.get("env") or ()),
        cwd=data.get("cwd") or "/",
        user=User(
            user.get("uid", 0),
            user.get("gid", 0),
            tuple(user.get("additionalGids") or ()),
            user.get("username"),
            tuple(user.get("additionalGroups") or ()),
        ),
        terminal=bool(data.get("terminal")),
        console_size=(size["height"], size["width"]) if size else None,
        capabilities=Capabilities(**{name: tuple(sets.get(name) or ()) for name in Capabilities.__slots__}),
        rlimits=tuple(Rlimit(limit["type"], limit["soft"], limit["hard"]) for limit in data.get("rlimits") or ()),
        no_new_privileges=bool(data.get("noNewPrivileges")),
        oom_score_adj=data.get("oomScoreAdj"),
    )


def _mount_json(mount: Mount) -> dict[str, Any]:
    return {
        "destination": mount.destination, "type": mount.type, "source": mount.source, "options": list(mount.options),
    }  # fmt: skip


def _mount(data: Mapping[str, Any]) -> Mount:
    return Mount(data["destination"], data.get("type", ""), data.get("source", ""), tuple(data.get("options") or ()))


def _linux_json(linux: Linux) -> dict[str, Any]:
    data: dict[str, Any] = {
        "namespaces": [{"type": n.type, "path": n.path} if n.path else {"type": n.type} for n in linux.namespaces],
        "uidMappings": [_id_map_json(entry) for entry in linux.uid_mappings],
        "gidMappings": [_id_map_json(entry) for entry in linux.gid_mappings],
        "devices": [_device_json(device) for device in linux.devices],
        "resources": resources_to_json(linux.resources),
        "maskedPaths": list(linux.masked_paths),
        "readonlyPaths": list(linux.readonly_paths),
        "sysctl": dict(linux.sysctl),
    }
    if linux.cgroups_path is not None:
        data["cgroupsPath"] = linux.cgroups_path
    if linux.rootfs_propagation is not None:
        data["rootfsPropagation"] = linux.rootfs_propagation
    if linux.seccomp is not None:
        data["seccomp"] = linux.seccomp
    return data


def _linux(data: Mapping[str, Any]) -> Linux:
    return Linux(
        namespaces=tuple(Namespace(n["type"], n.get("path")) for n in data.get("namespaces") or ()),
        uid_mappings=tuple(_id_map(entry) for entry in data.get("uidMappings") or ()),
        gid_mappings=tuple(_id_map(entry) for entry in data.get("gidMappings") or ()),
        devices=tuple(_device(device) for device in data.get("devices") or ()),
        cgroups_path=data.get("cgroupsPath"),
        resources=resources_from_json(data.get("resources") or {}),
        rootfs_propagation=data.get("rootfsPropagation"),
        seccomp=data.get("seccomp"),
        masked_paths=tuple(data.get("maskedPaths") or ()),
        readonly_paths=tuple(data.get("readonlyPaths") or ()),
        sysctl=dict(data.get("sysctl") or {}),
    )


def _id_map_json(entry: IdMap) -> dict[str, int]:
    return {"containerID": entry.container_id, "hostID": entry.host_id, "size": entry.size}


def _id_map(data: Mapping[str, Any]) -> IdMap:
    return IdMap(data["containerID"], data["hostID"], data["size"])


def _device_json(device: Device) -> dict[str, Any]:
    return {
        "path": device.path, "type": device.type, "major": device.major, "minor": device.minor,
        "fileMode": device.file_mode, "uid": device.uid, "gid": device.gid,
    }  # fmt: skip


def _device(data: Mapping[str, Any]) -> Device:
    return Device(
        data["path"], data["type"], data["major"], data["minor"],
        data.get("fileMode", 0o666), data.get("uid", 0), data.get("gid", 0),
    )  # fmt: skip


# Where a Resources field stands in the spec's JSON.
_RESOURCE_PLACES = {
    "memory_limit": ("memory", "limit"), "memory_reservation": ("memory", "reservation"),
    "memory_swap": ("memory", "swap"), "memory_swappiness": ("memory", "swappiness"),
    "oom_kill_disable": ("memory", "disableOOMKiller"), "cpu_shares": ("cpu", "shares"),
    "cpu_quota": ("cpu", "quota"), "cpu_period": ("cpu", "period"), "cpuset_cpus": ("cpu", "cpus"),
    "cpuset_mems": ("cpu", "mems"), "pids_limit": ("pids", "limit"), "blkio_weight": ("blockIO", "weight"),
}  # fmt: skip


def resources_to_json(resources: Resources) -> dict[str, Any]:
    """Write the `linux.resources` object; fields that are None or False are left out."""
    data: dict[str, Any] = {"devices": [_rule_json(rule) for rule in resources.devices]}
    for name, (group, key) in _RESOURCE_PLACES.items():
        value = getattr(resources, name)
        if value is not None and value is not False:
            data.setdefault(group, {})[key] = value
    if block := block_rates_to_json(resources.block_rates):
        data.setdefault("blockIO", {}).update(block)
    return data


def resources_from_json(data: Mapping[str, Any]) -> Resources:
    """Read the `linux.resources` object."""
    values: dict[str, Any] = {
        name: data[group][key] for name, (group, key) in _RESOURCE_PLACES.items() if key in (data.get(group) or {})
    }
    rates = block_rates_from_json(data.get("blockIO") or {})
    devices = tuple(_rule(rule) for rule in data.get("devices") or ())
    return Resources(**values, block_rates=rates, devices=devices)


def _rule_json(rule: DeviceRule) -> dict[str, Any]:
    data: dict[str, Any] = {"allow": rule.allow, "type": rule.type, "access": rule.access}
    data |= {key: value for key, value in (("major", rule.major), ("minor", rule.minor)) if value is not None}
    return data


def _rule(data: Mapping[str, Any]) -> DeviceRule:
    kind, access = data.get("type") or "a", data.get("access") or "rwm"
    return DeviceRule(bool(data.get("allow")), kind, data.get("major"), data.get("minor"), access)
