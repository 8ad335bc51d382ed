"""The live diagram: told of requests and calls by the session, and of events by asking the daemon for them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import closing

from traitlets import List, Unicode

from jupyter_containers.client import Client
from jupyter_containers.commands.diagram import Diagram
from jupyter_containers.commands.diagram_parts import (
    EDGES,
    HEIGHT,
    PART_HEIGHT,
    PART_WIDTH,
    PARTS,
    WIDTH,
    Light,
)
from jupyter_containers.errors import ContainersError
from jupyter_containers.widgets.static import module, sheet
from jupyter_containers.widgets.view import Action, Json, View

_KEPT = 400
# Asking for what has happened costs the daemon 0.3 ms.
POLL_SECONDS = 0.4


class DiagramView(View):
    """`steps` are the lights of a saved trace, to be gone through; empty for a diagram that looks itself."""

    _esm = module("diagram.js")
    _css = sheet("diagram.css")
    parts = List().tag(sync=True)
    edges = List().tag(sync=True)
    size = List().tag(sync=True)
    steps = List().tag(sync=True)
    title = Unicode().tag(sync=True)

    def __init__(self, panel: Diagram) -> None:
        steps = [light.to_json() for light in panel.lights] if panel.replayed is not None else []
        title = f"trace of {panel.replayed.command}" if panel.replayed is not None else "what is at work now"
        super().__init__(
            label="architecture", title=title, size=[WIDTH, HEIGHT], steps=steps,
            parts=[[part.name, part.x, part.y, PART_WIDTH, PART_HEIGHT, part.about] for part in PARTS],
            edges=[list(edge) for edge in EDGES],
        )  # fmt: skip
        self._panel = panel
        self._client: Client | None = None
        # What was told, for a browser that comes later: how many in all, and the last of them.
        self._told = 0
        self._kept: deque[Light] = deque(maxlen=_KEPT)

    def begin(self) -> None:
        """See View: requests and calls are told as soon as it is displayed."""
        if self._panel.session is None:
            return
        # A connection of its own: events are asked for while commands are under way.
        self._client = Client(self._panel.session.client.address)
        self._panel.on_lights = self._show
        self._panel.session.watchers.append(self._panel)
        super().begin()

    def watch(self) -> None:
        """Tell of what the daemon says that others do, until the view ends."""
        client = self._client
        assert client is not None
        with closing(client):
            since = time.time()
            while not self.ended.wait(POLL_SECONDS):
                if self._panel.is_busy:
                    continue
                until = time.time()
                try:
                    events = list(client.system.events(since=f"{since:.9f}", until=f"{until:.9f}"))
                except ContainersError:
                    # It may be started again just now; asked again, it tells of what was missed.
                    continue
                for event in events:
                    self._panel.saw_event(event)
                since = until

    def let_go(self) -> None:
        """See View."""
        session = self._panel.session
        if session is not None and self._panel in session.watchers:
            session.watchers.remove(self._panel)

    def actions(self) -> Mapping[str, Action]:
        """See View: a browser that has just come asks for what it has missed."""
        return {"hello": self._hello}

    def _hello(self, _: Json) -> Json:
        with self.lock:
            return {"first": self._told - len(self._kept), "lights": [light.to_json() for light in self._kept]}

    def _show(self, lights: Sequence[Light]) -> None:
        with self.lock:
            first, self._told = self._told, self._told + len(lights)
            self._kept.extend(lights)
        self.tell(event="lights", first=first, lights=[light.to_json() for light in lights])


def view(panel: Diagram) -> DiagramView:
    """Return the widget of a diagram."""
    return DiagramView(panel)
