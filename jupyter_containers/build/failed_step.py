"""What is kept of a RUN that failed: its root as it was left, and all that is needed to go on there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from jupyter_containers.build.executor import StepLimits
from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.operations.definitions import Execute
from jupyter_containers.build.progress import Output, Report

# The end of a step's output that an error carries.
OUTPUT_LINES, OUTPUT_BYTES = 20, 16 * 1024


@dataclass(frozen=True, slots=True)
class FailedStep:
    """`id` is that of its process (see Step); `filesystem` its root, as a committed snapshot and its layers.

    `origins` are what its mounts show, by their number from 1. `lines` and `source` are of the Dockerfile. `output` is
    the end of what it wrote, both streams in the order in which it came. `has_layer`: the topmost layer is its own,
    which is so unless it changed no file.
    """

    id: str
    operation: Execute
    filesystem: Filesystem
    code: int
    output: tuple[str, ...] = ()
    lines: tuple[int, int] = (0, 0)
    source: str = ""
    origins: tuple[Filesystem, ...] = ()
    limits: StepLimits = field(default_factory=StepLimits)
    has_layer: bool = True


class FailureKeeper(Protocol):
    """Where failed steps go. The composition root hands an implementation in; without one, nothing is kept."""

    def keep(self, failed: FailedStep) -> None:
        """Remember the step, and keep its snapshots and blobs from now on. On the event loop, and quick."""


class Tail:
    """The last lines of what passes by."""

    def __init__(self, passed_on: Callable[[Report], None]) -> None:
        self._passed_on = passed_on
        self._end = b""

    def __call__(self, report: Report) -> None:
        if isinstance(report, Output):
            self._end = (self._end + report.content)[-OUTPUT_BYTES:]
        self._passed_on(report)

    def lines(self) -> tuple[str, ...]:
        """Return what is known of the end, without empty lines after it."""
        text = self._end.decode("utf-8", "replace").replace("\r\n", "\n").rstrip("\n")
        return tuple(text.split("\n")[-OUTPUT_LINES:]) if text else ()
