"""The container's record: what was asked for, and what became of it, as frozen values in our own words.

`Settings` is what would be the same on another host, `HostSettings` what the container may have of this one, `Limits`
the numbers of its cgroup, `State` its life. A record goes to the database as JSON (record_json.py) and never holds a
live object. Times are nanoseconds since the epoch, 0 for never; sizes are bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from jupyter_containers.errors import Conflict
from jupyter_containers.oci.image_config import Healthcheck

DEFAULT_SHM_BYTES = 64 * 1024 * 1024
DEFAULT_STOP_SECONDS = 10


class Status(StrEnum):
    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


# A restarting container may be started, stopped or removed; a dead one (its removal failed) only removed.
ALLOWED: Mapping[Status, frozenset[Status]] = {
    Status.CREATED: frozenset({Status.CREATED, Status.RUNNING, Status.REMOVING, Status.EXITED}),
    Status.RUNNING: frozenset({Status.PAUSED, Status.EXITED, Status.RESTARTING}),
    Status.PAUSED: frozenset({Status.RUNNING, Status.EXITED, Status.RESTARTING}),
    Status.RESTARTING: frozenset({Status.RUNNING, Status.EXITED, Status.RESTARTING, Status.REMOVING}),
    Status.EXITED: frozenset({Status.RUNNING, Status.REMOVING, Status.EXITED, Status.RESTARTING}),
    Status.REMOVING: frozenset({Status.DEAD, Status.REMOVING}),
    Status.DEAD: frozenset({Status.REMOVING}),
}


def advance(current: Status, wanted: Status) -> Status:
    """Return `wanted`. Raises Conflict when a container does not go there from `current`."""
    if wanted not in ALLOWED[current]:
        raise Conflict(f"a container cannot go from {current} to {wanted}")
    return wanted


@dataclass(frozen=True, slots=True)
class State:
    """Where a container is in its life. `pid` is the host's number, 0 when nothing runs."""

    status: Status = Status.CREATED
    pid: int = 0
    exit_code: int = 0
    error: str = ""
    oom_killed: bool = False
    started_at: int = 0
    finished_at: int = 0
    # Somebody asked for the end: the restart policy rests until the next start.
    stopped_by_user: bool = False
    # Of one that is being removed: its volumes without a name go, too. For a daemon that has to finish it.
    removes_volumes: bool = False
    # Frozen for a commit, not by a person: a daemon that finds it so lets it go on.
    rests_for_commit: bool = False

    @property
    def is_running(self) -> bool:
        return self.status in (Status.RUNNING, Status.PAUSED)


class HealthStatus(StrEnum):
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One run of a health check. Exit code -1 when it was killed or could not be run."""

    started_at: int
    ended_at: int
    exit_code: int
    output: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """What the last probes made of a container."""

    status: HealthStatus = HealthStatus.STARTING
    failing_streak: int = 0
    results: tuple[ProbeResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """What runs, as merged from the request and the image. `image` is the reference as it was asked for."""

    image: str = ""
    hostname: str = ""
    domainname: str = ""
    user: str = ""
    attach_stdin: bool = False
    attach_stdout: bool = False
    attach_stderr: bool = False
    exposed_ports: tuple[str, ...] = ()
    tty: bool = False
    open_stdin: bool = False
    stdin_once: bool = False
    env: tuple[str, ...] = ()
    cmd: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    volumes: tuple[str, ...] = ()
    working_dir: str = ""
    network_disabled: bool = False
    mac_address: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    stop_signal: str = ""
    stop_timeout_seconds: int | None = None
    shell: tuple[str, ...] = ()
    healthcheck: Healthcheck | None = None
    # For images made of the container.
    on_build: tuple[str, ...] | None = None
    args_escaped: bool = False

    @property
    def args(self) -> tuple[str, ...]:
        return (*(self.entrypoint or ()), *(self.cmd or ()))


@dataclass(frozen=True, slots=True)
class DeviceRate:
    """A disk of this host by its path, and its weight (10 to 1000), bytes or operations each second; 0 is no limit."""

    path: str
    rate: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers of the container's cgroup; 0 or empty is "not set", as people type it."""

    memory: int = 0
    memory_reservation: int = 0
    memory_swap: int = 0  # memory and swap together; -1 unlimited
    memory_swappiness: int | None = None
    oom_kill_disable: bool | None = None
    nano_cpus: int = 0  # billionths of a CPU
    cpu_shares: int = 0
    cpu_period: int = 0  # microseconds
    cpu_quota: int = 0  # microseconds per period
    cpuset_cpus: str = ""
    cpuset_mems: str = ""
    pids_limit: int | None = None
    blkio_weight: int = 0
    blkio_weight_devices: tuple[DeviceRate, ...] | None = None
    blkio_read_bps: tuple[DeviceRate, ...] | None = None
    blkio_write_bps: tuple[DeviceRate, ...] | None = None
    blkio_read_iops: tuple[DeviceRate, ...] | None = None
    blkio_write_iops: tuple[DeviceRate, ...] | None = None
    # Never kept: no kernel of today, or no Linux, has them, which is told in a warning.
    kernel_memory: int = 0
    kernel_memory_tcp: int = 0
    cpu_percent: int = 0

    @property
    def has_swappiness(self) -> bool:
        """Tell whether one was asked for: 0 is a wish, too."""
        return self.memory_swappiness is not None


@dataclass(frozen=True, slots=True)
class Ulimit:
    name: str
    soft: int
    hard: int


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """A device of the host given to the container: empty is the same path, and all of the letters rwm."""

    path_on_host: str
    path_in_container: str = ""
    permissions: str = ""


@dataclass(frozen=True, slots=True)
class MountRequest:
    """A `--mount` as asked for. `read_only_recursion`: "" both, "top" only the mount itself, "all" all or nothing.

    `tmpfs_options` are [name] or [name, value] each.
    """

    type: str
    target: str
    source: str = ""
    read_only: bool = False
    propagation: str = ""
    non_recursive: bool = False
    create_source: bool = False
    no_copy: bool = False
    volume_labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    tmpfs_size: int = 0
    tmpfs_mode: int = 0
    tmpfs_options: tuple[tuple[str, ...], ...] = ()
    consistency: str = ""
    read_only_recursion: str = ""
    subpath: str = ""
    volume_driver: str = ""
    volume_options: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class PortBinding:
    """Where a container's port is published: an address and port of the host; empty means any, chosen by us."""

    host_ip: str = ""
    host_port: str = ""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """`name`: no, always, unless-stopped, on-failure; `maximum_retries` 0 is without end."""

    name: str = "no"
    maximum_retries: int = 0


@dataclass(frozen=True, slots=True)
class AddressWish:
    """Addresses of a container on one network, as asked for; empty is chosen."""

    ipv4: str = ""
    ipv6: str = ""
    link_local: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """A container's place on one network, as asked for. None where "not said" is told apart from "none".

    `links` are `container:alias`; the default route leads over the network of the highest `gateway_priority`.
    `network_id` is written once the network was found: a later one of the same name is another.
    """

    addresses: AddressWish | None = None
    links: tuple[str, ...] | None = None
    aliases: tuple[str, ...] | None = None
    mac_address: str = ""
    driver_options: Mapping[str, str] | None = field(default=None, hash=False)
    gateway_priority: int = 0
    network_id: str = ""


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What the container may have of this host. None where "not said" is told apart from "none"."""

    binds: tuple[str, ...] | None = None
    mounts: tuple[MountRequest, ...] = ()
    tmpfs: Mapping[str, str] = field(default_factory=dict, hash=False)
    volumes_from: tuple[str, ...] | None = None
    volume_driver: str = ""
    log_driver: str = "json-file"
    log_options: Mapping[str, str] = field(default_factory=dict, hash=False)
    network_mode: str = "default"
    # Of the default bridge, as `container:alias`; those of other networks are in their endpoints.
    links: tuple[str, ...] | None = None
    port_bindings: Mapping[str, tuple[PortBinding, ...]] = field(default_factory=dict, hash=False)
    publish_all_ports: bool = False
    restart_policy: RestartPolicy = RestartPolicy()
    auto_remove: bool = False
    cap_add: tuple[str, ...] | None = None
    cap_drop: tuple[str, ...] | None = None
    cgroupns_mode: str = "private"
    ipc_mode: str = "private"
    pid_mode: str = ""
    uts_mode: str = ""
    userns_mode: str = ""
    dns: tuple[str, ...] | None = None
    dns_options: tuple[str, ...] | None = None
    dns_search: tuple[str, ...] | None = None
    extra_hosts: tuple[str, ...] | None = None
    group_add: tuple[str, ...] | None = None
    oom_score_adj: int = 0
    privileged: bool = False
    read_only_root: bool = False
    security_options: tuple[str, ...] | None = None
    shm_size: int = DEFAULT_SHM_BYTES
    sysctls: Mapping[str, str] = field(default_factory=dict, hash=False)
    init: bool | None = None
    ulimits: tuple[Ulimit, ...] | None = None
    devices: tuple[DeviceRequest, ...] | None = None
    device_rules: tuple[str, ...] | None = None
    console_size: tuple[int, int] = (0, 0)
    masked_paths: tuple[str, ...] | None = None
    readonly_paths: tuple[str, ...] | None = None
    # Where its cgroup is; empty is below ours.
    cgroup_parent: str = ""
    # What was asked for by name, and makes no difference: there is one runtime and one isolation here.
    runtime: str = ""
    isolation: str = ""
    # Where the client keeps the id.
    id_file: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class ExecSettings:
    """One more process of a running container, as asked for; empty means "as the container's first"."""

    args: tuple[str, ...]
    env: tuple[str, ...] = ()
    user: str = ""
    working_dir: str = ""
    tty: bool = False
    attach_stdin: bool = False
    attach_stdout: bool = False
    attach_stderr: bool = False
    privileged: bool = False
    detach_keys: str = ""
    console_size: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class MountPoint:
    """A mount as it will be made: type bind, volume or tmpfs; `source` is a directory or file of the host."""

    type: str
    destination: str
    source: str = ""
    name: str = ""
    read_only: bool = False
    mode: str = ""
    propagation: str = ""
    non_recursive: bool = False
    no_copy: bool = False
    # Nobody chose the volume's name: it goes with `docker rm -v` and with `--rm`.
    anonymous: bool = False
    tmpfs_options: str = ""
    # Read-only itself, but not what is mounted below it.
    read_only_top: bool = False
    # The part of the volume that is shown, resolved inside it when it is mounted.
    subpath: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One container as the database keeps it. `image_id` is the digest of the config it was made from."""

    id: str
    name: str
    created_at: int
    image_id: str
    # The committed snapshot that the container's own one stands on; empty for an image without layers.
    snapshot: str = ""
    settings: Settings = Settings()
    host: HostSettings = HostSettings()
    mount_points: tuple[MountPoint, ...] = ()
    state: State = State()
    restart_count: int = 0
    # None before the first start of a container with a health check.
    health: Health | None = None
    # By the network's name; None for what the network mode alone says.
    endpoints: Mapping[str, EndpointSettings] | None = field(default=None, hash=False)
    # The attachments of the running container, by the network's name, in the network room's own JSON.
    attachments: Mapping[str, Mapping[str, object]] = field(default_factory=dict, hash=False)

    @property
    def short_id(self) -> str:
        return self.id[:12]

    @property
    def snapshot_key(self) -> str:
        return f"container:{self.id}"
