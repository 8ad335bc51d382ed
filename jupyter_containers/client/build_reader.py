"""The lines of a build's answer, read as events. Pure: lines in, events out.

Our daemon says beside the classic text what it means (the key `step`); of other daemons the text itself is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from jupyter_containers.client.values import Json, Progress

_STEP = re.compile(r"Step (\d+)/(\d+) : (.*)", re.S)
_NOISE = re.compile(
    r" ---> |(Removing|Error removing) intermediate container |Successfully (built|tagged) |\[Warning\] "
)


@dataclass(frozen=True, slots=True)
class StepStarted:
    """`line` and `end_line` are those of the Dockerfile, from 1; 0 where the daemon does not tell."""

    number: int
    total: int
    text: str
    line: int = 0
    end_line: int = 0


@dataclass(frozen=True, slots=True)
class StepRunning:
    number: int


@dataclass(frozen=True, slots=True)
class StepCached:
    number: int


@dataclass(frozen=True, slots=True)
class StepDone:
    number: int
    seconds: float | None = None
    cached: bool = False


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step that is to come. `inputs` are the steps of other stages it takes from; `stage` counts from 0."""

    number: int
    text: str
    line: int = 0
    end_line: int = 0
    stage: int = 0
    stage_name: str = ""
    inputs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """All steps of the build, where the daemon tells them beforehand."""

    steps: tuple[PlannedStep, ...]


@dataclass(frozen=True, slots=True)
class StepChanged:
    """A step's state at this moment, out of its turn: running, done, cached or failed; `size` of its layer in bytes."""

    number: int
    state: str
    seconds: float | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class StepOutput:
    """What a step's process wrote; stream 1 or 2 where the daemon tells."""

    number: int
    stream: int
    text: str


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning about lines of the Dockerfile, from 1; 0 for all of it. `end_line` 0: it is that line alone."""

    line: int
    text: str
    end_line: int = 0

    @property
    def sentence(self) -> str:
        """The text with its lines."""
        if not self.line:
            return self.text
        last = f" to {self.end_line}" if self.end_line > self.line else ""
        return f"line{'s' if last else ''} {self.line}{last}: {self.text}"


@dataclass(frozen=True, slots=True)
class ImageBuilt:
    """The end of a build that went well.

    `descriptor` is that of the manifest, as in an index; `names` are those that the image has in the store; `result`
    is what its bytes are fetched by. All three are empty where the daemon does not tell, or was not asked.
    """

    image_id: str
    descriptor: Json = field(default_factory=dict, hash=False)
    names: tuple[str, ...] = ()
    result: str = ""

    @classmethod
    def from_wire(cls, image_id: str, built: Json) -> ImageBuilt:
        names = tuple(str(name) for name in built.get("Names") or ())
        return cls(image_id, built.get("Descriptor") or {}, names, str(built.get("Result") or ""))


BuildEvent = (
    StepStarted | StepRunning | StepCached | StepDone | StepOutput | Warned | ImageBuilt | Progress | Planned
    | StepChanged
)  # fmt: skip


# What stands around the error output of a step, for clients that only print.
_RED, _RESET = "\x1b[91m", "\x1b[0m"


class BuildReader:
    """Reads one build. Remembers the step that the classic text is about."""

    def __init__(self) -> None:
        self._number = 0
        self._cached = False
        self._image_id = ""

    def read(self, line: Json) -> Iterator[BuildEvent]:
        """Yield what a line says; lines that report errors are not for this reader."""
        aux = line.get("aux")
        if isinstance(aux, dict) and aux.get("ID"):
            yield from self._finish()
            self._image_id = str(aux["ID"])
            yield ImageBuilt(self._image_id)
        elif isinstance(line.get("built"), dict):
            # What Docker's line of the id has no room for comes with the next: the same end, with all that is known.
            yield ImageBuilt.from_wire(self._image_id, line["built"])
        elif isinstance(line.get("graph"), dict):
            yield _from_graph(line["graph"])
        elif isinstance(line.get("step"), dict):
            event = _from_step(line["step"], str(line.get("stream", "")))
            yield from (event,) if event else ()
        elif "status" in line:
            yield Progress.from_wire(line)
        elif isinstance(line.get("stream"), str):
            yield from self._from_text(line["stream"])

    def _from_text(self, text: str) -> Iterator[BuildEvent]:
        if match := _STEP.match(text):
            yield from self._finish()
            self._number, self._cached = int(match[1]), False
            yield StepStarted(self._number, int(match[2]), match[3].strip())
        elif text.startswith(" ---> Using cache"):
            self._cached = True
            yield StepCached(self._number)
        elif text.startswith(" ---> Running in"):
            yield StepRunning(self._number)
        elif text.startswith("[Warning] "):
            yield Warned(0, text.removeprefix("[Warning] ").strip())
        elif text.strip("\n") and not _NOISE.match(text):
            yield StepOutput(self._number, 1, text)

    def _finish(self) -> Iterator[BuildEvent]:
        """The classic text does not say that a step is done, only that the next one begins."""
        if self._number:
            yield StepDone(self._number, cached=self._cached)
        self._number = 0


def _from_step(step: Json, text: str) -> BuildEvent | None:
    number, state = int(step.get("number", 0)), step.get("state")
    if "warning" in step:
        return Warned(int(step.get("line", 0)), str(step["warning"]), int(step.get("endLine", 0)))
    if "output" in step:
        return StepOutput(number, int(step["output"]), text.removeprefix(_RED).removesuffix(_RESET))
    if state == "started":
        lines = int(step.get("line", 0)), int(step.get("endLine", 0))
        return StepStarted(number, int(step["total"]), str(step["text"]), *lines)
    if state == "running":
        return StepRunning(number)
    if state == "cached":
        return StepCached(number)
    if state == "done":
        return StepDone(number, float(step.get("seconds", 0.0)), bool(step.get("cached")))
    return None


def _from_graph(graph: Json) -> Planned | StepChanged:
    if "steps" not in graph:
        size, seconds = graph.get("size"), graph.get("seconds")
        return StepChanged(
            int(graph.get("number", 0)), str(graph.get("state", "")), None if seconds is None else float(seconds),
            None if size is None else int(size),
        )  # fmt: skip
    return Planned(
        tuple(
            PlannedStep(
                int(step["number"]), str(step["text"]), int(step.get("line", 0)), int(step.get("endLine", 0)),
                int(step.get("stage", 0)), str(step.get("stageName", "")), tuple(map(int, step.get("inputs") or ())),
            )
            for step in graph["steps"]
        )
    )  # fmt: skip
