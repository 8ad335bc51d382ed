"""The attached run of a container, from create to the exit code; the same for an exec.

    create ─▶ attach ─▶ wait (the daemon watches from here on) ─▶ start ─▶ output … ─▶ exit code

Whatever goes wrong on the way, no container is left behind.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jupyter_containers.client.containers import Containers
from jupyter_containers.client.execs import Execs
from jupyter_containers.client.interrupts import Interrupts
from jupyter_containers.client.raw import RawStream
from jupyter_containers.client.run_settings import ExecSettings, RunSettings
from jupyter_containers.client.system import System
from jupyter_containers.client.values import Statistics
from jupyter_containers.errors import ContainersError, Unsupported

if TYPE_CHECKING:
    from jupyter_containers.client.transport import Transport


Output = Callable[[int, bytes], None]
# Carries a stream to its end in another way than reading it: a keyboard does. Gets the id that `resize` wants.
Attend = Callable[[RawStream, str], None]


@dataclass(frozen=True, slots=True)
class Luggage:
    """What is done with a container's files, told its id: `pack` before it starts, `unpack` when it has ended.

    `clear`, after an exec however it ended, takes away what `pack` has brought; after a run the container goes.
    """

    pack: Callable[[str], None]
    unpack: Callable[[str], None]
    clear: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. `out_of_memory`: the kernel killed a process because the memory limit was reached."""

    container_id: str
    exit_code: int
    started_at: datetime
    finished_at: datetime
    out_of_memory: bool = False
    interrupts: int = 0
    timed_out: bool = False
    # None of an exec, and of a daemon that does not count.
    statistics: Statistics | None = None


class Runs:
    """Runs processes and stays with them until they end."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._containers = Containers(transport)
        self._execs = Execs(transport)
        self._system = System(transport)

    def run(
        self, settings: RunSettings, output: Output, *, stdin: bytes | None = None, attend: Attend | None = None,
        luggage: Luggage | None = None, timeout_seconds: float = 0.0, watch: Callable[[str], None] | None = None,
    ) -> Outcome:  # fmt: skip
        """Run a container to its end, passing on what it writes. An interrupt is passed on to its process.

        Removed at the end with `settings.auto_remove`, and in any case when it was never started or is left alone by
        an error. Raises NotFound for an unknown image, and for a command that is not in the image what start raises.
        KeyboardInterrupt only when the process outlives SIGKILL, or when nothing runs yet.

        After `timeout_seconds` (0: never) it is killed. With `luggage` it stays until that is unpacked.
        `watch` gets its id when it has been started.
        """
        kept = replace(settings, auto_remove=False) if luggage is not None else settings
        attend = attend or _reading(output, stdin)
        with Interrupts() as interrupts:
            id_ = self._containers.create(kept)
            try:
                if luggage is not None:
                    luggage.pack(id_)
                interrupts.check()
                outcome = self._attended(id_, kept, attend, interrupts, timeout_seconds=timeout_seconds, watch=watch)
                if luggage is not None:
                    luggage.unpack(id_)
            except BaseException:
                self._forget(id_)
                raise
            if settings.auto_remove and luggage is not None:
                self._forget(id_)
            return outcome

    def _attended(
        self, id_: str, settings: RunSettings, attend: Attend, interrupts: Interrupts, *,
        timeout_seconds: float, watch: Callable[[str], None] | None,
    ) -> Outcome:  # fmt: skip
        with self._containers.attach(id_, stdin=settings.stdin, terminal=settings.terminal) as stream:
            waiting = self._containers.wait(id_, "removed" if settings.auto_remove else "next-exit")
            try:
                asked_at = time.time()
                self._containers.start(id_)
                started_at = datetime.now(UTC)
                interrupts.deliver_to(lambda name: self._signal(id_, name))
                with _deadline(timeout_seconds, lambda: self._signal(id_, "KILL")) as passed:
                    if watch is not None:
                        watch(id_)
                    attend(stream, id_)
                    code = waiting.result()
            finally:
                waiting.close()
        outcome = self._outcome(id_, code, asked_at, started_at, interrupts.count)
        return replace(outcome, timed_out=passed.is_set())

    def _another(self) -> Transport:
        return type(self._transport)(self._transport.address)

    def _signal(self, id_: str, name: str) -> bool:
        # An interrupt comes in the middle of anything, such as a locked pool of connections: it takes its own.
        with closing(self._another()) as transport:
            Containers(transport).kill(id_, name)
        return True

    def _signal_exec(self, id_: str, name: str) -> bool:
        with closing(self._another()) as transport:
            return Execs(transport).signal(id_, name)

    def _outcome(self, id_: str, code: int, asked_at: float, started_at: datetime, interrupts: int) -> Outcome:
        """Take the times and the cause from the daemon's own record of what happened, as far as it has one."""
        finished_at, out_of_memory, statistics = datetime.now(UTC), False, None
        try:
            for event in self._system.events_between(asked_at, time.time(), container=id_):
                if event.action == "start":
                    started_at = event.at
                elif event.action == "die":
                    finished_at, statistics = event.at, Statistics.of(event)
                elif event.action == "oom":
                    out_of_memory = True
        except ContainersError:
            pass  # a daemon without events: this side's clock is nearly as good
        return Outcome(id_, code, started_at, finished_at, out_of_memory, interrupts, statistics=statistics)

    def _forget(self, id_: str) -> None:
        try:
            self._containers.remove(id_, force=True, volumes=True)
        except ContainersError:
            pass  # it was removed already, or its removal is under way

    def run_exec(
        self, container: str, settings: ExecSettings, output: Output, *, stdin: bytes | None = None,
        attend: Attend | None = None, luggage: Luggage | None = None, timeout_seconds: float = 0.0,
    ) -> Outcome:  # fmt: skip
        """Run a process in a running container to its end; an interrupt is passed on where that can be done.

        Raises Unsupported for a time limit that could not be kept: the API has no request that ends an exec.
        """
        attend = attend or _reading(output, stdin)
        if timeout_seconds and not self._execs.can_signal(container):
            raise Unsupported(
                f"a time limit for a process in {container}: it cannot be killed from here, because the daemon at "
                f"{self._transport.address} is on another machine or another user's; write `timeout SECONDS COMMAND`"
            )
        with Interrupts() as interrupts, ExitStack() as cleaning:
            if luggage is not None:
                luggage.pack(container)
                cleaning.callback(luggage.clear, container)
            id_ = self._execs.create(container, settings)
            interrupts.check()
            started_at = datetime.now(UTC)
            with self._execs.start(id_, terminal=settings.terminal) as stream:
                interrupts.deliver_to(lambda name: self._signal_exec(id_, name))
                with _deadline(timeout_seconds, lambda: self._signal_exec(id_, "KILL")) as passed:
                    attend(stream, id_)
            state = self._execs.inspect(id_)
            if luggage is not None:
                luggage.unpack(container)
        code = state.get("ExitCode")
        return Outcome(
            str(state.get("ContainerID", "")), -1 if code is None else int(code), started_at, datetime.now(UTC),
            interrupts=interrupts.count, timed_out=passed.is_set(),
        )  # fmt: skip


@contextmanager
def _deadline(seconds: float, kill: Callable[[], bool]) -> Iterator[threading.Event]:
    """Call `kill` unless the block ends in time; the event tells that this has ended it."""
    passed = threading.Event()

    def end() -> None:
        try:
            if kill():
                passed.set()
        except ContainersError:
            pass  # it ended in this very moment

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    if seconds:
        timer.start()
    try:
        yield passed
    finally:
        timer.cancel()
        if seconds:
            # What it killed ends before it can say so.
            timer.join()


def _reading(output: Output, stdin: bytes | None) -> Attend:
    def attend(stream: RawStream, _: str) -> None:
        for kind, content in stream.exchange(stdin):
            output(kind, content)

    return attend
