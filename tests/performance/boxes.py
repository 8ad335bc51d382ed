"""Containers that benchmarks make: a reference daemon may have others, which are nobody's business."""

from __future__ import annotations

from typing import Any

from tests.performance import daemons
from tests.performance.daemons import Side

LABEL = "jupyter-containers.performance"


def made(side: Side, *command: str, **config: Any) -> str:
    """Create a container without a network, until `remove_all`."""
    body = {"Image": daemons.IMAGE, "Cmd": command, "Labels": {LABEL: ""}, "HostConfig": {"NetworkMode": "none"}}
    container_id: str = side.api.call("POST", "/containers/create", body | config)["Id"]
    return container_id


def started(side: Side, *command: str, **config: Any) -> str:
    """Create and start one."""
    container_id = made(side, *command, **config)
    side.api.call("POST", f"/containers/{container_id}/start")
    return container_id


def sleeping(side: Side) -> str:
    """Start a container that does nothing, until `remove_all`."""
    return side.docker("run", "-d", "--label", LABEL, daemons.IMAGE, "sleep", "600").stdout.strip()


def remove_all(side: Side) -> None:
    ids = side.docker("ps", "-aq", "--filter", f"label={LABEL}").stdout.split()
    for begin in range(0, len(ids), 50):
        side.docker("rm", "-f", *ids[begin : begin + 50], timeout=300)
