"""Live facts about one container, as the shim writes them to state.json, and the moves between states.

A pid alone may be reused by the kernel: it is always kept with its start time. The shim is the only writer.
Source: OCI runtime-spec, runtime.md, State; proc(5) on field 22 of /proc/pid/stat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Self

from jupyter_containers.errors import Conflict, InvalidParameter
from jupyter_containers.runtime.bundle import Bundle, read_json, write_json


class Status(Enum):
    CREATED = "created"  # init is ready and waits
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


ALLOWED: Mapping[Status, frozenset[Status]] = {
    Status.CREATED: frozenset({Status.RUNNING, Status.STOPPED}),
    Status.RUNNING: frozenset({Status.PAUSED, Status.STOPPED}),
    Status.PAUSED: frozenset({Status.RUNNING, Status.STOPPED}),
    Status.STOPPED: frozenset(),
}


def advance(current: Status, wanted: Status) -> Status:
    """Return `wanted`. Raises: Conflict when there is no way from here to there."""
    if wanted not in ALLOWED[current]:
        raise Conflict(f"cannot go from {current.value} to {wanted.value}")
    return wanted


@dataclass(frozen=True, slots=True)
class State:
    """`pid` is init's, in the host's pid namespace; start times are clock ticks since boot; instants are RFC 3339."""

    id: str
    status: Status
    pid: int
    pid_start_time: int
    shim_pid: int = 0
    shim_start_time: int = 0
    created_at: str = ""
    started_at: str = ""

    def moved(self, wanted: Status, **changes: Any) -> Self:
        """Return this state after a move, with other fields changed. Raises: Conflict."""
        return replace(self, status=advance(self.status, wanted), **changes)

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__} | {"status": self.status.value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Raises: InvalidParameter when fields are missing or the status is unknown; extra fields are ignored."""
        try:
            known = {name: data[name] for name in cls.__slots__ if name in data}
            return cls(**known | {"status": Status(data["status"])})
        except (KeyError, ValueError, TypeError) as error:
            raise InvalidParameter(f"not a container state: {error}") from error


def write(bundle: Bundle, state: State) -> None:
    """Replace state.json, atomically for readers."""
    write_json(bundle.state_path, state.to_json())


def read(bundle: Bundle) -> State:
    """Read state.json. Raises: BundleNotFound when there is none, InvalidParameter when it is broken."""
    return State.from_json(read_json(bundle.state_path))
