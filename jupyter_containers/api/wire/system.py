"""Docker's JSON of `info`, `version` and events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from jupyter_containers.api.routing import API_VERSION, MIN_API_VERSION
from jupyter_containers.engine.events import Event
from jupyter_containers.engine.system import ContainerCounts, DaemonFacts, HostFacts

_NEWEST, _OLDEST = ("{}.{}".format(*version) for version in (API_VERSION, MIN_API_VERSION))


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
        "Components": [{"Name": "Engine", "Version": daemon.version, "Details": details}],
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


def info_json(daemon: DaemonFacts, host: HostFacts, *, counts: ContainerCounts, images: int) -> dict[str, Any]:
    """Write `info`. What this engine does not have is left out or false, never made up."""
    return {
        **_daemon(daemon, counts, images),
        **_limits(daemon),
        **_host(host),
        **_absent(),
        "RegistryConfig": _registry_config(daemon),
        "Warnings": list(daemon.warnings) or None,
    }


def _daemon(daemon: DaemonFacts, counts: ContainerCounts, images: int) -> dict[str, Any]:
    return {
        "ID": daemon.id,
        "Containers": counts.running + counts.paused + counts.stopped,
        "ContainersRunning": counts.running,
        "ContainersPaused": counts.paused,
        "ContainersStopped": counts.stopped,
        "Images": images,
        "Driver": daemon.storage_driver,
        "DriverStatus": [],
        "Plugins": {
            "Volume": ["local"], "Network": ["bridge", "host", "null"], "Authorization": None,
            "Log": ["json-file", "local"],
        },
        "Debug": daemon.is_debug,
        "NFd": daemon.open_files,
        "NGoroutines": daemon.tasks,
        "LoggingDriver": "json-file",
        "CgroupDriver": "cgroupfs" if daemon.cgroup_version else "none",
        "CgroupVersion": str(daemon.cgroup_version),
        "IndexServerAddress": "https://index.docker.io/v1/",
        "DockerRootDir": str(daemon.places.data),
        "ServerVersion": daemon.version,
        "Runtimes": {"jupyter-containers": {"path": ""}},
        "DefaultRuntime": "jupyter-containers",
        # Containers live on when the daemon stops: what dockerd calls live restore.
        "LiveRestoreEnabled": True,
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
    }  # fmt: skip


def _host(host: HostFacts) -> dict[str, Any]:
    return {
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


def _absent() -> dict[str, Any]:
    """Write the fields that clients read without asking, of things that are not here."""
    return {
        "NEventsListener": 0,
        "GenericResources": None,
        "HttpProxy": "",
        "HttpsProxy": "",
        "NoProxy": "",
        "Labels": [],
        "ExperimentalBuild": False,
        "Swarm": {
            "NodeID": "", "NodeAddr": "", "LocalNodeState": "inactive", "ControlAvailable": False, "Error": "",
            "RemoteManagers": None,
        },
        "Isolation": "",
        "InitBinary": "",
        "ContainerdCommit": {"ID": "", "Expected": ""},
        "RuncCommit": {"ID": "", "Expected": ""},
        "InitCommit": {"ID": "", "Expected": ""},
    }  # fmt: skip


def _limits(daemon: DaemonFacts) -> dict[str, bool]:
    words = {
        "MemoryLimit": "memory", "SwapLimit": "swap", "CpuCfsPeriod": "cpu", "CpuCfsQuota": "cpu", "CPUShares": "cpu",
        "CPUSet": "cpuset", "PidsLimit": "pids",
    }  # fmt: skip
    has = {name: word in daemon.limits for name, word in words.items()}
    return has | {"OomKillDisable": daemon.cgroup_version == 1 and "memory" in daemon.limits}


def _registry_config(daemon: DaemonFacts) -> dict[str, Any]:
    insecure = {
        host: {"Name": host, "Mirrors": [], "Secure": False, "Official": False} for host in daemon.insecure_registries
    }
    hub = {"docker.io": {"Name": "docker.io", "Mirrors": [], "Secure": True, "Official": True}}
    return {"InsecureRegistryCIDRs": ["::1/128", "127.0.0.0/8"], "IndexConfigs": hub | insecure, "Mirrors": []}


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
        data = {"status": event.action, "id": event.actor_id} | data
        if event.type == "container" and "image" in event.attributes:
            data["from"] = event.attributes["image"]
    return data
