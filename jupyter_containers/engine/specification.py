"""Container + image + facts about this host → runtime spec. Pure: nothing here is read from the host.

What the host knows (mounts of the root, joined namespaces, device numbers) comes in as `Facts`; the rest is in the
record. Defaults are those of runtime.defaults; this file says what each wish adds or takes away.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jupyter_containers.engine.containers.capabilities import resolve_capabilities
from jupyter_containers.engine.containers.merge import replace_env
from jupyter_containers.engine.containers.record import (
    ExecSettings,
    HostSettings,
    Limits,
    MountPoint,
    Record,
    Ulimit,
)
from jupyter_containers.engine.containers.security import Security, parse_security
from jupyter_containers.engine.environment import CGROUP_PARENT
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.block_rates import NO_RATES, BlockRates
from jupyter_containers.oci.runtime_spec import (
    ANNOTATION_INIT,
    OPTION_SUBPATH,
    Capabilities,
    Device,
    DeviceRule,
    Linux,
    Mount,
    Namespace,
    Process,
    Resources,
    Rlimit,
    Root,
    Spec,
    User,
)
from jupyter_containers.runtime import defaults

DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
UNLIMITED = 2**64 - 1
CPU_PERIOD_US = 100_000
# Since 20.10 dockerd lets any user of a container bind low ports and ping, as long as the network is its own.
_NETWORK_SYSCTLS = {"net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647"}
_RLIMITS = frozenset({
    "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
    "rttime", "sigpending", "stack",
})  # fmt: skip
_TMPFS_OPTIONS = ("noexec", "nosuid", "nodev")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the host knows of this container.

    `rootfs` is the snapshot's answer; `files_path` has hostname, hosts and resolv.conf; `joined` maps a namespace's
    type to the path of another container's; `devices` are those asked for, resolved (all of the host's when
    privileged); `known_capabilities` are the kernel's names, `granted_capabilities` those
    the daemon has itself.
    """

    rootfs: tuple[Mount, ...]
    files_path: Path
    hostname: str = ""
    joined: Mapping[str, str] = field(default_factory=dict)
    devices: tuple[Device, ...] = ()
    device_rules: tuple[DeviceRule, ...] = ()
    block_rates: BlockRates = NO_RATES
    link_environment: tuple[str, ...] = ()
    known_capabilities: tuple[str, ...] = ()
    granted_capabilities: tuple[str, ...] = ()


def specification(record: Record, facts: Facts) -> Spec:
    """Return what the runtime is to do. Raises InvalidParameter for wishes that contradict themselves."""
    settings, host = record.settings, record.host
    security = parse_security(host.security_options)
    annotations = dict(host.annotations)
    if host.init:
        annotations[ANNOTATION_INIT] = "true"
    return Spec(
        process=Process(
            args=settings.args,
            env=environment(record, facts, terminal=settings.tty),
            cwd=settings.working_dir or "/",
            user=User(username=settings.user or None, additional_groups=tuple(host.group_add or ())),
            terminal=settings.tty,
            console_size=host.console_size if settings.tty and any(host.console_size) else None,
            capabilities=capabilities(host, facts.known_capabilities, facts.granted_capabilities),
            rlimits=tuple(rlimit(limit) for limit in host.ulimits or ()),
            no_new_privileges=security.no_new_privileges,
            oom_score_adj=host.oom_score_adj,
        ),
        root=Root("rootfs", read_only=host.read_only_root),
        hostname="" if host.uts_mode == "host" else facts.hostname,
        domainname="" if host.uts_mode == "host" else settings.domainname,
        mounts=mounts(record, facts),
        linux=_linux(record, facts, security),
        annotations=annotations,
        rootfs=facts.rootfs,
    )


def environment(record: Record, facts: Facts, *, terminal: bool) -> tuple[str, ...]:
    """Return the variables of a process: Docker's own, overridden by the container's. HOME is the runtime's to add."""
    base = [DEFAULT_PATH, f"HOSTNAME={facts.hostname}"]
    if terminal:
        base.append("TERM=xterm")
    base += facts.link_environment
    return replace_env(tuple(base), record.settings.env)


def exec_process(record: Record, wish: ExecSettings, facts: Facts) -> Process:
    """Return one more process of a container: as its first one, but for what is asked."""
    settings, host = record.settings, record.host
    # With a user of its own it has that user's groups; the container's --group-add is for both.
    host = replace(host, privileged=host.privileged or wish.privileged)
    return Process(
        args=wish.args,
        env=replace_env(environment(record, facts, terminal=wish.tty), wish.env),
        cwd=wish.working_dir or settings.working_dir or "/",
        user=User(username=wish.user or settings.user or None, additional_groups=tuple(host.group_add or ())),
        terminal=wish.tty,
        console_size=wish.console_size if wish.tty and any(wish.console_size) else None,
        capabilities=capabilities(host, facts.known_capabilities, facts.granted_capabilities),
        rlimits=tuple(rlimit(limit) for limit in host.ulimits or ()),
        no_new_privileges=parse_security(host.security_options).no_new_privileges,
        oom_score_adj=host.oom_score_adj,
    )


def capabilities(host: HostSettings, known: Sequence[str], granted: Sequence[str]) -> Capabilities:
    """Return the five sets of a container's processes."""
    names = resolve_capabilities(
        host.cap_add or (),
        host.cap_drop or (),
        known,
        defaults.default_capabilities(),
        granted=granted,
        privileged=host.privileged,
    )
    return defaults.capability_sets(names)


def rlimit(limit: Ulimit) -> Rlimit:
    """Return a ulimit as the kernel names it; -1 is no limit."""
    if limit.name not in _RLIMITS:
        raise InvalidParameter(f"invalid ulimit type: {limit.name}")
    soft, hard = (UNLIMITED if value == -1 else value for value in (limit.soft, limit.hard))
    return Rlimit(f"RLIMIT_{limit.name.upper()}", soft, hard)


def resources(
    limits: Limits,
    rates: BlockRates = NO_RATES,
    devices: tuple[DeviceRule, ...] = (),
) -> Resources:
    """Return the limits as the kernel takes them: billionths of a CPU become a quota of a period."""
    quota, period = limits.cpu_quota or None, limits.cpu_period or None
    if limits.nano_cpus:
        quota, period = limits.nano_cpus * CPU_PERIOD_US // 10**9, CPU_PERIOD_US
    return Resources(
        memory_limit=limits.memory or None,
        memory_reservation=limits.memory_reservation or None,
        memory_swap=limits.memory_swap or None,
        memory_swappiness=None if limits.memory_swappiness in (None, -1) else limits.memory_swappiness,
        oom_kill_disable=bool(limits.oom_kill_disable),
        cpu_shares=limits.cpu_shares or None,
        cpu_quota=quota,
        cpu_period=period,
        cpuset_cpus=limits.cpuset_cpus or None,
        cpuset_mems=limits.cpuset_mems or None,
        pids_limit=limits.pids_limit or None,
        blkio_weight=limits.blkio_weight or None,
        block_rates=rates,
        devices=devices,
    )


def mounts(record: Record, facts: Facts) -> tuple[Mount, ...]:
    """Return all mounts in the order they are made: ours, then the user's, parents before children."""
    host = record.host
    wanted = [_mount(point) for point in record.mount_points]
    wanted += [
        Mount(destination, "tmpfs", "tmpfs", (*_TMPFS_OPTIONS, *(option for option in text.split(",") if option)))
        for destination, text in host.tmpfs.items()
    ]
    taken = {mount.destination for mount in wanted}
    own = [mount for mount in _default_mounts(host, facts.joined) if mount.destination not in taken]
    if "/dev" in taken:
        # As in dockerd what is below comes with it; only terminals are the container's own still.
        wanted += [mount for mount in own if mount.destination == "/dev/pts"]
        own = [mount for mount in own if not mount.destination.startswith("/dev/")]
    access = "ro" if host.read_only_root else "rw"
    files = [
        Mount(f"/etc/{name}", "bind", str(facts.files_path / name), ("rbind", access, "rprivate"))
        for name in ("resolv.conf", "hostname", "hosts")
        if f"/etc/{name}" not in taken
    ]
    return (*own, *sorted([*files, *wanted], key=lambda mount: mount.destination.rstrip("/").count("/")))


def _default_mounts(host: HostSettings, joined: Mapping[str, str]) -> list[Mount]:
    shared = joined["ipc"].partition("/ns/")[0] + "/root" if "ipc" in joined else ""
    cgroups = parse_security(host.security_options).writable_cgroups
    writable = {"sysfs"} if host.privileged else set()
    writable |= {"cgroup"} if (host.privileged if cgroups is None else cgroups) else set()
    found = []
    for mount in defaults.default_mounts(shm_size_bytes=host.shm_size):
        if mount.destination == "/dev/shm" and (shared or host.ipc_mode == "host"):
            # The queues need no bind: an mqueue file system shows those of the namespace it is mounted in.
            words = ("rbind", "rw", "nosuid", "noexec", "nodev")
            mount = Mount(mount.destination, "bind", f"{shared}{mount.destination}", words)
        elif host.ipc_mode == "none" and mount.destination == "/dev/shm":
            continue
        elif mount.type in writable:
            options = tuple("rw" if option == "ro" else option for option in mount.options)
            mount = Mount(mount.destination, mount.type, mount.source, options)
        found.append(mount)
    return found


def _mount(point: MountPoint) -> Mount:
    access = "ro" if point.read_only else "rw"
    if point.type == "tmpfs":
        options = tuple(option for option in point.tmpfs_options.split(",") if option)
        return Mount(point.destination, "tmpfs", "tmpfs", (*_TMPFS_OPTIONS, *options, access))
    bind = "bind" if point.non_recursive else "rbind"
    if point.read_only and not point.non_recursive and not point.read_only_top:
        access = "rro"
    subpath = (f"{OPTION_SUBPATH}{point.subpath}",) if point.subpath else ()
    return Mount(point.destination, "bind", point.source, (bind, access, point.propagation or "rprivate", *subpath))


def _linux(record: Record, facts: Facts, security: Security) -> Linux:
    host = record.host
    return Linux(
        namespaces=namespaces(host, facts.joined),
        devices=(*defaults.default_devices(), *facts.devices),
        cgroups_path=cgroup_path(record),
        resources=resources(host.limits, facts.block_rates, _device_rules(host, facts)),
        seccomp=_seccomp(host, security),
        masked_paths=_paths(host, host.masked_paths, defaults.masked_paths()),
        readonly_paths=_paths(host, host.readonly_paths, defaults.readonly_paths()),
        sysctl=_sysctls(host),
        rootfs_propagation=_root_propagation(record.mount_points),
    )


def cgroup_path(record: Record) -> str:
    """Return where in the hierarchies the container's group is."""
    return f"{record.host.cgroup_parent.strip('/') or CGROUP_PARENT}/{record.id}"


def namespaces(host: HostSettings, joined: Mapping[str, str]) -> tuple[Namespace, ...]:
    """Return the namespaces to make or to join; one that is left out is the host's."""
    shared = {
        "network": host.network_mode == "host",
        "pid": host.pid_mode == "host",
        "ipc": host.ipc_mode == "host",
        "uts": host.uts_mode == "host",
        "cgroup": host.cgroupns_mode == "host",
    }
    return tuple(
        Namespace(namespace.type, joined.get(namespace.type))
        for namespace in defaults.default_namespaces()
        if not shared.get(namespace.type)
    )


def _device_rules(host: HostSettings, facts: Facts) -> tuple[DeviceRule, ...]:
    if host.privileged:
        return (DeviceRule(allow=True),)
    return (*defaults.default_device_rules(), *facts.device_rules)


def _seccomp(host: HostSettings, security: Security) -> Mapping[str, Any] | None:
    if security.seccomp == "unconfined":
        return None
    if security.seccomp not in ("", "builtin"):
        return _profile(security.seccomp)
    return None if host.privileged else defaults.default_seccomp()


def _profile(text: str) -> Mapping[str, Any]:
    try:
        profile = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"Decoding seccomp profile failed: {error}") from error
    if not isinstance(profile, dict) or "defaultAction" not in profile:
        raise InvalidParameter("Decoding seccomp profile failed: a JSON object with defaultAction is expected")
    return profile


def _paths(host: HostSettings, asked: tuple[str, ...] | None, usual: tuple[str, ...]) -> tuple[str, ...]:
    if asked is not None:
        return asked
    return () if host.privileged else usual


def _sysctls(host: HostSettings) -> Mapping[str, str]:
    usual = {} if host.network_mode == "host" or host.network_mode.startswith("container:") else _NETWORK_SYSCTLS
    return {**usual, **host.sysctls}


def _root_propagation(points: Sequence[MountPoint]) -> str | None:
    """A shared or slave bind needs the root to be at least as open, or it is private by the way it came."""
    words = {point.propagation.removeprefix("r") for point in points}
    if "shared" in words:
        return "shared"
    # All mounts, or those that stay shared would show the host what is mounted for the container.
    return "rslave" if "slave" in words else None
