"""Ctrl-C and the Interrupt button while a container's process runs for us: passed on to the process.

The first interrupt is SIGINT for the process, the second SIGKILL, the third ends the waiting itself. Python's own
handler would raise in the middle of a read; this one sends the signal and lets the read see the end of the process.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

from jupyter_containers.errors import ContainersError

SIGNALS = ("INT", "KILL")


class Interrupts:
    """Takes over SIGINT for the time of a `with` block. In other threads than the main one it does nothing.

    `count` is how many there were; whoever uses it raises KeyboardInterrupt when his work has ended.
    """

    def __init__(self) -> None:
        self.count = 0
        self._sent = 0
        self._deliver: Callable[[str], object] | None = None
        self._before: Any = None
        self._installed = False

    def deliver_to(self, deliver: Callable[[str], object]) -> None:
        """Send each interrupt, those that came before too, by `deliver(name of the signal)`."""
        self._deliver = deliver
        self._catch_up()

    def check(self) -> None:
        """Raise KeyboardInterrupt if there was one: for the moments before anything runs."""
        if self.count:
            raise KeyboardInterrupt

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.count > len(SIGNALS):
            raise KeyboardInterrupt
        self._catch_up()

    def _catch_up(self) -> None:
        while self._deliver is not None and self._sent < min(self.count, len(SIGNALS)):
            name = SIGNALS[self._sent]
            self._sent += 1
            try:
                self._deliver(name)
            except ContainersError:
                pass  # it has ended in this moment, which is all that was wanted

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._interrupted)
            self._installed = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, self._before)
            self._installed = False
