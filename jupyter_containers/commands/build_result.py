"""The result of a build: its steps, what they said, the image or the line that failed; a picture while it goes on."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from jupyter_containers.client.build_reader import (
    ImageBuilt,
    Planned,
    StepCached,
    StepChanged,
    StepDone,
    StepOutput,
    StepRunning,
    StepStarted,
    Warned,
)
from jupyter_containers.client.values import Progress, short_id
from jupyter_containers.commands.output import Output, plain
from jupyter_containers.commands.pull_result import PullResult
from jupyter_containers.commands.quantities import duration_text, size_text
from jupyter_containers.commands.results import Json, LiveResult, Said
from jupyter_containers.errors import ContainersError

# Lines of a step's output that a picture holds: of one that failed, and of the others.
FAILED_LINES, STEP_LINES = 40, 10
_CHARACTERS = 8000
_AROUND = 2
# A step that took less did nothing that takes time.
TELLING_SECONDS = 0.001


@dataclass
class Step:
    """A step of the build; `state` is waiting, running, cached, done, failed or cancelled.

    Where the daemon tells: its stage (from 0, with a name if it has one), the steps of other stages that it takes
    from, and the `size` of its layer in bytes.
    """

    number: int
    total: int
    text: str
    line: int = 0
    end_line: int = 0
    state: str = "running"
    seconds: float | None = None
    stage: int = 0
    stage_name: str = ""
    inputs: tuple[int, ...] = ()
    size: int | None = None
    began: float | None = None
    output: Output = field(default_factory=lambda: Output(1 << 20))

    def shown_output(self) -> str:
        """Return the end of what the step said, without the end of its last line."""
        lines = FAILED_LINES if self.state == "failed" else STEP_LINES
        return plain(self.output.last(lines, lines * _CHARACTERS // STEP_LINES)).strip("\n")

    @property
    def taken(self) -> float | None:
        """The seconds that it took or, while it runs, has taken so far; None where nobody knows, or it was nothing."""
        if self.state == "running" and self.began is not None:
            return time.monotonic() - self.began
        is_worth_telling = self.seconds is not None and self.seconds >= TELLING_SECONDS and self.state != "cached"
        return self.seconds if is_worth_telling else None

    def state_text(self) -> str:
        took = f" {duration_text(self.seconds)}" if self.seconds is not None and self.seconds >= TELLING_SECONDS else ""
        return self.state if self.state == "cached" else f"{self.state}{took}{self.size_note()}"

    def size_note(self) -> str:
        """Return the size of the layer that was made now, behind a comma; "" if there is none."""
        return f", {size_text(self.size)}" if self.size is not None and self.state == "done" else ""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of the Dockerfile near an error; `is_wrong`: the error is there."""

    number: int
    text: str
    is_wrong: bool


class BuildResult(LiveResult):
    """A build. True when there is an image, whose id is `image_id`; `error` says why there is none."""

    kind: ClassVar[str] = "build"

    def __init__(self, dockerfile: str, tags: Sequence[str], destinations: Sequence[str] = ()) -> None:
        """`destinations`: files and folders that the result is written to, "" for what stays with the daemon."""
        self.dockerfile = dockerfile
        self.tags = tuple(tags)
        self.destinations = tuple(path for path in destinations if path not in ("", "-"))
        self.steps: dict[int, Step] = {}
        self.warnings: list[Warned] = []
        self.image_id = ""
        self.error = ""
        self.failed_step = ""
        self.wrong_lines: tuple[int, int] | None = None
        self.pulls = PullResult("")
        self._current = 0
        self._started = time.monotonic()
        self._finished: float | None = None

    def __bool__(self) -> bool:
        return bool(self.image_id)

    @property
    def seconds(self) -> float:
        return (self._finished or time.monotonic()) - self._started

    def apply(self, event: object) -> Iterable[Said]:
        """Take in an event of the build, or the error or interrupt that ended it."""
        match event:
            case StepStarted():
                self._start(event)
                return ((1, f"Step {event.number}/{event.total} : {event.text}\n"),)
            case StepOutput():
                if step := self.steps.get(event.number):
                    step.output.add_text(event.stream, event.text)
                return ((event.stream, event.text),)
            case StepRunning() | StepCached() | StepDone():
                return self._apply_state(event)
            case Planned() | StepChanged():
                self._apply_graph(event)
            case Progress():
                return self.pulls.apply(event)
            case Warned():
                self.warnings.append(event)
                return ((1, f"warning: {event.sentence}\n"),)
            case ImageBuilt():
                self.image_id = event.image_id
                if event.descriptor:
                    # A daemon that tells this much tells also which names there are now: none of what only went out.
                    self.tags = (self.tags or event.names) if event.names else ()
                self._finished = time.monotonic()
            case BaseException():
                self._fail(event)
        return ()

    @property
    def begun(self) -> list[Step]:
        """The steps that have been begun, or found in the cache."""
        return [step for step in self.steps.values() if step.state != "waiting"]

    @property
    def stages(self) -> dict[int, list[Step]]:
        """The steps of each stage."""
        found: dict[int, list[Step]] = {}
        for step in self.steps.values():
            found.setdefault(step.stage, []).append(step)
        return found

    def _start(self, event: StepStarted) -> None:
        self._current = event.number
        known = self.steps.get(event.number)
        if known is None:
            step = Step(event.number, event.total, event.text, *self._lines_of(event), state="running")
            step.began = time.monotonic()
            self.steps[event.number] = step
        else:
            known.text, known.total = event.text, event.total

    def _apply_graph(self, event: Planned | StepChanged) -> None:
        """Take in what is told out of turn: all steps beforehand, and a state in its moment."""
        if isinstance(event, Planned):
            last = max((one.number for one in event.steps), default=0)
            for one in event.steps:
                self.steps[one.number] = Step(
                    one.number, last, one.text, one.line, one.end_line, "waiting", stage=one.stage,
                    stage_name=one.stage_name, inputs=one.inputs,
                )  # fmt: skip
        elif step := self.steps.get(event.number):
            if event.state == "running" and step.state != "running":
                step.began = time.monotonic()
            step.state = event.state
            step.seconds = event.seconds if event.seconds is not None else step.seconds
            step.size = event.size if event.size is not None else step.size

    def _apply_state(self, event: StepRunning | StepCached | StepDone) -> Iterable[Said]:
        step = self.steps.get(event.number)
        if step is None:
            return ()
        if isinstance(event, StepDone):
            step.seconds = event.seconds
            step.began = None
            step.state = "cached" if event.cached or step.state == "cached" else "done"
            return ()
        step.state = "cached" if isinstance(event, StepCached) else "running"
        return ((1, " ---> Using cache\n"),) if step.state == "cached" else ()

    def _fail(self, error: BaseException) -> None:
        self._finished = time.monotonic()
        last = self.steps.get(self._current)
        if isinstance(error, ContainersError):
            self.error = error.message
            self.failed_step = str(error.details.get("failure", ""))
            line = error.details.get("line") or (last.line if last else 0)
            end = error.details.get("end_line") or (last.end_line if last and last.line == line else line)
            self.wrong_lines = (line, max(line, end)) if line else None
        # Where the daemon has told which one failed, the others were only under way.
        is_told = any(step.state == "failed" for step in self.steps.values())
        state = "failed" if isinstance(error, ContainersError) and not is_told else "cancelled"
        for step in self.steps.values():
            if step.state == "running":
                step.state, step.began = state, None

    def _lines_of(self, event: StepStarted) -> tuple[int, int]:
        """Return the lines of a step; of a daemon that does not tell them, those with the step's text."""
        if event.line:
            return event.line, event.end_line
        wanted = re.sub(r"\s+", " ", event.text).strip()
        for number, line in enumerate(self.dockerfile.splitlines(), 1):
            if line.strip() and wanted.startswith(re.sub(r"\s+", " ", line).strip().removesuffix("\\").strip()):
                return number, number
        return 0, 0

    def excerpt(self) -> list[SourceLine]:
        """Return the wrong lines of the Dockerfile with their neighbours; nothing when none is known to be wrong."""
        if self.wrong_lines is None:
            return []
        first, last = self.wrong_lines
        return [
            SourceLine(number, text, first <= number <= last)
            for number, text in enumerate(self.dockerfile.splitlines(), 1)
            if first - _AROUND <= number <= last + _AROUND
        ]

    def verdict(self) -> str:
        """Return in a line how the build stands, or how it ended; why it failed is for the error to say."""
        took = duration_text(self.seconds)
        if self.error:
            failed = [step.number for step in self.steps.values() if step.state == "failed"]
            return f"failed {f'in step {failed[-1]} ' if failed else ''}after {took}"
        if self._finished is None:
            return f"building · {took}"
        if not self.image_id:
            return f"cancelled after {took}"
        names = f" as {', '.join(self.tags)}" if self.tags else ""
        places = f" into {', '.join(self.destinations)}" if self.destinations else ""
        return f"built {short_id(self.image_id)}{names}{places} in {took}"

    def text(self) -> str:
        texts = [f"[{step.number}/{step.total}] {step.text}" for step in self.begun]
        width = min(max(map(len, texts), default=0), 72)
        lines = []
        for text, step in zip(texts, self.begun, strict=True):
            lines.append(f"{text:<{width}}   {step.state_text()}")
            lines += [f"      {line}" for line in step.shown_output().splitlines()]
        if self._finished is None and self.pulls.layers:
            lines += self.pulls.text().splitlines()
        lines += [f"warning: {warning.sentence}" for warning in self.warnings]
        return "\n".join([*lines, *self.excerpt_lines(), self.verdict()])

    def excerpt_lines(self) -> list[str]:
        """Return the excerpt with the wrong lines underlined."""
        lines = []
        for source in self.excerpt():
            lines.append(f"  {source.number:>4} | {source.text}".rstrip())
            if source.is_wrong and (stripped := source.text.strip()):
                indent = len(source.text) - len(source.text.lstrip())
                lines.append(f"       | {' ' * indent}{'^' * len(stripped)}")
        return ["", *lines] if lines else []

    def closing(self) -> Iterable[Said]:
        if self.excerpt():
            yield 2, "\n".join(self.excerpt_lines()[1:]) + "\n"
        if self.image_id:
            yield 1, f"{self.verdict()}\n"

    def summary(self) -> str:
        return self.verdict()

    def data(self) -> Json:
        return {
            "image": self.image_id,
            "tags": list(self.tags),
            "dockerfile": self.dockerfile,
            "steps": [
                {
                    "number": step.number, "total": step.total, "text": step.text, "line": step.line,
                    "endLine": step.end_line, "state": step.state, "seconds": step.seconds,
                    "output": step.shown_output(), "stage": step.stage, "stageName": step.stage_name,
                    "inputs": list(step.inputs), "size": step.size,
                }
                for step in self.steps.values()
            ],
            "warnings": [
                {"line": warning.line, "endLine": warning.end_line or warning.line, "text": warning.text}
                for warning in self.warnings
            ],
            "error": self.error,
            "failedStep": self.failed_step,
            "wrongLines": list(self.wrong_lines) if self.wrong_lines else None,
            "seconds": self.seconds,
        }  # fmt: skip
