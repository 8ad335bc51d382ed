"""The parts of the architecture, lit by what really happens, or step by step by what a saved trace tells."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from jupyter_containers.client.values import Event
from jupyter_containers.commands.diagram_parts import PARTS, Light, of_event, of_process, of_request, of_trace
from jupyter_containers.commands.results import Json, Panel, aligned
from jupyter_containers.commands.session import Session
from jupyter_containers.commands.trace_result import Process, Request, Trace

# As much as is kept of what was lit; each part's last line is kept in any case.
KEPT_LIGHTS = 1000
# Who works for longer than this shall see what others do meanwhile.
BUSY_SECONDS = 3.0
# What follows from a start that has been told: a short program ends, and is removed.
TOLD_SECONDS = 1.0


class Diagram(Panel):
    """`lights` is what happened, in order; `replayed` the trace that it steps through, if it does not look itself."""

    kind: ClassVar[str] = "diagram"

    def __init__(self, session: Session | None = None, replayed: Trace | None = None) -> None:
        self.session = session
        self.replayed = replayed
        self.lights: list[Light] = []
        self.last: dict[str, Light] = {}
        self.counts: dict[str, int] = {}
        self.on_lights: Callable[[Sequence[Light]], None] = lambda _: None
        self._lock = threading.Lock()
        self._busy_since = 0.0
        # Containers whose start was told call by call, and when.
        self._told: dict[str, float] = {}
        if replayed is not None:
            self.light(of_trace(replayed))

    def light(self, lights: Sequence[Light]) -> None:
        """Take in what has happened, and tell who shows it."""
        if not lights:
            return
        with self._lock:
            self.lights = [*self.lights, *lights][-KEPT_LIGHTS:]
            for light in lights:
                self.last[light.part] = light
                self.counts[light.part] = self.counts.get(light.part, 0) + light.count
        self.on_lights(lights)

    def saw_request(self, request: Request) -> None:
        self._busy_since = self._busy_since or time.monotonic()
        self.light(of_request(request))

    def saw_processes(self, processes: Sequence[Process]) -> None:
        for process in processes:
            self.light(of_process(process))
        self._busy_since = 0.0
        self._told = {**self._told, **{process.id: time.time() for process in processes}}

    def saw_event(self, event: Event) -> None:
        """Take in what the daemon tells, unless it is of what has been told call by call just now."""
        told = max(self._told.get(id_, 0.0) for id_ in (event.actor_id, event.attributes.get("container", "")))
        if event.at.timestamp() > told + TOLD_SECONDS:
            self.light(of_event(event))

    @property
    def is_busy(self) -> bool:
        """Whether a command is under way whose calls are still to be told: what the daemon tells of it comes later."""
        return 0 < time.monotonic() - self._busy_since < BUSY_SECONDS if self._busy_since else False

    def text(self) -> str:
        rows = [
            [part.name, str(self.counts[part.name]), self.last[part.name].line, self.last[part.name].sentence]
            for part in PARTS
            if part.name in self.last
        ]
        return "\n".join(aligned([["PART", "CALLS", "LAST", "WHAT IT IS FOR"], *rows])) if rows else self.summary()

    def summary(self) -> str:
        if not self.lights:
            return "diagram: nothing has happened yet"
        return f"diagram: {len(self.lights)} lights, {len(self.last)} of {len(PARTS)} parts"

    def data(self) -> Json:
        return {
            "parts": {name: {"count": self.counts[name], "last": light.to_json()} for name, light in self.last.items()},
            "lights": [light.to_json() for light in self.lights],
        }
