"""Descriptors 0, 1 and 2 of a new process, and the end of all others."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection

from jupyter_containers.linux import descriptors, terminals


def take(stdio: tuple[int, int, int] | None, keep: Collection[int]) -> None:
    """Make `stdio` 0, 1 and 2 (None: the null device until there is a terminal), and close all but those and `keep`."""
    if stdio is None:
        null_fd = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        stdio = (null_fd, null_fd, null_fd)
    # Copied out of the way first: they may be 0, 1 and 2 in another order.
    copies = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3) for fd in stdio]
    for number, copy in enumerate(copies):
        os.dup2(copy, number)
    descriptors.close_all_except(keep)


def take_terminal(slave_fd: int, *, controls: bool = True) -> None:
    """Make a terminal 0, 1, 2 and, if it `controls`, the controlling one: this process leads a session without any."""
    if controls:
        terminals.make_controlling(slave_fd)
    for number in (0, 1, 2):
        os.dup2(slave_fd, number)
