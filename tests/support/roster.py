"""A roster over a real database, without anything that runs: for the engine's rules about records."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.name_server import NameServers
from jupyter_containers.engine.containers.record import Record, State, Status
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.environment import Environment
from jupyter_containers.engine.events import Events
from jupyter_containers.engine.networks import Daemon, Networks
from jupyter_containers.linux import processes
from jupyter_containers.metadata.containers import Containers as ContainerRecords
from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.networks import Networks as NetworkRecords
from jupyter_containers.network.networks import Networking
from jupyter_containers.paths import Places
from jupyter_containers.runtime import state as states
from jupyter_containers.runtime.bundle import Bundle

NOW = 1_767_323_045 * 10**9


class Clock:
    """Nanoseconds that stand still until they are moved."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def with_number_of_another(ours: Roster, record: Record) -> Container:
    """Add a container whose process has ended, and whose pid is this process's by now."""
    running = replace(record, state=State(Status.RUNNING, os.getpid(), started_at=1))
    container = ours.add(running)
    path = ours.bundle_path(running)
    path.mkdir(parents=True)
    started = processes.start_time(os.getpid()) - 1
    states.write(Bundle(path), states.State(running.id, states.Status.RUNNING, os.getpid(), started))
    return container


def roster(folder: Path, **rooms: Any) -> Roster:
    """Return a roster whose environment has `rooms`, and nothing where a test needs nothing."""
    clock = rooms.pop("clock", Clock())
    folder.joinpath("data").mkdir(exist_ok=True)
    database = Database(folder / "data" / "metadata.db")
    fields: dict[str, Any] = {
        "places": Places(folder / "data", folder / "run"),
        "container_records": ContainerRecords(database),
        "events": Events(clock),
        "clock_ns": clock,
    }
    networking = rooms.get("networking") or Networking(scope="a unit test")
    records = NetworkRecords(database)
    fields["networks"] = Networks(Daemon("daemon", "", lambda: ""), networking, records, fields["events"])
    fields["name_servers"] = NameServers(fields["networks"].directory)
    names = ("content", "snapshots", "images", "volumes", "networking", "launcher", "cgroups")
    fields |= {name: rooms.get(name, cast(Any, None)) for name in names}
    return Roster(Environment(**fields))
