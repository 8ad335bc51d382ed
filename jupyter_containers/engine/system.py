"""Facts about this daemon and its host, each read from where it is true."""

from __future__ import annotations

import asyncio
import os
import platform
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jupyter_containers.linux import mountinfo
from jupyter_containers.oci.platform import host_platform
from jupyter_containers.paths import Places
from jupyter_containers.version import __version__


@dataclass(frozen=True, slots=True)
class ContainerCounts:
    running: int
    paused: int
    stopped: int


@dataclass(frozen=True, slots=True)
class HostFacts:
    """The machine that containers share."""

    name: str
    kernel_version: str
    machine: str
    operating_system: str
    os_version: str
    cpus: int
    memory_bytes: int
    ip_forwarding: bool
    # Whether bridged packets pass the host's own IPv4 and IPv6 filters.
    bridge_filters: tuple[bool, bool] = (False, False)


@dataclass(frozen=True, slots=True)
class DaemonFacts:
    """This daemon. `limits` are words of the cgroup manager: memory, swap, cpu, cpuset, pids, …"""

    id: str
    places: Places
    version: str
    started_at: datetime
    cgroup_version: int
    limits: Collection[str]
    storage_driver: str
    backing_filesystem: str
    insecure_registries: tuple[str, ...]
    is_debug: bool
    open_files: int
    tasks: int
    warnings: tuple[str, ...]
    registry_mirrors: tuple[str, ...] = ()


class System:
    """Answers `info` and `version`. The counters are asked each time."""

    def __init__(
        self,
        *,
        daemon_id: str,
        places: Places,
        cgroup_version: int,
        limits: Collection[str],
        storage_driver: str,
        insecure_registries: tuple[str, ...],
        registry_mirrors: tuple[str, ...] = (),
        is_debug: bool,
        exposure: tuple[str, ...] = (),
        count_containers: Callable[[], ContainerCounts],
        count_images: Callable[[], int],
    ) -> None:
        self._daemon_id = daemon_id
        self._places = places
        self._cgroup_version = cgroup_version
        self._limits = limits
        self._storage_driver = storage_driver
        self._insecure_registries = insecure_registries
        self._registry_mirrors = registry_mirrors
        self._is_debug = is_debug
        self._exposure = exposure
        self._started_at = datetime.now(UTC)
        self.count_containers = count_containers
        self.count_images = count_images

    def daemon(self) -> DaemonFacts:
        return DaemonFacts(
            id=self._daemon_id,
            places=self._places,
            version=__version__,
            started_at=self._started_at,
            cgroup_version=self._cgroup_version,
            limits=self._limits,
            storage_driver=self._storage_driver,
            backing_filesystem=_filesystem_of(self._places.data),
            insecure_registries=self._insecure_registries,
            registry_mirrors=self._registry_mirrors,
            is_debug=self._is_debug,
            open_files=len(os.listdir("/proc/self/fd")),
            tasks=_tasks(),
            warnings=self._warnings(),
        )

    def host(self) -> HostFacts:
        release = _os_release()
        return HostFacts(
            name=socket.gethostname(),
            kernel_version=platform.release(),
            machine=platform.machine(),
            operating_system=release.get("PRETTY_NAME", "Linux"),
            os_version=release.get("VERSION_ID", ""),
            cpus=len(os.sched_getaffinity(0)),
            memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            ip_forwarding=_first_line("/proc/sys/net/ipv4/ip_forward") == "1",
            bridge_filters=(
                _first_line("/proc/sys/net/bridge/bridge-nf-call-iptables") == "1",
                _first_line("/proc/sys/net/bridge/bridge-nf-call-ip6tables") == "1",
            ),
        )

    def architecture(self) -> str:
        """Return the architecture by Go's name, as images and `version` write it."""
        return host_platform().architecture

    def _warnings(self) -> tuple[str, ...]:
        words = {"memory": "memory limit", "swap": "swap limit", "cpu": "cpu cfs quota", "pids": "pids limit"}
        lacking = (f"WARNING: No {sentence} support" for word, sentence in words.items() if word not in self._limits)
        return *self._exposure, *lacking


def _os_release() -> dict[str, str]:
    for path in (Path("/etc/os-release"), Path("/usr/lib/os-release")):
        if path.is_file():
            pairs = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
            return {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}
    return {}


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def proxies() -> tuple[str, str, str]:
    """Return the proxies that this daemon's environment names for HTTP and HTTPS, without passwords, and exceptions."""
    http, https = (_without_password(_variable(name)) for name in ("http_proxy", "https_proxy"))
    return http, https, _variable("no_proxy")


def _variable(name: str) -> str:
    return os.environ.get(name.upper()) or os.environ.get(name, "")


def _without_password(url: str) -> str:
    """Hide who logs in to a proxy, as dockerd does."""
    scheme, separator, rest = url.rpartition("://")
    login, at, host = rest.rpartition("@")
    return f"{scheme}{separator}{'xxxxx:xxxxx' if login else ''}{at}{host}"


def _filesystem_of(path: Path) -> str:
    """Return the type of the file system that a directory is on; "" when nobody knows."""
    try:
        device = os.stat(path).st_dev
        wanted = (os.major(device), os.minor(device))
        return next((entry.fs_type for entry in mountinfo.read() if entry.major_minor == wanted), "")
    except OSError:
        return ""


def _tasks() -> int:
    """Return how many things the daemon is at; 0 where nothing can be, outside of an event loop."""
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        return 0
