"""The course of `up` once all containers are made: they start as their needs allow, and are watched to their end.

One thread acts; others only read (watching.py). An interrupt stops the containers, another one kills them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from jupyter_containers.client import Client
from jupyter_containers.client.values import Event
from jupyter_containers.compose.ending import plan_stop
from jupyter_containers.compose.executing import Began, Done, Executor, Failed
from jupyter_containers.compose.hooks import run_hooks
from jupyter_containers.compose.members import DependencyFailed, Member, is_satisfied
from jupyter_containers.compose.model import Dependency, Project
from jupyter_containers.compose.noticing import Renewed, Renewing
from jupyter_containers.compose.observing import Found, observe
from jupyter_containers.compose.operations import StartContainer
from jupyter_containers.compose.watching import Happening, Interrupt, LogEnded, Lost, Watch, Wrote
from jupyter_containers.errors import ContainersError, DeadlineExceeded

Tell = Callable[[object], None]


@dataclass(frozen=True, slots=True)
class Course:
    """How far `up` goes. `follows`: stay until all have ended; `waits`: until all run and are healthy.

    `silent` are services whose output is not wanted. `stops_with`: what ends all when it ends, "*" for any service.
    """

    follows: bool = False
    waits: bool = False
    wait_seconds: float | None = None
    silent: tuple[str, ...] = ()
    stops_with: str = ""
    stop_seconds: int | None = None
    # What must be, for somebody who is to start after all of this.
    needs: tuple[Dependency, ...] = ()


class Beside(Protocol):
    """Works on the containers beside their course, once they have been started; what happens is put there."""

    def begin(self, put: Callable[[object], None]) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Stopping:
    """All containers are being stopped, or killed; `reason` says why."""

    reason: str
    kills: bool = False


@dataclass(frozen=True, slots=True)
class _Stopped:
    error: ContainersError | None


@dataclass(slots=True)
class Attending:
    """Starts and watches `members`, by their names. `begun` are those that were started here."""

    client: Client
    project: Project
    found: Found
    watch: Watch
    course: Course
    tell: Tell
    members: dict[str, Member]
    pending: list[StartContainer]
    begun: list[str] = field(default_factory=list)
    error: ContainersError | None = None
    is_stopping: bool = False
    is_stopped: bool = False
    first_end: Member | None = None
    beside: Beside | None = None
    is_beside: bool = False
    # Services whose containers are about to come again.
    renewing: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Go as far as the course goes. Raises what kept a service from starting, once all is at rest again."""
        deadline = None if self.course.wait_seconds is None else time.monotonic() + self.course.wait_seconds
        for start in self.pending:
            self.members[start.name].will_start()
        self._follow_those_that_run()
        while True:
            self._start_what_can()
            self._begin_beside()
            if self._is_over():
                break
            left = None if deadline is None else deadline - time.monotonic()
            happening = self.watch.next(left) if left is None or left > 0 else None
            if happening is None:
                raise DeadlineExceeded(f"not all services were there within {self.course.wait_seconds:g} s")
            self._take(happening)
        if self.error is not None:
            raise self.error

    def _begin_beside(self) -> None:
        if self.beside is not None and not self.is_beside and not self.pending and not self.is_stopping:
            self.is_beside = True
            self.beside.begin(self.watch.put)

    def _follow_those_that_run(self) -> None:
        for member in self.members.values():
            self.tell(member.status())
            if member.has_begun and not member.has_ended:
                member.log_tail = "0"
                self._follow(member)

    def _start_what_can(self) -> None:
        try:
            while not self.is_stopping:
                ready = next((start for start in self.pending if self._can_start(start)), None)
                if ready is None:
                    return
                self.pending.remove(ready)
                self._start(ready)
        except ContainersError as error:
            self._fail(error)

    def _can_start(self, start: StartContainer) -> bool:
        for need in start.needs:
            try:
                if not is_satisfied(need, self.members.values(), who=start.name):
                    return False
            except DependencyFailed:
                if need.required:
                    raise
        return True

    def _start(self, start: StartContainer) -> None:
        member = self.members[start.name]
        self.tell(Began(start))
        try:
            self.client.containers.start(member.id)
            self.begun.append(member.name)
            member.look(self.client.containers.inspect(member.id))
            self._follow(member)
            run_hooks(self.client, start.service, "post_start", member.id)
        except ContainersError as error:
            self.tell(Failed(start, error))
            error.add_note(f"while it was to {start.describe()}")
            raise
        self.tell(Done(start, member.id))
        self.tell(member.status())

    def _fail(self, error: ContainersError) -> None:
        """Begin nothing more. Who follows ends all that runs; who does not leaves it, as Docker Compose does."""
        self.error = self.error or error
        self.pending.clear()
        if self.course.follows:
            self._stop(error.message)

    def _is_over(self) -> bool:
        if self.pending:
            return False
        if not self.course.follows:
            return self.error is not None or (self._is_as_needed() and self._is_as_waited_for())
        if (self.is_stopping and not self.is_stopped) or (self.renewing and not self.is_stopping):
            return False
        return all(member.has_ended or member.state == "created" for member in self.members.values()) and not any(
            member.is_followed for member in self.members.values()
        )

    def _is_as_needed(self) -> bool:
        members = self.members.values()
        return all(is_satisfied(need, members, who="it") for need in self.course.needs if need.required)

    def _is_as_waited_for(self) -> bool:
        return not self.course.waits or all(map(self._is_ready, self.members.values()))

    def _is_ready(self, member: Member) -> bool:
        if member.has_ended:
            if member.exit_code:
                self.error = self.error or ContainersError(f"{member.name} ended with exit code {member.exit_code}")
            return True
        if member.health == "unhealthy":
            self.error = self.error or ContainersError(f"{member.name} is unhealthy; its logs may tell why")
            return True
        return member.state == "running" and member.health in ("", "healthy")

    def _take(self, happening: Happening) -> None:
        if isinstance(happening, Wrote):
            self.tell(happening)
        elif isinstance(happening, Event):
            self._hear(happening)
        elif isinstance(happening, LogEnded):
            self.tell(happening)
            self._log_ended(self.members[happening.name])
        elif isinstance(happening, Interrupt):
            self._interrupted(happening.signal)
        elif isinstance(happening, _Stopped):
            self.is_stopped = True
            self.error = self.error or happening.error
        elif isinstance(happening, Lost):
            raise happening.error
        elif isinstance(happening, Renewing):
            self.renewing.add(happening.service)
        elif isinstance(happening, Renewed):
            self._renewed(happening.service)
        else:
            self.tell(happening)

    def _renewed(self, service: str) -> None:
        """Look which containers a service has now, and follow those that are new."""
        self.renewing.discard(service)
        for one in observe(self.client, self.project.name).of(service):
            member = self.members.setdefault(one.name, Member(service, one.name, one.id))
            with suppress(ContainersError):
                member.look(self.client.containers.inspect(one.id))
            if member.id != one.id:
                member.id, member.log_since, member.log_tail = one.id, "", "all"
                if member.is_followed:
                    # The end of the other's output is not known yet, and when it is, this one's is followed.
                    member.ends += 1
                elif member.has_begun:
                    self._follow(member)
            self.tell(member.status())

    def _hear(self, event: Event) -> None:
        member = next((one for one in self.members.values() if one.id == event.actor_id), None)
        if member is None:
            return
        before = member.status()
        member.hear(event)
        if event.action == "die":
            self._ended(member)
        elif event.action == "start" and not member.is_followed:
            self._follow(member)
        if member.status() != before:
            self.tell(member.status())

    def _ended(self, member: Member) -> None:
        """Look whether it comes again; the end of a container may be that of all."""
        if member.service in self.renewing:
            return
        with suppress(ContainersError):
            state = self.client.containers.inspect(member.id)["State"]
            if state.get("Restarting") or state.get("Running"):
                member.state = "restarting"
                return
        self.first_end = self.first_end or member
        if self.course.stops_with in ("*", member.service) and self.course.stops_with and not self.is_stopping:
            self._stop(f"{member.name} has ended")

    def _follow(self, member: Member) -> None:
        if not self.course.follows or member.service in self.course.silent:
            return
        with suppress(ContainersError):
            self.watch.follow_logs(
                member.service, member.name, member.id, framed=not member.has_terminal, since=member.log_since,
                tail=member.log_tail,
            )  # fmt: skip
            member.is_followed, member.ends_when_followed = True, member.ends

    def _log_ended(self, member: Member) -> None:
        member.is_followed = False
        if member.ends > member.ends_when_followed and member.state == "running":
            # It has been started again before the end of its log was known.
            self._follow(member)

    def _interrupted(self, signal: str) -> None:
        if not self.course.follows:
            raise KeyboardInterrupt
        if not self.is_stopping:
            self._stop("interrupted")
            return
        self.tell(Stopping("interrupted again", kills=True))
        for member in self.members.values():
            if not member.has_ended:
                with suppress(ContainersError):
                    self.client.containers.kill(member.id)

    def _stop(self, reason: str) -> None:
        """Have another thread stop all that runs, so that output and a second interrupt are seen meanwhile."""
        self.is_stopping = True
        self.pending.clear()
        self.tell(Stopping(reason))
        threading.Thread(target=self._stop_all, name="compose stop all", daemon=True).start()

    def _stop_all(self) -> None:
        error: ContainersError | None = None
        try:
            if self.beside is not None:
                self.beside.close()
            there = observe(self.client, self.project.name).containers
            running = [one for one in there if one.name in self.members]
            executor = Executor(self.client, self.project, self.found, lambda _: None)
            executor.carry_out(plan_stop(running, self.course.stop_seconds))
        except ContainersError as caught:
            error = caught
        finally:
            self.watch.put(_Stopped(error))
