"""One container as this daemon knows it: its record, and what is alive of it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from jupyter_containers.engine.containers.record import Record, Status
from jupyter_containers.errors import Conflict, ContainersError, InvalidParameter, Unavailable

if TYPE_CHECKING:
    from jupyter_containers.network.values import Attachment
    from jupyter_containers.supervisor.connection import Shim


class WaitCondition(StrEnum):
    NOT_RUNNING = "not-running"
    NEXT_EXIT = "next-exit"
    REMOVED = "removed"

    @classmethod
    def parse(cls, text: str) -> WaitCondition:
        """Read the condition; empty is not-running. Raises InvalidParameter."""
        try:
            return cls(text or "not-running")
        except ValueError:
            words = ", ".join(condition.value for condition in cls)
            raise InvalidParameter(f"invalid condition: {text!r}; one of {words} is expected") from None


@dataclass(frozen=True, slots=True)
class Streams:
    """Which of the three streams somebody wants."""

    stdin: bool = False
    stdout: bool = False
    stderr: bool = False


@dataclass(slots=True)
class Attaching:
    """Somebody who attached before the start: gets the stream, or None when there will be none."""

    streams: Streams
    stream: asyncio.Future[socket.socket | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Container:
    """Changed by verbs that hold `lock`; read by anybody. `shim` is there from launch until the end is recorded."""

    def __init__(self, record: Record, attachments: Mapping[str, Attachment] | None = None) -> None:
        self.record = record
        self.lock = asyncio.Lock()
        self.shim: Shim | None = None
        # Of the run before this one, done when its root is free to be mounted again.
        self.unmounted: Future[None] | None = None
        # By the network's name, in the order of connecting.
        self.attachments: dict[str, Attachment] = dict(attachments or {})
        self.attaching: list[Attaching] = []
        self.exec_ids: list[str] = []
        self.restart_delay_ns = 0
        self.restarting: asyncio.Task[None] | None = None
        self.probing: asyncio.Task[None] | None = None
        # A restart is under way: the end of this run does not remove a container of --rm.
        self.is_kept = False
        self.is_removed = False
        # It is being made, and its volumes are being filled: its lock is held for as long as that takes.
        self.is_half_made = False
        # Runs in which memory ran out, as (start, end) in milliseconds since the epoch; the last few.
        self.out_of_memory: tuple[tuple[int, int], ...] = ()
        self._exit_waiters: set[asyncio.Future[int]] = set()
        self._removal_waiters: set[asyncio.Future[int]] = set()

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def is_running(self) -> bool:
        return self.record.state.is_running

    async def unmount(self) -> None:
        """Wait until nothing of the run before is mounted any more: two mounts must not share what is written to."""
        if self.unmounted is not None and not self.unmounted.done():
            # Shielded, for who gives up waiting would cancel it for everybody.
            await asyncio.shield(asyncio.wrap_future(self.unmounted))

    def await_unmounted(self) -> None:
        """Wait, in a thread, until nothing of the last run is mounted any more; its processes have ended.

        Raises Unavailable when the daemon stops before that.
        """
        shim = self.shim
        unmounted = self.unmounted if shim is None else shim.unmounted
        if unmounted is not None:
            unmounted.result()

    def stop_waiting(self) -> None:
        """Let go of who waits for the end of the last run's mounts: nobody will hear of it, as the daemon ends."""
        if self.unmounted is not None and not self.unmounted.done():
            self.unmounted.set_exception(Unavailable("the daemon is stopping"))

    def running_shim(self) -> Shim:
        """Return the connection to what runs. Raises Conflict in Docker's words when nothing does."""
        if self.record.state.status is Status.RESTARTING:
            raise Conflict(f"Container {self.id} is restarting, wait until the container is running")
        if self.shim is None or not self.is_running:
            raise Conflict(f"Container {self.id} is not running")
        return self.shim

    def wait(self, condition: WaitCondition) -> asyncio.Future[int]:
        """Return a future of the exit code; it raises ContainersError when the removal that was waited for has failed.

        Cancelling it changes nothing for anybody else.
        """
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        # As in dockerd, one that waits for its restart counts as running.
        is_up = self.is_running or self.record.state.status is Status.RESTARTING
        if self.is_removed or (condition is WaitCondition.NOT_RUNNING and not is_up):
            future.set_result(self.record.state.exit_code)
            return future
        waiters = self._removal_waiters if condition is WaitCondition.REMOVED else self._exit_waiters
        waiters.add(future)
        future.add_done_callback(waiters.discard)
        return future

    def tell_exit(self) -> None:
        """Answer everybody who waits for the end."""
        _answer(self._exit_waiters, self.record.state.exit_code)

    def tell_removed(self) -> None:
        """Answer everybody who still waits for anything."""
        self.is_removed = True
        _answer(self._exit_waiters, self.record.state.exit_code)
        _answer(self._removal_waiters, self.record.state.exit_code)

    def tell_removal_failed(self, failure: ContainersError) -> None:
        """Answer those who wait for the removal: it is not going on any more."""
        for future in list(self._removal_waiters):
            if not future.done():
                future.set_exception(failure)

    def refuse_attaching(self) -> None:
        """Tell those who attached before a start that failed: there is no stream."""
        attaching, self.attaching = self.attaching, []
        for one in attaching:
            if not one.stream.done():
                one.stream.set_result(None)


def _answer(waiters: set[asyncio.Future[int]], exit_code: int) -> None:
    for future in list(waiters):
        if not future.done():
            future.set_result(exit_code)
