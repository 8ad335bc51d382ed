"""What is in all views of containers: a board that is brought up to date while somebody can see it.

The browser says when a view comes into sight and goes out of it; out of sight nothing is asked of the daemon. What is
sent is what is new: points since the last ones, the list of containers only when it has changed.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Mapping
from typing import Any

from jupyter_containers.client import Client, connect
from jupyter_containers.commands.board import Board, Line, points, thinned
from jupyter_containers.commands.results import visible
from jupyter_containers.errors import ContainersError
from jupyter_containers.widgets.view import Action, Json, View

# Seconds between two looks; after a failed one.
INTERVAL_SECONDS, RETRY_SECONDS = 2.0, 5.0
# Points of each container that a view begins with.
BEGINNING = 120


class BoardView(View):
    """A view that follows a board. A subclass has a module, and may have more actions."""

    def __init__(self, board: Board, **traits: Any) -> None:
        super().__init__(**traits)
        self.board = board
        self._is_visible = False
        self._sent = 0.0

    @property
    def client(self) -> Client:
        return self.board.client

    @property
    def has_news(self) -> bool:
        return self._is_visible

    def actions(self) -> Mapping[str, Action]:
        return {"begin": self._begin, "visible": self._visible, "course": self._course}

    def watch(self) -> None:
        pause = INTERVAL_SECONDS
        while not self.ended.wait(pause):
            if not self._is_visible:
                continue
            try:
                self._look()
                pause = INTERVAL_SECONDS
            except ContainersError as error:
                self.tell(event="lost", message=error.message)
                pause = RETRY_SECONDS

    def _take(self, widget: Any, content: Json, buffers: list[bytes]) -> None:
        """Answer in a thread: a stop may take ten seconds, in which others, and cells, need not wait."""
        # Whether it is seen is known in the order in which it is told.
        if content.get("call") in ("close", "visible"):
            super()._take(widget, content, buffers)
            return
        context, name = contextvars.copy_context(), f"jupyter-containers {content.get('call')}"
        work = (super()._take, widget, content, buffers)
        threading.Thread(target=context.run, args=work, name=name, daemon=True).start()

    def _look(self) -> None:
        """Ask, and send what is new."""
        with self.lock:
            since = self._sent
            has_listed = self.board.refresh()
            self._sent = self.board.histories.now
            new = {line.summary.id: found for line in self.board.lines if (found := points(line.history, since))}
            marks = {
                line.summary.id: list(line.history.out_of_memory_at)
                for line in self.board.lines
                if any(at > since for at in line.history.out_of_memory_at)
            }
            lines = [line_json(line) for line in self.board.lines] if has_listed else None
            # Within the lock: what was seen first is told first.
            self.tell(event="looked", now=self._sent, points=new, marks=marks, lines=lines)

    def _begin(self, _: Json) -> Json:
        """Return all that a view begins with, and begin to watch. Whether it is seen is told by `visible`."""
        with self.lock:
            self.board.refresh()
            self._sent = max(self._sent, self.board.histories.now)
            histories, lines = self.board.histories, self.board.lines
        self.begin()
        return {
            "now": histories.now, "cpus": histories.cpus, "memory": histories.memory_bytes, "kept": histories.is_kept,
            "lines": [line_json(line) for line in lines],
            "points": {line.summary.id: thinned(points(line.history), BEGINNING) for line in lines},
            "marks": {line.summary.id: list(line.history.out_of_memory_at) for line in lines},
        }  # fmt: skip

    def _visible(self, given: Json) -> None:
        self._is_visible = bool(given.get("is"))

    def _course(self, given: Json) -> Json:
        """Return all points that are kept of a container."""
        line = self.board.find(str(given.get("id", "")))
        return {"points": points(line.history), "marks": list(line.history.out_of_memory_at)}


def line_json(line: Line) -> Json:
    """Return what the browser shows of a container."""
    summary, history = line.summary, line.history
    return {
        "id": summary.id, "name": summary.name or summary.id[:12], "image": visible(summary.image),
        "state": summary.state, "status": visible(summary.status), "ports": [str(port) for port in summary.ports],
        "memoryLimit": history.memory_limit_bytes, "cpuLimit": history.cpu_limit, "pidsLimit": history.pids_limit,
    }  # fmt: skip


def board_of(client: Client | None, names: tuple[str, ...]) -> Board:
    """Return a board of a client, or of the daemon that the environment names."""
    board = Board(client or connect(), names)
    board.refresh()
    return board
