"""One process that the shim looks after: the container's first, or an exec. Its pid, its streams, its end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from jupyter_containers.cgroups.totals import Totals
from jupyter_containers.shim.client import Client
from jupyter_containers.shim.protocol import STDERR, STDOUT, Exit
from jupyter_containers.shim.streams import Streams

# What dockerd waits for output that somebody else may still write after a process has ended.
LINGER_SECONDS = 2.0
# Of an exec, which has no group of its own.
NOT_COUNTED = Totals()


@dataclass(slots=True)
class Target:
    """`name` is "" for the first process, else the exec's id. Clients that come before the streams wait here."""

    name: str
    is_terminal: bool
    pid: int = 0
    streams: Streams | None = None
    exit: Exit | None = None
    # Why it could not be executed, as an exit code: 126 or 127 instead of what init left with.
    verdict: int | None = None
    early: list[Client] = field(default_factory=list)

    def attach(self, client: Client) -> None:
        if self.streams is None:
            self.early.append(client)
        else:
            self.streams.attach(client)

    def connect(self, streams: Streams) -> None:
        """Give the process its streams, and everybody who came early to them."""
        self.streams = streams
        early, self.early = self.early, []
        for client in early:
            streams.attach(client)

    def kill(self, number: int) -> None:
        """Signal the process; one that has been reaped is left alone: its number may be another's by now."""
        if self.pid and self.exit is None:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def record(self, status: int, at_ns: int, *, oom_killed: bool, used: Totals = NOT_COUNTED) -> Exit:
        """Record the end that waitpid reported."""
        code = os.waitstatus_to_exitcode(status) if self.verdict is None else self.verdict
        self.exit = Exit(code if code >= 0 else 128 - code, at_ns, oom_killed, "", used.cpu_ns, used.memory_peak_bytes)
        return self.exit

    def abandon(self) -> None:
        """Let go of the streams, and of clients of a process that never came to be; others get what waits for them."""
        if self.streams is not None:
            self.streams.end()
        for client in self.early:
            client.end.close()
        self.early.clear()

    @property
    def has_clients(self) -> bool:
        """Tell whether somebody is attached, be it only to take what is left of the output."""
        return self.streams is not None and self.streams.has_clients


class Pipes:
    """The pipes for a process without a terminal: `given` are its ends, the rest is ours."""

    def __init__(self, *, with_input: bool) -> None:
        input_read, input_write = os.pipe() if with_input else (os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), None)
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        self.given = (input_read, out_write, err_write)
        self.outputs = {out_read: STDOUT, err_read: STDERR}
        self.input_fd: int | None = input_write

    def give_away(self) -> None:
        """Close the process's ends, once it has its own copies."""
        for fd in self.given:
            os.close(fd)

    def close(self) -> None:
        for fd in (*self.outputs, *([self.input_fd] if self.input_fd is not None else [])):
            os.close(fd)


def reap(found: Callable[[int, int], None]) -> None:
    """Collect every child that has ended, ours and adopted ones, and tell (pid, status)."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        found(pid, status)


# Signals that a shim leaves alone: it ends when its container has, not when somebody presses Ctrl-C elsewhere.
IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE, signal.SIGTTOU, signal.SIGTTIN)


def now() -> str:
    """Return the instant in RFC 3339, microseconds. Without datetime, which would cost each shim some pages."""
    at_ns = time.time_ns()
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(at_ns // 10**9))}.{at_ns // 1000 % 10**6:06}Z"
