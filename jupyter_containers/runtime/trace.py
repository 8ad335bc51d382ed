"""What was done to make a container, in order, with durations: the record behind "explain this container".

Steps of both sides overlap in time: while init mounts (inside), its parent makes the cgroup (outside).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
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

    def write(self, path: Path) -> None:
        write_json(path, self.to_json())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises: BundleNotFound when no container was made here."""
        return cls.from_json(read_json(path))


class Stopwatch:
    """Measures laps: what has passed since the last look, in microseconds."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = time.perf_counter_ns()

    def lap(self) -> int:
        now = time.perf_counter_ns()
        passed, self._last = now - self._last, now
        return passed // 1000


def steps(side: Side, descriptions: Sequence[str], durations_us: Sequence[int]) -> tuple[Step, ...]:
    """Return one side's steps; init sends its durations alone, since both sides know the descriptions."""
    return tuple(Step(text, duration, side) for text, duration in zip(descriptions, durations_us, strict=False))
