"""Docker's JSON of `info`, `version` and events."""

from __future__ import annotations

import platform
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from jupyter_containers.api.routing import API_VERSION, MIN_API_VERSION
from jupyter_containers.api.wire.host_config import DEFAULT_RUNTIME
from jupyter_containers.engine.events import Event
from jupyter_containers.engine.system import ContainerCounts, DaemonFacts, HostFacts, proxies
from jupyter_containers.network.sublink_options import DRIVERS as SUBLINK_DRIVERS

LOG_DRIVERS = ("json-file", "local")
NETWORK_DRIVERS = ("bridge", "host", "null", *SUBLINK_DRIVERS)
_NEWEST, _OLDEST = ("{}.{}".format(*version) for version in (API_VERSION, MIN_API_VERSION))


Version = tuple[int, int]


def version_json(daemon: DaemonFacts, host: HostFacts, architecture: str) -> dict[str, Any]:
    details = {
        "ApiVersion": _NEWEST,
        "Arch": architecture,
        "Experimental": "false",
        "KernelVersion": host.kernel_version,
        "MinAPIVersion": _OLDEST,
        "Os": "linux",
    }
    return {
        "Platform": {"Name": "jupyter-containers"},
        "Components": [
            {"Name": "Engine", "Version": daemon.version, "Details": details},
            {"Name": "Python", "Version": platform.python_version(), "Details": {}},
        ],
        "Version": daemon.version,
        "ApiVersion": _NEWEST,
        "MinAPIVersion": _OLDEST,
        "GitCommit": "",
        "GoVersion": "",
        "Os": "linux",
        "Arch": architecture,
        "KernelVersion": host.kernel_version,
        "BuildTime": "",
    }


def info_json(
    daemon: DaemonFacts,
    host: HostFacts,
    *,
    counts: ContainerCounts,
    images: int,
    listeners: int = 0,
    network_drivers: Collection[str] = NETWORK_DRIVERS,
    version: Version = API_VERSION,
) -> dict[str, Any]:
    """Write `info`. What this engine does not have is left out or false, never made up."""
    return {
        **_daemon(daemon, counts, images, version=version),
        **_limits(daemon, version=version),
        **_host(host, version=version),
        **_absent(version),
        "Plugins": {
            "Volume": ["local"], "Network": sorted(network_drivers), "Authorization": None, "Log": list(LOG_DRIVERS),
        },
        "NEventsListener": listeners,
        "RegistryConfig": _registry_config(daemon),
        "Warnings": list(daemon.warnings) or None,
    }  # fmt: skip


def _daemon(daemon: DaemonFacts, counts: ContainerCounts, images: int, *, version: Version) -> dict[str, Any]:
    http, https, exceptions = proxies()
    return {
        "ID": daemon.id,
        "Containers": counts.running + counts.paused + counts.stopped,
        "ContainersRunning": counts.running,
        "ContainersPaused": counts.paused,
        "ContainersStopped": counts.stopped,
        "Images": images,
        "Driver": daemon.storage_driver,
        "DriverStatus": [["Backing Filesystem", daemon.backing_filesystem]] if daemon.backing_filesystem else [],
        "Debug": daemon.is_debug,
        "NFd": daemon.open_files,
        "NGoroutines": daemon.tasks,
        "LoggingDriver": LOG_DRIVERS[0],
        "CgroupDriver": "cgroupfs" if daemon.cgroup_version else "none",
        "CgroupVersion": str(daemon.cgroup_version),
        "IndexServerAddress": "https://index.docker.io/v1/",
        "DockerRootDir": str(daemon.places.data),
        "ServerVersion": daemon.version,
        "Runtimes": {DEFAULT_RUNTIME: {"path": ""}},
        "DefaultRuntime": DEFAULT_RUNTIME,
        # Containers live on when the daemon stops: what dockerd calls live restore.
        "LiveRestoreEnabled": True,
        # The profile that is built in was called "default" once. Source: Engine API, version history, 1.42.
        "SecurityOptions": [f"name=seccomp,profile={'builtin' if version >= (1, 42) else 'default'}", "name=cgroupns"],
        "HttpProxy": http,
        "HttpsProxy": https,
        "NoProxy": exceptions,
    }


def _host(host: HostFacts, *, version: Version) -> dict[str, Any]:
    facts = {
        "Name": host.name,
        "IPv4Forwarding": host.ip_forwarding,
        "SystemTime": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "KernelVersion": host.kernel_version,
        "OperatingSystem": host.operating_system,
        "OSVersion": host.os_version,
        "OSType": "linux",
        "Architecture": host.machine,
        "NCPU": host.cpus,
        "MemTotal": host.memory_bytes,
    }
    if version < (1, 50):
        facts |= {"BridgeNfIptables": host.bridge_filters[0], "BridgeNfIp6tables": host.bridge_filters[1]}
    return facts


def _absent(version: Version) -> dict[str, Any]:
    """Write the fields that clients read without asking, of things that are not here."""
    commit = {"ID": "", "Expected": ""} if version < (1, 49) else {"ID": ""}
    facts: dict[str, Any] = {
        "GenericResources": None,
        "Labels": [],
        "ExperimentalBuild": False,
        "Swarm": {
            "NodeID": "", "NodeAddr": "", "LocalNodeState": "inactive", "ControlAvailable": False, "Error": "",
            "RemoteManagers": None,
        },
        "Isolation": "",
        "InitBinary": "",
        "ContainerdCommit": commit,
        "RuncCommit": commit,
        "InitCommit": commit,
    }  # fmt: skip
    if version >= (1, 44):
        facts["CDISpecDirs"] = []
    if version >= (1, 49):
        facts["FirewallBackend"] = {"Driver": "nftables"}
    if version >= (1, 50):
        facts["DiscoveredDevices"] = []
    return facts


def _limits(daemon: DaemonFacts, *, version: Version) -> dict[str, bool]:
    words = {
        "MemoryLimit": "memory", "SwapLimit": "swap", "CpuCfsPeriod": "cpu", "CpuCfsQuota": "cpu", "CPUShares": "cpu",
        "CPUSet": "cpuset", "PidsLimit": "pids",
    }  # fmt: skip
    has = {name: word in daemon.limits for name, word in words.items()}
    if version < (1, 42):
        has["KernelMemory"] = False
    # Memory of the kernel cannot be limited here by itself: a container that asks for it is refused.
    has["KernelMemoryTCP"] = False
    return has | {"OomKillDisable": daemon.cgroup_version == 1 and "memory" in daemon.limits}


def _registry_config(daemon: DaemonFacts) -> dict[str, Any]:
    mirrors: dict[str, list[str]] = {"docker.io": []}
    for text in daemon.registry_mirrors:
        host, is_of_host, url = text.partition("=")
        mirrors.setdefault(host if is_of_host else "docker.io", []).append(url if is_of_host else text)
    indexes = {
        host: {
            "Name": host, "Mirrors": mirrors.get(host, []), "Secure": host not in daemon.insecure_registries,
            "Official": host == "docker.io",
        }
        for host in dict.fromkeys((*mirrors, *daemon.insecure_registries))
    }  # fmt: skip
    hub = mirrors["docker.io"]
    return {"InsecureRegistryCIDRs": ["::1/128", "127.0.0.0/8"], "IndexConfigs": indexes, "Mirrors": hub}


def event_json(event: Event) -> dict[str, Any]:
    data: dict[str, Any] = {
        "Type": event.type,
        "Action": event.action,
        "Actor": {"ID": event.actor_id, "Attributes": dict(event.attributes)},
        "scope": "local",
        "time": event.at_ns // 10**9,
        "timeNano": event.at_ns,
    }
    if event.type in ("container", "image"):  # the three fields from before 1.22, which old clients still read
        old = {"status": event.action, "id": event.actor_id}
        if event.type == "container":
            old["from"] = event.attributes.get("image", "")
        data = {name: value for name, value in old.items() if value} | data
    return data
