"""What is displayed only if it takes long, and whose place its result takes then."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_containers.magics.display import LiveDisplay

DELAY_SECONDS = 0.5


class Slow:
    """A display to come. `make` makes it, in a thread of its own, when the delay is over."""

    def __init__(self, make: Callable[[], LiveDisplay]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._display: LiveDisplay | None = None
        # What a thread displays is sent to the cell that a context variable names; a new thread has none.
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._wait,), name="jupyter-containers slow")
        self._thread.start()

    def _wait(self) -> None:
        if not self._is_over.wait(DELAY_SECONDS):
            with self._lock:
                if not self._is_over.is_set():
                    self._display = self._make().__enter__()

    def end(self, forms: Callable[[], dict[str, Any]]) -> bool:
        """Display no more; what has been displayed becomes `forms`. Return whether there was anything."""
        self._is_over.set()
        try:
            self._thread.join()
        finally:
            # Interrupted while it waits, it leaves no display that goes on.
            with self._lock:
                display, self._display = self._display, None
            if display is not None:
                display.leave(forms)
        return display is not None
