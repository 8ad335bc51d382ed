"""What runs in a cell, with a Stop button: its picture as it grows, where a browser is there to show it.

    after half a second the display is a widget ─▶ the browser says `here` ─▶ pictures go to it, and Stop comes back
    nobody says `here` (a script, a terminal, an old kernel) ─▶ the display goes on as it was, without a button

A front end that cannot deliver a click while a cell runs cannot say `here` either: a button that is there works.
"""

from __future__ import annotations

import contextvars
import signal
import threading
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_containers.widgets.static import module, sheet
from jupyter_containers.widgets.view import Action, Json, View

# How long a browser takes to load what it needs for the first widget.
LOADING_SECONDS = 6.0
_SAID = (
    "interrupted; Stop again kills what does not end",
    "stopped",
)


def interrupt() -> None:
    """Do what the Interrupt button of the front end does: raise SIGINT where cells run."""
    # A signal for the process may reach any thread; the one that runs the cell waits in a read, and has to be woken.
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, signal.SIGINT)


class LiveView(View):
    """The picture of something that runs. `here` is set when a browser shows it."""

    _esm = module("picture.js", "live.js")
    _css = sheet()

    def __init__(self, label: str, picture: Callable[[], str], stop: Callable[[], None] = interrupt) -> None:
        super().__init__(label=label)
        self.here = threading.Event()
        self._picture = picture
        self._stop = stop
        self._presses = 0

    def actions(self) -> Mapping[str, Action]:
        return {"here": self._begin, "stop": self._press}

    def show(self, html: str) -> None:
        """Send a picture, made of what stays in notebooks that nobody trusts."""
        self.tell(event="picture", html=html)

    def leave(self) -> None:
        """End. A browser that may still be loading it gets the time for that: it reports what goes meanwhile."""
        if self.here.is_set():
            self.settle()
            return
        self.ended.set()
        context = contextvars.copy_context()
        later = threading.Timer(LOADING_SECONDS, context.run, (self.close,))
        later.daemon = True
        later.start()

    def _begin(self, _: Json) -> str:
        self.here.set()
        return self._picture()

    def _press(self, _: Json) -> Any:
        if self.ended.is_set():
            return "it has ended"
        self._stop()
        self._presses += 1
        return _SAID[min(self._presses, len(_SAID)) - 1]
