"""PID 1 of `--init`: passes signals on to the process, reaps orphans, ends as the process ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import NoReturn

# Cannot be blocked, or are about this very thread.
_NOT_FORWARDED = frozenset({
    signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL,
    signal.SIGTRAP, signal.SIGSYS, signal.SIGABRT,
})  # fmt: skip


def serve(become_process: Callable[[], NoReturn], before_waiting: Callable[[], None]) -> NoReturn:
    """Fork; the child becomes the process, this one stays as PID 1.

    `before_waiting` runs in PID 1 once the child is there: it drops what only the child needs.
    """
    watched = signal.valid_signals() - _NOT_FORWARDED
    signal.pthread_sigmask(signal.SIG_BLOCK, watched | {signal.SIGCHLD})
    child = os.fork()
    if child == 0:
        _take_foreground()
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        become_process()
    before_waiting()
    _wait(child, watched | {signal.SIGCHLD})


def _take_foreground() -> None:
    """Lead a process group of its own, in front of the terminal if there is one: Ctrl-C then reaches it once."""
    os.setpgid(0, 0)
    try:
        os.tcsetpgrp(0, os.getpid())
    except OSError:
        pass  # no terminal


def _wait(child: int, watched: set[signal.Signals] | set[int]) -> NoReturn:
    while True:
        received = signal.sigwait(watched)
        if received == signal.SIGCHLD:
            _reap(child)
            continue
        try:
            os.kill(child, received)
        except ProcessLookupError:
            continue


def _reap(child: int) -> None:
    """Collect all that have ended; when the process is among them, end as it did."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)
