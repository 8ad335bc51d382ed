"""The result of a run or an exec: exit code, output, times; a picture while it goes on."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from jupyter_containers.client.runs import Outcome
from jupyter_containers.client.values import Statistics
from jupyter_containers.commands.output import Output, plain
from jupyter_containers.commands.quantities import duration_text, size_text
from jupyter_containers.commands.results import Json, LiveResult, Said, visible
from jupyter_containers.errors import ContainersError
from jupyter_containers.variables.displays import Display

_SHOWN_CHANGES = 50


@dataclass(frozen=True, slots=True)
class Carried:
    """A variable that was carried, its format, and its size in bytes."""

    name: str
    suffix: str
    size: int

    def __str__(self) -> str:
        return f"{self.name} ({self.suffix or 'text'}, {size_text(self.size)})"


@dataclass(frozen=True, slots=True)
class Displayed:
    """All that Python inside has shown up to now."""

    displays: list[Display]


class RunResult(LiveResult):
    """A process in a container. True when it ended with exit code 0.

    `exit_code` is None while it runs; `stdout` and `stderr` are text; `started` and `finished` are times in UTC,
    `duration` is the time between them. `out_of_memory`: the kernel killed it at its memory limit. Of an exec, that
    and the image are not known: False and "".
    `inputs` and `outputs` tell of variables that were carried, and `values` has those that came out, by name;
    `displays` is what Python inside has shown.
    `changes`: with --changes, (A, C or D, path) of each file that differs from the image.
    `statistics`: processor time and the most memory, of a container that our own daemon has seen end; else None.
    `proof`: with --safe, what the kernel said of the process from outside, a line for each promise.
    """

    kind: ClassVar[str] = "run"

    def __init__(self, image: str, command: Iterable[str], *, where: str = "") -> None:
        self.image = image
        self.command = tuple(command)
        self.where = where or image
        self.container_id = ""
        self.exit_code: int | None = None
        self.started = datetime.now(UTC)
        self.finished: datetime | None = None
        self.out_of_memory = False
        self.interrupts = 0
        self.timed_out = False
        self.statistics: Statistics | None = None
        self.inputs: list[Carried] = []
        self.outputs: list[Carried] = []
        self.values: dict[str, Any] = {}
        self.displays: list[Display] = []
        # How many of them a terminal has printed already.
        self._displays_said = 0
        self.proof: list[str] = []
        self.changes: list[tuple[str, str]] = []
        self.error = ""
        self.output = Output()

    def __bool__(self) -> bool:
        return self.exit_code == 0

    @property
    def stdout(self) -> str:
        return self.output.stdout

    @property
    def stderr(self) -> str:
        return self.output.stderr

    @property
    def duration(self) -> timedelta:
        return (self.finished or datetime.now(UTC)) - self.started

    def apply(self, event: object) -> Iterable[Said]:
        """Take in output as (stream, bytes), Displayed, the Outcome, or the error or interrupt that ended it."""
        if isinstance(event, Displayed):
            new, self.displays = event.displays[self._displays_said :], event.displays
            self._displays_said = len(event.displays)
            return tuple((1, f"{display.text}\n") for display in new)
        if isinstance(event, tuple):
            stream, content = event
            return ((stream, self.output.add(stream, content)),)
        if isinstance(event, Outcome):
            self.container_id, self.exit_code = event.container_id, event.exit_code
            self.started, self.finished = event.started_at, event.finished_at
            self.out_of_memory, self.interrupts = event.out_of_memory, event.interrupts
            self.timed_out, self.statistics = event.timed_out, event.statistics
        elif isinstance(event, ContainersError):
            self.finished, self.error = datetime.now(UTC), event.message
        elif isinstance(event, KeyboardInterrupt):
            self.finished, self.interrupts = datetime.now(UTC), max(1, self.interrupts)
        return ()

    def state(self) -> str:
        """Return in a few words how it is, or how it ended."""
        took = duration_text(self.duration)
        if self.error:
            return "not started" if not self.output else f"failed after {took}"
        if self.exit_code is None:
            return f"running · {took}" if self.finished is None else f"stopped after {took}"
        reason = " · killed at the memory limit" if self.out_of_memory else ""
        reason = reason or (" · killed at its time limit" if self.timed_out else "")
        reason = reason or (" · interrupted" if self.interrupts else "")
        return f"exit {self.exit_code} after {took}{reason}"

    def used(self) -> str:
        """Return in a few words what it used, "" where nobody counted."""
        if self.statistics is None:
            return ""
        cpu, peak = duration_text(self.statistics.cpu_seconds), self.statistics.memory_peak_bytes
        return f"{cpu} CPU" + (f", {size_text(peak)} memory" if peak is not None else "")

    def title(self) -> str:
        return f"{shlex.join(self.command)} in {self.where}" if self.command else self.where

    def text(self) -> str:
        """Return the output as it is; how it ended is said only where the output does not tell."""
        shown = self.output.last()
        text = f"{self.left_out()}{plain(shown)}".removesuffix("\n")
        text = "\n".join(filter(None, [text, *self._beside(self.displays)]))
        if self.exit_code == 0 and text:
            return text
        return f"{text}\n[{self.state()}]".lstrip("\n")

    def carried(self) -> str:
        """Return a line about the variables, "" if there are none."""
        ways = (("in", self.inputs), ("out", self.outputs))
        told = [f"{way}: {', '.join(map(str, variables))}" for way, variables in ways if variables]
        return f"[{' · '.join(told)}]" if told else ""

    def changed(self) -> list[str]:
        """Return the changed files, a line each, and how many more there are."""
        lines = [f"{letter} {visible(path)}" for letter, path in self.changes[:_SHOWN_CHANGES]]
        more = len(self.changes) - len(lines)
        return [*lines, f"[{more} more changes are in result.changes]"] if more > 0 else lines

    def closing(self) -> Iterable[Said]:
        return tuple((1, f"{line}\n") for line in self._beside(self.displays[self._displays_said :]))

    def _beside(self, displays: Iterable[Display]) -> list[str]:
        """Return what came with the output, in lines or more: displays, proof, changes, variables."""
        lines = [*(display.text for display in displays), *self.proof, *self.changed(), self.carried()]
        return [line for line in lines if line]

    def left_out(self) -> str:
        """Return a line about the output that is not shown, "" if all is."""
        missing = self.output.lines - plain(self.output.last()).count("\n")
        if missing <= 0:
            return ""
        return f"[{missing} lines before this are not shown; result.stdout and result.stderr have them]\n"

    def summary(self) -> str:
        return f"{self.state()} ({self.where})"

    def data(self) -> Json:
        return {
            "image": self.image,
            "command": list(self.command),
            "container": self.container_id,
            "exitCode": self.exit_code,
            "started": self.started.isoformat(),
            "finished": self.finished.isoformat() if self.finished else None,
            "seconds": self.duration.total_seconds(),
            "outOfMemory": self.out_of_memory,
            "interrupts": self.interrupts,
            "proof": self.proof,
            "changes": [list(change) for change in self.changes],
            "timedOut": self.timed_out,
            "cpuSeconds": self.statistics.cpu_seconds if self.statistics else None,
            "memoryPeakBytes": self.statistics.memory_peak_bytes if self.statistics else None,
            "inputs": [[v.name, v.suffix, v.size] for v in self.inputs],
            "outputs": [[v.name, v.suffix, v.size] for v in self.outputs],
            "displays": [display.text for display in self.displays],
            "error": self.error,
            "output": [{"stream": stream, "text": text} for stream, text in self.output.last()],
            "linesInAll": self.output.lines,
        }


class CommandFailed(ContainersError):
    """A process in a container ended with another exit code than 0. Its `result` has the output."""

    def __init__(self, result: RunResult) -> None:
        reason = ": killed at the memory limit" if result.out_of_memory else ""
        reason = reason or (": killed at its time limit" if result.timed_out else "")
        last = result.stderr.rstrip().rpartition("\n")[2][:200] if result.command == ("python",) else ""
        reason = reason or (f": {last}" if last else "")
        super().__init__(f"exit code {result.exit_code}{reason} ({result.title()})", exit_code=result.exit_code)
        self.result = result


class Interrupted(KeyboardInterrupt):
    """The user interrupted, and what ran for him has ended. `result` has the output up to then."""

    def __init__(self, message: str, result: LiveResult) -> None:
        super().__init__(message)
        self.result = result
