"""A terminal in a cell: a process, the keys that are typed for it, and what is left of it when it is closed.

the widget's thread ─▶ run(rows, columns, screen) ─▶ a way (terminal_ways.py): create, attach, start
                          pump: what is typed ─▶ stream ─▶ transcript, screen ─▶ … until it ends, or `end` is called
"""

from __future__ import annotations

import os
import selectors
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import ClassVar, Protocol

from jupyter_containers.client import Client
from jupyter_containers.client.raw import RawStream
from jupyter_containers.client.runs import Attend
from jupyter_containers.commands.quantities import duration_text
from jupyter_containers.commands.results import Json, Panel, visible
from jupyter_containers.commands.transcript import SHOWN_LINES, Transcript
from jupyter_containers.errors import ContainersError

# Front ends choke on more than 20 messages in a second, and Jupyter's server lets through a megabyte.
INTERVAL_SECONDS, PIECE_BYTES = 0.05, 32 * 1024
# How long a process has to end when its terminal is closed.
GRACE_SECONDS = 3.0
Screen = Callable[[bytes], bool]


class Way(Protocol):
    """How a terminal comes to its process. Without `has_terminal` its lines end as files have them."""

    has_terminal: bool

    @property
    def title(self) -> str:
        """What runs where."""

    def follow(self, client: Client, size: tuple[int, int], attend: Attend) -> int | None:
        """Begin, `attend` to the stream, and return the exit code; None when the process is left to itself."""

    def resize(self, client: Client, id_: str, rows: int, columns: int) -> None:
        """Tell the terminal its size."""

    def end(self, client: Client, id_: str) -> bool:
        """Ask the process to end; return False if it is to be left at once."""


class TerminalSession(Panel):
    """A terminal. `transcript` is what it has shown, `exit_code` is None until the process has ended."""

    kind: ClassVar[str] = "terminal"

    def __init__(self, way: Way, connect: Callable[[], Client], *, preface: str = "") -> None:
        self.way = way
        self.preface = preface
        self.exit_code: int | None = None
        self.error = ""
        self.started: datetime | None = None
        self.finished: datetime | None = None
        self.shown = Transcript()
        self._connect = connect
        self._client: Client | None = None
        self._id = ""
        self._size = (24, 80)
        self._resized = False
        self._typed: list[bytes] = []
        self._left_at = 0.0
        self._wake: tuple[int, int] | None = None
        self._wake_lock = threading.Lock()

    def __bool__(self) -> bool:
        return not self.error and (self.is_closed or self.exit_code in (0, None))

    @property
    def is_closed(self) -> bool:
        """True when the terminal was closed before its process had ended."""
        return bool(self._left_at)

    @property
    def transcript(self) -> str:
        """All that was shown, as text."""
        return self.shown.text()

    def run(self, rows: int, columns: int, screen: Screen) -> None:
        """Run the process to its end, passing to `screen` what it writes. `error` tells what kept it from that.

        `screen` returns False for what it cannot take yet.
        """
        self._size = (rows, columns)
        self.shown.resize(rows, columns)
        with self._wake_lock:
            if self._left_at:
                return
            self.started = datetime.now(UTC)
            self._wake = os.pipe()
        try:
            with closing(self._connect()) as self._client:
                self.exit_code = self.way.follow(self._client, self._size, lambda s, i: self._attend(s, i, screen))
        except ContainersError as error:
            self.error = error.message
        finally:
            with self._wake_lock:
                self.finished = datetime.now(UTC)
                wake, self._wake = self._wake, None
                for fd in wake:
                    os.close(fd)

    def type(self, text: str | bytes) -> None:
        """Type something for the process."""
        self._typed.append(text.encode() if isinstance(text, str) else text)
        self._rouse()

    def resize(self, rows: int, columns: int) -> None:
        """Tell the process the size of its terminal."""
        self._size, self._resized = (rows, columns), True
        self._rouse()

    def end(self) -> None:
        """Close the terminal: the process is asked to end, and let go when it does not; `run` will begin none."""
        with self._wake_lock:
            if self.finished is not None or self._left_at:
                return
            # Said before it is asked: it can have ended before the asking returns.
            self._left_at = time.monotonic() + GRACE_SECONDS
        if not self._id or not self._asked_to_end():
            self._left_at = time.monotonic()
        self._rouse()

    def _asked_to_end(self) -> bool:
        try:
            return self._client is not None and self.way.end(self._client, self._id)
        except ContainersError:
            return True  # it has ended in this moment

    def _rouse(self) -> None:
        with self._wake_lock:
            if self._wake is not None:
                os.write(self._wake[1], b"\0")

    def _attend(self, stream: RawStream, id_: str, screen: Screen) -> None:
        self._id, self._resized = id_, True
        _Pump(stream, screen, self).run()

    def take(self, content: bytes) -> bytes:
        """Take in what the process wrote; return what a terminal shows for it."""
        content = content if self.way.has_terminal else content.replace(b"\n", b"\r\n")
        self.shown.feed(content)
        return content

    @property
    def wake_fd(self) -> int:
        """What can be read when there is something to do."""
        return self._wake[0] if self._wake is not None else -1

    @property
    def left_at(self) -> float:
        """When the process is let go, by time.monotonic; 0 while it is not closed."""
        return self._left_at

    def typed(self) -> bytes:
        """Return what was typed since the last time."""
        typed, self._typed = self._typed, []
        return b"".join(typed)

    def tell_size(self) -> None:
        """Pass a new size on. The first one can come before the process is there: then it is told later."""
        if self._resized and self._client is not None:
            self._resized = False
            self.shown.resize(*self._size)
            try:
                self.way.resize(self._client, self._id, *self._size)
            except ContainersError:
                self._resized = not self.shown.lines(1)

    def state(self) -> str:
        """Return in a few words how it is, or how it ended."""
        if self.started is None:
            return "not opened: no front end has shown it"
        took = duration_text((self.finished or datetime.now(UTC)) - self.started)
        if self.error:
            return self.error
        if self.finished is None:
            return f"open · {took}"
        if self.exit_code is None:
            return f"left after {took}; it runs on"
        return (
            f"closed after {took} (exit {self.exit_code})" if self.is_closed else f"exit {self.exit_code} after {took}"
        )

    def text(self) -> str:
        """Return the transcript and how it ended."""
        parts = [self.preface, self.shown.text(SHOWN_LINES)]
        if self.started is not None or not self.preface:
            parts.append(f"[{visible(self.way.title)}: {self.state()}]")
        return "\n".join(filter(None, parts))

    def summary(self) -> str:
        return f"{visible(self.way.title)}: {self.state()}"

    def data(self) -> Json:
        return {
            "title": self.way.title, "exitCode": self.exit_code, "error": self.error, "lines": self.shown.lines(),
            "started": self.started.isoformat() if self.started else None,
            "finished": self.finished.isoformat() if self.finished else None,
        }  # fmt: skip


class _Pump:
    """Carries keys to a stream and its output to a screen, in pieces that a front end can take."""

    def __init__(self, stream: RawStream, screen: Screen, session: TerminalSession) -> None:
        self._stream, self._screen, self._session = stream, screen, session
        self._unsent = memoryview(b"")
        self._unshown = bytearray()
        self._shown_at = 0.0

    def run(self) -> None:
        """Go on until the stream ends, or the session has been closed and its time is over."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._session.wake_fd, selectors.EVENT_READ)
            is_open = True
            while is_open and not (self._session.left_at and time.monotonic() >= self._session.left_at):
                self._session.tell_size()
                is_open = self._turn(self._ready(selector))
            while self._unshown and self._screen(bytes(self._unshown[:PIECE_BYTES])):
                del self._unshown[:PIECE_BYTES]

    def _ready(self, selector: selectors.BaseSelector) -> int:
        """Wait for something; return which events the stream has."""
        if not self._unsent:
            self._unsent = memoryview(self._session.typed())
        wanted = selectors.EVENT_WRITE if self._unsent else 0
        has_room = len(self._unshown) < PIECE_BYTES
        if has_room and self._stream.has_early_bytes:
            return selectors.EVENT_READ
        wanted |= selectors.EVENT_READ if has_room else 0
        if wanted:
            selector.register(self._stream, wanted)
        try:
            events = {key.fileobj: mask for key, mask in selector.select(self._patience())}
        finally:
            if wanted:
                selector.unregister(self._stream)
        if self._session.wake_fd in events:
            os.read(self._session.wake_fd, PIECE_BYTES)
        return events.get(self._stream, 0)

    def _patience(self) -> float | None:
        """Return how long there is nothing to do, in seconds; None for ever."""
        now, waits = time.monotonic(), []
        if self._unshown:
            waits.append(max(self._shown_at + INTERVAL_SECONDS - now, 0.001))
        if self._session.left_at:
            waits.append(max(self._session.left_at - now, 0.001))
        return min(waits, default=None)

    def _turn(self, events: int) -> bool:
        """Do what can be done; return False at the end of the stream."""
        if events & selectors.EVENT_WRITE:
            self._unsent = self._stream.send_some(self._unsent)
        pieces = self._stream.receive() if events & selectors.EVENT_READ else []
        for _, content in pieces or ():
            self._unshown += self._session.take(content)
        if self._unshown and time.monotonic() - self._shown_at >= INTERVAL_SECONDS:
            self._shown_at = time.monotonic()
            if self._screen(bytes(self._unshown[:PIECE_BYTES])):
                del self._unshown[:PIECE_BYTES]
        return pieces is not None
