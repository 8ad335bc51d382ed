"""What was done to make a container, in order, with durations: the record behind "explain this container".

Steps of both sides overlap in time: while init mounts (inside), its parent waits (outside). The file holds durations
alone, since to put the steps into words costs as much as ten mounts, and the spec beside it has all the words: see
explain.py. A container whose spec asks for it (ANNOTATION_TRACE) has each call to the kernel beside them, as
linux.recording keeps it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from jupyter_containers.runtime.bundle import read_json, write_json

Side = Literal["outside", "inside"]
# See linux.recording; not imported, because whoever is not recorded has no need of it.
Call = list[Any]


@dataclass(frozen=True, slots=True)
class Step:
    description: str
    duration_us: int
    side: Side


@dataclass(frozen=True, slots=True)
class Trace:
    steps: tuple[Step, ...]

    def to_json(self) -> dict[str, Any]:
        return {"steps": [[step.side, step.duration_us, step.description] for step in self.steps]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(tuple(Step(description, duration, side) for side, duration, description in data["steps"]))


@dataclass(slots=True)
class Durations:
    """Microseconds of each step: by name outside, in the order of init's steps inside."""

    outside: list[tuple[str, int]] = field(default_factory=list)
    inside: list[int] = field(default_factory=list)
    calls: Mapping[str, list[Call]] | None = None  # by side; None when they were not recorded

    def write(self, path: str) -> None:
        content: dict[str, Any] = {"outside": self.outside, "inside": self.inside}
        if self.calls is not None:
            content["calls"] = self.calls
        write_json(path, content)

    @classmethod
    def read(cls, path: str) -> Self:
        """Raises: BundleNotFound when no container was made here."""
        data = read_json(path)
        outside = [(name, duration) for name, duration in data["outside"]]
        return cls(outside, list(data["inside"]), data.get("calls"))


class Stopwatch:
    """Measures laps: what has passed since the last look, in microseconds."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = time.perf_counter_ns()

    def lap(self) -> int:
        now = time.perf_counter_ns()
        passed, self._last = now - self._last, now
        return passed // 1000
