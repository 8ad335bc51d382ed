"""Showing results in a notebook: live while they grow, then settled; never the same thing twice.

A display that is updated is the one way of showing progress that needs nothing of a front end. The updates come from
one thread for each picture, so that a step that says nothing still gets its running time, and are at most 20 in a
second: front ends drop or choke on more.
"""

from __future__ import annotations

import contextvars
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from IPython.display import display

from jupyter_containers.commands.front import Tell, TerminalFront
from jupyter_containers.commands.results import LiveResult, Panel, Result, visible_lines
from jupyter_containers.magics.consoles import is_asked_by_console
from jupyter_containers.magics.panels import OpenPanels
from jupyter_containers.magics.slow import Slow
from jupyter_containers.magics.stage import Audience, Stage
from jupyter_containers.pictures import bundle, picture

INTERVAL_SECONDS = 0.05
# What the displays of a cell may send, so that a large picture comes less often.
_BYTES_PER_SECOND = 250_000
# How often a picture is drawn again to which nothing was told: it shows the time that goes by.
_TICK_SECONDS = 1.0
_NOTHING = {"text/plain": "", "text/html": ""}
# Module and name of the widgets that people make themselves.
_PART = ("jupyter_containers.widgets.parts", "Part")
# What people put them into: the base of all layouts.
_BOX = ("ipywidgets.widgets.widget_box", "Box")


class NotebookFront:
    """Shows things as outputs of the running cell; prints them where outputs are never updated.

    `shell` is the InteractiveShell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._shown: WeakKeyDictionary[Result, int] = WeakKeyDictionary()
        self._panels = OpenPanels()
        self._printer = IPythonTerminalFront(shell)
        self._audience = Audience(lambda: self.is_attended)
        self._slow: Slow | None = None
        self._growing: LiveResult | None = None

    @property
    def is_attended(self) -> bool:
        """Whether somebody can see widgets: nbclient and the like say that they cannot ask anybody."""
        return bool(getattr(self._kernel, "_allow_stdin", False)) and not self._prints

    @property
    def _opens_panels(self) -> bool:
        """Whether widgets are shown. Scripts keep pictures only; one of them is run for people: Voilà."""
        return self.is_attended or any(name.startswith("VOILA_") for name in os.environ)

    @property
    def _kernel(self) -> Any:
        return getattr(self._shell, "kernel", None)

    @property
    def _prints(self) -> bool:
        return is_asked_by_console(self._kernel)

    def note(self, text: str) -> None:
        print(visible_lines(text), flush=True)

    def show(self, result: Result) -> None:
        if self._prints:
            self._printer.show(result)
            self._mark(result)
            return
        slow, self._slow = self._slow, None
        # A widget cannot take the place of what was displayed: that becomes nothing.
        opens = isinstance(result, Panel) and self._opens_panels
        was_seen = slow is not None and slow.end(lambda: _NOTHING if opens else bundle(result))
        if was_seen and not opens:
            self._mark(result)
            return
        if not (isinstance(result, Panel) and opens and self._panels.open(result)):
            display(bundle(result), raw=True)
        self._mark(result)

    @contextmanager
    def slow(self, result: LiveResult) -> Iterator[Tell]:
        """Display a result that only grows if it takes long; what is shown next takes its place."""
        if self._prints:
            with self._printer.slow(result) as tell:
                yield tell
            return
        self.settle_slow()
        live = LiveDisplay(result, self._audience)
        self._slow, self._growing = Slow(lambda: live), result
        try:
            yield live.tell
        except BaseException:
            self.settle_slow()
            raise

    def settle_slow(self) -> None:
        """Let what took long be the last that is seen of it, if nothing has taken its place."""
        slow, self._slow = self._slow, None
        if slow is not None and self._growing is not None:
            growing = self._growing
            slow.end(lambda: bundle(growing))

    @contextmanager
    def live(self, result: LiveResult) -> Iterator[Tell]:
        self._mark(result)
        if self._prints:
            with self._printer.live(result) as tell:
                yield tell
            return
        # What shows itself takes the place of the bar that said only that something goes on.
        slow, self._slow = self._slow, None
        if slow is not None:
            slow.end(lambda: _NOTHING)
        with LiveDisplay(result, self._audience) as live:
            yield live.tell

    def shown_here(self, result: Result) -> bool:
        """Tell whether the running cell has shown the result already."""
        return bool(self._shown.get(result) == self._shell.execution_count)

    def _mark(self, result: Result) -> None:
        self._shown[result] = self._shell.execution_count

    def attach(self) -> None:
        """Have results and parts that are the value of a cell displayed, unless the cell has done so."""
        formatter = self._shell.display_formatter.ipython_display_formatter
        formatter.for_type(Result, self._display)
        # By name, as nobody has loaded ipywidgets yet.
        formatter.for_type_by_name(*_PART, self._display_part)
        formatter.for_type_by_name(*_BOX, self._display_box)

    def detach(self) -> None:
        formatter = self._shell.display_formatter.ipython_display_formatter
        formatter.pop(Result, None)
        formatter.pop(".".join(_PART), None)
        formatter.pop(".".join(_BOX), None)
        self._panels.settle_all()

    def _display_part(self, part: Any) -> None:
        if self._opens_panels:
            self._panels.open_view(part, part.result)
        else:
            display(bundle(part.result()), raw=True)

    def _display_box(self, box: Any) -> None:
        if self._opens_panels:
            self._panels.open_box(box)
            return
        from jupyter_containers.widgets.boxes import page_of

        display(bundle(page_of(box)), raw=True)

    def _display(self, result: Result) -> None:
        if not self.shown_here(result):
            self.show(result)


class IPythonTerminalFront(TerminalFront):
    """Prints in a terminal IPython, where an update would be one more output."""

    def __init__(self, shell: Any) -> None:
        super().__init__(notes_on_stderr=False)
        self._shell = shell
        self._shown: WeakKeyDictionary[Result, int] = WeakKeyDictionary()

    def show(self, result: Result) -> None:
        super().show(result)
        self._shown[result] = self._shell.execution_count

    @contextmanager
    def live(self, result: LiveResult) -> Iterator[Tell]:
        self._shown[result] = self._shell.execution_count
        with super().live(result) as tell:
            yield tell

    def settle_slow(self) -> None:
        """A terminal's line is gone already."""

    def attach(self) -> None:
        """Have a result that is the value of a cell printed in a line, if all of it has been printed already."""
        self._shell.display_formatter.formatters["text/plain"].for_type(Result, self._print)

    def detach(self) -> None:
        self._shell.display_formatter.formatters["text/plain"].pop(Result, None)

    def _print(self, result: Result, printer: Any, cycle: bool) -> None:
        is_known = self._shown.get(result) == self._shell.execution_count
        printer.text(result.summary() if is_known else result.text())


def front_for(shell: Any) -> NotebookFront | IPythonTerminalFront:
    """Return the front of a shell: a kernel's shell has displays that can be updated."""
    return NotebookFront(shell) if getattr(shell, "kernel", None) is not None else IPythonTerminalFront(shell)


class LiveDisplay:
    """One output of a cell that follows a growing result. Used in a `with` block, at whose end it settles."""

    def __init__(self, result: LiveResult, audience: Audience) -> None:
        self._result, self._audience = result, audience
        self._lock = threading.Lock()
        self._changed = False
        self._ended = threading.Event()
        self._handle: Any = None
        self._thread: threading.Thread | None = None
        self._stage: Stage | None = None

    def tell(self, event: object) -> None:
        """Take an event in; it is drawn soon."""
        with self._lock:
            self._result.apply(event)
            self._changed = True

    def __enter__(self) -> LiveDisplay:
        self._handle = display(bundle(self._result, is_settled=False), raw=True, display_id=True)
        self._stage = Stage(self._handle, self._result.kind, self._picture, self._audience)
        # What a cell prints or displays is sent to the cell by a context variable; a new thread has none.
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._follow,), name="jupyter-containers display")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave(lambda: bundle(self._result))

    def leave(self, forms: Callable[[], dict[str, Any]]) -> None:
        """Settle as these forms. Interrupted once more meanwhile, it settles all the same: nothing goes on drawing."""
        self._ended.set()
        try:
            if self._thread is not None:
                self._thread.join()
        finally:
            try:
                self._handle.update(forms(), raw=True)
            finally:
                if self._stage is not None:
                    self._stage.close()

    def _picture(self) -> str:
        with self._lock:
            return str(picture(self._result, is_settled=False))

    def _follow(self) -> None:
        drawn_at, pause = time.monotonic(), INTERVAL_SECONDS
        stage = self._stage
        assert stage is not None
        while not self._ended.wait(pause):
            with self._lock:
                has_news = self._changed or time.monotonic() - drawn_at >= _TICK_SECONDS
                forms = bundle(self._result, is_settled=False) if stage.wants(has_news) else None
                self._changed = self._changed and forms is None
            if forms is None:
                continue
            drawn_at = time.monotonic()
            pause = max(INTERVAL_SECONDS, stage.draw(forms) / _BYTES_PER_SECOND)
