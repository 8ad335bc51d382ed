"""What a front end can draw of a build: events, told in the order of the Dockerfile.

Stages run at the same time, but a classic build log has one cursor: what a later step does is held back until the
earlier ones are finished (see narration.py). Who draws the graph is told out of turn, too (see chart.py). Every event
names its step by number, from 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StepStarted:
    """`text` is the instruction as written, on one line; lines are those of the Dockerfile, from 1, both inclusive."""

    number: int
    total: int
    text: str
    line: int
    end_line: int
    stage: str = ""


@dataclass(frozen=True, slots=True)
class StepRunning:
    """The step is not cached and a process runs for it; `container_id` is the id of its container."""

    number: int
    container_id: str


@dataclass(frozen=True, slots=True)
class StepOutput:
    """Bytes that the step's process wrote; stream 1 or 2."""

    number: int
    stream: int
    content: bytes


@dataclass(frozen=True, slots=True)
class StepCached:
    """The step's result was there already (---> Using cache)."""

    number: int


@dataclass(frozen=True, slots=True)
class StepDone:
    """`image_id` (sha256:…) is real after FROM and after the last step; in between it stands for the image so far."""

    number: int
    image_id: str
    seconds: float
    cached: bool = False


@dataclass(frozen=True, slots=True)
class PullProgress:
    """A base image is on its way; the fields are those of a pull: short layer id or "", Docker's word, bytes."""

    id: str
    status: str
    current: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Warned:
    """Something in the Dockerfile is legal and probably not meant. `end_line` 0: it is that line alone."""

    line: int
    text: str
    end_line: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """A step as part of the graph. `inputs` are the steps of other stages that it takes from, by number.

    `stage` counts from 0, and `stage_name` is "" where the Dockerfile gives none.
    """

    number: int
    text: str
    lines: tuple[int, int]
    stage: int
    stage_name: str = ""
    inputs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphPlanned:
    """What will be done: every step there is, told before the first of them."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class NodeChanged:
    """A step's state in this very moment, whatever its turn: running, done, cached or failed.

    `size` is that of the layer it added, in bytes; None where none was added, or nobody needed to look.
    """

    number: int
    state: str
    seconds: float | None = None
    size: int | None = None


Event = (
    StepStarted | StepRunning | StepOutput | StepCached | StepDone | PullProgress | Warned | GraphPlanned | NodeChanged
)
Listener = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Running:
    """Work reports that a process was started for it; `id` is its container's."""

    id: str


@dataclass(frozen=True, slots=True)
class Output:
    """Work reports what its process wrote; stream 1 or 2."""

    stream: int
    content: bytes


Report = Running | Output
