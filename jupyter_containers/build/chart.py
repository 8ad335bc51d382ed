"""Tell a build as its graph: all steps beforehand, and each one's state in the moment in which it changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from jupyter_containers.build.dockerfile.to_graph.plan import Plan
from jupyter_containers.build.filesystem import Outcome
from jupyter_containers.build.graph import Vertex
from jupyter_containers.build.progress import GraphPlanned, Listener, Node, NodeChanged, Report
from jupyter_containers.build.solver import Watcher


class Chart:
    """Implements the solver's Watcher. A step that only changes the config is done together with what it stands on."""

    def __init__(self, plan: Plan, listener: Listener, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._listener = listener
        self._monotonic = monotonic
        self._started: dict[str, float] = {}
        # The steps that are over when a vertex is: those whose work it is, each with the settings behind it.
        self._steps: dict[str, list[tuple[int, ...]]] = {}
        # A FROM is never said to be cached: its image is there, or has been fetched.
        self._openings = {number for number, step in enumerate(plan.steps, 1) if step.opens is not None}
        self._followers(plan)
        listener(GraphPlanned(tuple(self._nodes(plan))))

    def _followers(self, plan: Plan) -> None:
        for index, step in enumerate(plan.steps):
            if step.vertex is None:
                continue
            behind = [index + 1]
            for later in plan.steps[index + 1 :]:
                if later.stage != step.stage or later.vertex is not None:
                    break
                behind.append(behind[-1] + 1)
            self._steps.setdefault(step.vertex.digest, []).append(tuple(behind))

    @staticmethod
    def _nodes(plan: Plan) -> list[Node]:
        nodes: list[Node] = []
        ends: dict[int, int] = {}
        makers: dict[str, int] = {}
        for number, step in enumerate(plan.steps, 1):
            inputs: set[int | None] = set()
            if step.opens is not None and step.opens.parent is not None:
                inputs = {ends.get(step.opens.parent)}
            elif step.vertex is not None:
                inputs = {makers.get(entry.digest) for entry in step.vertex.inputs[1:]}
                makers.setdefault(step.vertex.digest, number)
            ends[step.stage] = number
            name, known = plan.stage_names[step.stage], tuple(sorted(entry for entry in inputs if entry is not None))
            nodes.append(Node(number, step.text, step.lines, step.stage, name, known))
        return nodes

    def started(self, vertex: Vertex) -> None:
        self._started[vertex.digest] = self._monotonic()
        for numbers in self._steps.get(vertex.digest, ())[:1]:
            self._listener(NodeChanged(numbers[0], "running"))

    def reported(self, vertex: Vertex, report: Report) -> None:
        """Output comes in its turn only."""

    def finished(self, vertex: Vertex, outcome: Outcome) -> None:
        begun = self._started.get(vertex.digest)
        seconds = self._monotonic() - begun if begun is not None else None
        size = outcome.layer.descriptor.size if outcome.layer is not None else None
        state = "cached" if outcome.cached else "done"
        for place, (number, *settings) in enumerate(self._steps.get(vertex.digest, ())):
            if number in self._openings:
                self._listener(NodeChanged(number, "done", None if place else seconds))
            else:
                # Equal work is done once: whoever else wants it finds it.
                self._listener(NodeChanged(number, "cached") if place else NodeChanged(number, state, seconds, size))
            for behind in settings:
                self._listener(NodeChanged(behind, state))

    def unneeded(self, vertex: Vertex) -> None:
        for numbers in self._steps.get(vertex.digest, ()):
            for number in numbers:
                self._listener(NodeChanged(number, "cached"))

    def failed(self, vertex: Vertex) -> None:
        for numbers in self._steps.get(vertex.digest, ())[:1]:
            self._listener(NodeChanged(numbers[0], "failed"))


class Together:
    """Tells several watchers the same."""

    def __init__(self, *watchers: Watcher) -> None:
        self._watchers: Sequence[Watcher] = watchers

    def started(self, vertex: Vertex) -> None:
        for watcher in self._watchers:
            watcher.started(vertex)

    def reported(self, vertex: Vertex, report: Report) -> None:
        for watcher in self._watchers:
            watcher.reported(vertex, report)

    def finished(self, vertex: Vertex, outcome: Outcome) -> None:
        for watcher in self._watchers:
            watcher.finished(vertex, outcome)

    def unneeded(self, vertex: Vertex) -> None:
        for watcher in self._watchers:
            watcher.unneeded(vertex)

    def failed(self, vertex: Vertex) -> None:
        for watcher in self._watchers:
            watcher.failed(vertex)
