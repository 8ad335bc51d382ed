"""What happens in a project, from many streams into one queue: events, output, interrupts.

Each stream is read by a thread of its own, which ends with the watch. Output waits until it has been taken: a slow
reader slows the writers.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self

from jupyter_containers.client import Client
from jupyter_containers.client.following import Following
from jupyter_containers.client.values import Event
from jupyter_containers.compose import labels
from jupyter_containers.errors import ContainersError

_WAITING_PIECES = 512
_WAKE_SECONDS = 1.0
# How long a thread may take to see that its stream is closed.
_JOIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Wrote:
    """What a container wrote on stream 1 or 2."""

    service: str
    name: str
    stream: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LogEnded:
    name: str


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Somebody has had enough: INT the first time, KILL the second."""

    signal: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A stream broke off."""

    error: ContainersError


Happening = Event | Wrote | LogEnded | Interrupt | Lost | object


class Watch:
    """Follows a project for the time of a `with` block; `next` is for one thread."""

    def __init__(self, client: Client, project: str) -> None:
        self._client = client
        self._project = project
        # Signal handlers put into it, too, which this kind of queue allows.
        self._queue: SimpleQueue[Happening] = SimpleQueue()
        self._room = threading.Semaphore(_WAITING_PIECES)
        self._readers: list[tuple[threading.Thread, Following[Any]]] = []
        self._closed = False
        self.since = ""

    def __enter__(self) -> Self:
        self.since = self._client.following.now()
        filters = {"type": ["container"], "label": [f"{labels.PROJECT}={self._project}"]}
        events = self._client.following.events(since=self.since, filters=filters)
        self._begin(events, lambda: self._forward(events), "events")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        for _, stream in self._readers:
            stream.close()
        self._room.release(_WAITING_PIECES * (len(self._readers) + 1))
        for thread, _ in self._readers:
            thread.join(_JOIN_SECONDS)

    def put(self, happening: Happening) -> None:
        self._queue.put(happening)

    def next(self, timeout_seconds: float | None = None) -> Happening | None:
        """Return what has happened next, None when nothing has in this time."""
        try:
            happening = self._waited_for() if timeout_seconds is None else self._queue.get(timeout=timeout_seconds)
        except Empty:
            return None
        if isinstance(happening, Wrote):
            self._room.release()
        return happening

    def _waited_for(self) -> Happening:
        # A signal that another thread has received is handled when this one runs: it wakes now and then.
        while True:
            with suppress(Empty):
                return self._queue.get(timeout=_WAKE_SECONDS)

    def follow_logs(
        self, service: str, name: str, id_: str, *, framed: bool, since: str, until: str = "", tail: str = "all",
        timestamps: bool = False,
    ) -> None:  # fmt: skip
        """Take in what a container writes until it ends."""
        stream = self._client.following.logs(
            id_, framed=framed, since=since, until=until, tail=tail, timestamps=timestamps
        )  # fmt: skip
        self._begin(stream, lambda: self._output(stream, service, name), f"logs of {name}")

    def _begin(self, stream: Following[Any], read: Any, name: str) -> None:
        # A service that restarts for days has a log after the other: those that have ended are forgotten.
        self._readers = [reader for reader in self._readers if reader[0].is_alive()]
        thread = threading.Thread(target=read, name=f"compose {name}", daemon=True)
        thread.start()
        self._readers.append((thread, stream))

    def _forward(self, events: Iterable[Event]) -> None:
        try:
            for event in events:
                self._queue.put(event)
            if not self._closed:
                self._queue.put(Lost(ContainersError("the daemon has ended its events; is it still running?")))
        except ContainersError as error:
            self._queue.put(Lost(error))

    def _output(self, pieces: Iterable[tuple[int, bytes]], service: str, name: str) -> None:
        try:
            for stream, content in pieces:
                self._room.acquire()
                if self._closed:
                    return
                self._queue.put(Wrote(service, name, stream, content))
        except ContainersError:
            pass  # with the container, or the daemon, its log goes; events tell which
        finally:
            self._queue.put(LogEnded(name))
