"""The shim's one loop: descriptors with what to do when they are ready, and a few things to do later.

On epoll itself and not on `selectors`, which refuses to watch a descriptor for nothing: a client that is only written
to must be missed when it hangs up, and the kernel reports that (EPOLLHUP, EPOLLERR) whatever one asks for.
Source: epoll_ctl(2).
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable

READ, WRITE = select.EPOLLIN, select.EPOLLOUT
GONE = select.EPOLLHUP | select.EPOLLERR

# Called with the descriptor and the events on it.
Ready = Callable[[int, int], None]


class Loop:
    """Owns its epoll descriptor, none of those that it watches: `forget` one before closing it."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._watched: dict[int, tuple[int, Ready]] = {}
        self._later: list[tuple[float, Callable[[], None]]] = []

    def watch(self, fd: int, interest: int, ready: Ready) -> None:
        """Call `ready(fd, events)` whenever `interest` (READ, WRITE, both, 0), or GONE, is true of the descriptor."""
        known = self._watched.get(fd)
        if known is None:
            self._epoll.register(fd, interest)
        elif known[0] != interest:
            self._epoll.modify(fd, interest)
        self._watched[fd] = (interest, ready)

    def forget(self, fd: int) -> None:
        """Stop watching a descriptor; one that is not watched is not an error."""
        if self._watched.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Call `action` once, so many seconds from now."""
        self._later.append((time.monotonic() + seconds, action))

    def turn(self) -> None:
        """Sleep until there is something to do, and do it."""
        for fd, events in self._epoll.poll(self._patience()):
            # One that was called before in this round may have forgotten this one.
            watched = self._watched.get(fd)
            if watched is not None:
                watched[1](fd, events)
        if self._later:
            self._do_what_is_due()

    def _patience(self) -> float | None:
        if not self._later:
            return None
        return max(min(due for due, _ in self._later) - time.monotonic(), 0)

    def _do_what_is_due(self) -> None:
        now = time.monotonic()
        due = [entry for entry in self._later if entry[0] <= now]
        self._later = [entry for entry in self._later if entry[0] > now]
        for _, action in due:
            action()

    def close(self) -> None:
        self._epoll.close()
