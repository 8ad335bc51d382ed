"""What was done to make a container, in order, with durations: the record behind "explain this container".

Steps of both sides overlap in time: while init mounts (inside), its parent waits (outside). The file holds durations
alone, since to put the steps into words costs as much as ten mounts, and the spec beside it has all the words: see
explain.py.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from jupyter_containers.runtime.bundle import read_json, write_json

Side = Literal["outside", "inside"]


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

    def write(self, path: str) -> None:
        write_json(path, {"outside": self.outside, "inside": self.inside})

    @classmethod
    def read(cls, path: str) -> Self:
        """Raises: BundleNotFound when no container was made here."""
        data = read_json(path)
        return cls([(name, duration) for name, duration in data["outside"]], list(data["inside"]))


class Stopwatch:
    """Measures laps: what has passed since the last look, in microseconds."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = time.perf_counter_ns()

    def lap(self) -> int:
        now = time.perf_counter_ns()
        passed, self._last = now - self._last, now
        return passed // 1000
