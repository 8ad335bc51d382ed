"""The side of a person: what a command may show, and how a terminal shows it. A notebook's front is in magics."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Protocol, TextIO

from jupyter_containers.commands.results import LiveResult, Result, Said, sendable, visible_lines

STDERR = 2
SLOW_SECONDS, _TICK_SECONDS = 0.5, 0.25
Tell = Callable[[object], None]


class Front(Protocol):
    """Shows things to a person. `is_attended`: somebody is there to work with widgets."""

    @property
    def is_attended(self) -> bool: ...

    def note(self, text: str) -> None:
        """Say a sentence beside the result."""

    def show(self, result: Result) -> None:
        """Show a result that is complete."""

    def live(self, result: LiveResult) -> AbstractContextManager[Tell]:
        """Show a result while it grows. The block tells events; leaving it, in any way, settles the picture."""

    def slow(self, result: LiveResult) -> AbstractContextManager[Tell]:
        """Show that something goes on, if it takes long; nothing of it stays beside the result."""


class TerminalFront:
    """Prints. `notes_on_stderr` keeps standard output for what was asked for, as shells want it.

    `all_on_stderr`: what was asked for are bytes, and nothing else may stand between them.
    """

    is_attended = False

    def __init__(self, *, notes_on_stderr: bool = True, all_on_stderr: bool = False) -> None:
        self._notes_on_stderr = notes_on_stderr or all_on_stderr
        self._all_on_stderr = all_on_stderr
        self._line: Line | None = None

    def note(self, text: str) -> None:
        # It may have words of a container or a registry in it.
        print(visible_lines(text), file=sys.stderr if self._notes_on_stderr else sys.stdout, flush=True)

    def show(self, result: Result) -> None:
        if text := result.text():
            print(sendable(text), flush=True)

    @contextmanager
    def live(self, result: LiveResult) -> Iterator[Tell]:
        # What shows itself takes the place of the line that said only that something goes on.
        if self._line is not None:
            self._line.close()
        try:
            yield lambda event: self._say(result.apply(event))
        finally:
            self._say(result.closing())

    @contextmanager
    def slow(self, result: LiveResult) -> Iterator[Tell]:
        """Write one line again and again, where somebody looks at it; it goes when the work has ended."""
        with closing(Line(sys.stderr, result.text)) as self._line:
            yield lambda event: self._say(result.apply(event))

    def _say(self, said: Iterable[Said]) -> None:
        for stream, text in said:
            file = sys.stderr if stream == STDERR or self._all_on_stderr else sys.stdout
            file.write(sendable(text))
            file.flush()


class Line:
    """One line of a terminal, kept up to date from half a second on until it is closed; nothing in anything else."""

    def __init__(self, file: TextIO, text: Callable[[], str]) -> None:
        self._file, self._text = file, text
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write, name="jupyter-containers line")
        if file.isatty():
            self._thread.start()

    def _write(self) -> None:
        pause, written = SLOW_SECONDS, False
        while not self._ended.wait(pause):
            width = shutil.get_terminal_size().columns - 1
            self._file.write(f"\r\x1b[K{self._text()[:width]}")
            self._file.flush()
            pause, written = _TICK_SECONDS, True
        if written:
            self._file.write("\r\x1b[K")
            self._file.flush()

    def close(self) -> None:
        """Take it away; a second time does nothing."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()
