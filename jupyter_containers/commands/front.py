"""The side of a person: what a command may show, and how a terminal shows it. A notebook's front is in magics."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TextIO

from jupyter_containers.commands.results import LiveResult, Result, Said

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

    def note(self, text: str) -> None:
        print(text, file=sys.stderr if self._notes_on_stderr else sys.stdout, flush=True)

    def show(self, result: Result) -> None:
        if text := result.text():
            print(text, flush=True)

    @contextmanager
    def live(self, result: LiveResult) -> Iterator[Tell]:
        try:
            yield lambda event: self._say(result.apply(event))
        finally:
            self._say(result.closing())

    @contextmanager
    def slow(self, result: LiveResult) -> Iterator[Tell]:
        """Write one line again and again, where somebody looks at it; it goes when the work has ended."""
        with line_on(sys.stderr, result.text):
            yield lambda event: self._say(result.apply(event))

    def _say(self, said: Iterable[Said]) -> None:
        for stream, text in said:
            file = sys.stderr if stream == STDERR or self._all_on_stderr else sys.stdout
            file.write(text)
            file.flush()


@contextmanager
def line_on(file: TextIO, text: Callable[[], str]) -> Iterator[None]:
    """Keep one line of a terminal up to date during the block, after half a second; write nothing to anything else."""
    if not file.isatty():
        yield
        return
    ended = threading.Event()

    def write() -> None:
        pause, written = SLOW_SECONDS, False
        while not ended.wait(pause):
            width = shutil.get_terminal_size().columns - 1
            file.write(f"\r\x1b[K{text()[:width]}")
            file.flush()
            pause, written = _TICK_SECONDS, True
        if written:
            file.write("\r\x1b[K")
            file.flush()

    thread = threading.Thread(target=write, name="jupyter-containers line")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
