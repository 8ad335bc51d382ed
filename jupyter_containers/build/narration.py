"""Tell a build in the order of its Dockerfile, although stages are worked on at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable

from jupyter_containers.build.dockerfile.to_graph.plan import Plan, PlannedStep
from jupyter_containers.build.filesystem import Outcome
from jupyter_containers.build.graph import Vertex
from jupyter_containers.build.ledger import Ledger
from jupyter_containers.build.progress import (
    Event,
    Listener,
    Report,
    Running,
    StepCached,
    StepDone,
    StepOutput,
    StepRunning,
    StepStarted,
    Warned,
)  # fmt: skip

# Of a step that has to wait for its turn, this much output is kept; more is dropped, and said so.
HELD_BACK_BYTES = 2 << 20
_CLIPPED = b"\n[output clipped: it was produced while an earlier step was still running]\n"


class Narration:
    """Implements the solver's Watcher. Says everything about a step before anything about the next."""

    def __init__(
        self, plan: Plan, ledger: Ledger, listener: Listener, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._plan = plan
        self._ledger = ledger
        self._listener = listener
        self._monotonic = monotonic
        self._position = 0
        self._announced = -1
        self._held: dict[int, list[Event]] = {}
        self._held_bytes: dict[int, int] = {}
        self._results: dict[str, Outcome | None] = {}
        self._started: dict[str, float] = {}
        self._seconds: dict[str, float] = {}
        self._told: set[str] = set()
        self._steps_of: dict[str, int] = {}
        for index, step in enumerate(plan.steps):
            if step.vertex is not None and step.opens is None:
                self._steps_of.setdefault(step.vertex.digest, index)
        for line, text in plan.warnings:
            listener(Warned(line, text))

    def started(self, vertex: Vertex) -> None:
        self._started[vertex.digest] = self._monotonic()

    def reported(self, vertex: Vertex, report: Report) -> None:
        index = self._index(vertex)
        if index is None:
            return
        number = index + 1
        if isinstance(report, Running):
            self._say(index, StepRunning(number, report.id), 0)
        else:
            self._say(index, StepOutput(number, report.stream, report.content), len(report.content))

    def finished(self, vertex: Vertex, outcome: Outcome) -> None:
        if vertex.digest in self._started:
            self._seconds[vertex.digest] = self._monotonic() - self._started[vertex.digest]
        self._results[vertex.digest] = outcome
        self._advance()

    def unneeded(self, vertex: Vertex) -> None:
        self._results[vertex.digest] = None
        self._advance()

    def failed(self, vertex: Vertex) -> None:
        """Let the step that failed be seen, whatever was to come before it."""
        index = self._index(vertex)
        if index is not None and index >= self._position:
            self._announce(index)

    def _index(self, vertex: Vertex) -> int | None:
        """Return which step a vertex is for: the first of equal ones; the others find it in the cache."""
        return self._steps_of.get(vertex.digest)

    def _say(self, index: int, event: Event, size: int) -> None:
        if index == self._announced:
            self._listener(event)
            return
        held, taken = self._held.setdefault(index, []), self._held_bytes.get(index, 0)
        if taken + size <= HELD_BACK_BYTES:
            held.append(event)
        elif taken <= HELD_BACK_BYTES:
            held.append(StepOutput(index + 1, 2, _CLIPPED))
            size = HELD_BACK_BYTES
        self._held_bytes[index] = taken + size

    def _advance(self) -> None:
        steps = self._plan.steps
        while self._position < len(steps):
            step = steps[self._position]
            self._announce(self._position)
            if step.vertex is not None and step.vertex.digest not in self._results:
                return
            self._finish(step)
            self._position += 1

    def _announce(self, index: int) -> None:
        if self._announced == index:
            return
        self._announced = index
        step, names = self._plan.steps[index], self._plan.stage_names
        self._listener(
            StepStarted(index + 1, len(self._plan.steps), step.text, *step.lines, stage=names[step.stage])
        )  # fmt: skip
        for event in self._held.pop(index, ()):
            self._listener(event)

    def _finish(self, step: PlannedStep) -> None:
        digest = step.vertex.digest if step.vertex else ""
        is_last = self._position == len(self._plan.steps) - 1
        entry = self._ledger.add(step, self._results.get(digest), is_last=is_last)
        is_repeated = bool(digest) and digest in self._told
        cached = (entry.cached or is_repeated) and step.opens is None
        number = self._position + 1
        if cached:
            self._listener(StepCached(number))
        seconds = 0.0 if is_repeated else self._seconds.get(digest, 0.0)
        self._listener(StepDone(number, entry.image_id, seconds, cached))
        if digest:
            self._told.add(digest)
