"""The environment of the use-cases: every store and room that they may use, put together by daemon/main.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_containers.cgroups.manager import CgroupManager
    from jupyter_containers.content.store import ContentStore
    from jupyter_containers.engine.containers.name_server import NameServers
    from jupyter_containers.engine.events import Events
    from jupyter_containers.engine.images import Images
    from jupyter_containers.engine.networks import Networks
    from jupyter_containers.engine.volumes import Volumes
    from jupyter_containers.metadata.containers import Containers as ContainerRecords
    from jupyter_containers.network.networks import Networking
    from jupyter_containers.paths import Places
    from jupyter_containers.snapshots.snapshotter import Snapshotter
    from jupyter_containers.supervisor.launcher import Launcher


# Every container's cgroup lies below this one.
CGROUP_PARENT = "jupyter-containers"


@dataclass(frozen=True, slots=True)
class Environment:
    """What a use-case may touch. `clock_ns` answers nanoseconds since the epoch; all else closes with the daemon."""

    places: Places
    container_records: ContainerRecords
    content: ContentStore
    snapshots: Snapshotter
    images: Images
    volumes: Volumes
    networking: Networking
    networks: Networks
    name_servers: NameServers
    launcher: Launcher
    cgroups: CgroupManager
    events: Events
    clock_ns: Callable[[], int]
