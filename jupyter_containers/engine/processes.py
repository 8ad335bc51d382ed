"""Execs: more processes in running containers. Created, started once, remembered for a while after their end."""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
from dataclasses import dataclass, field, replace
from typing import Any

from jupyter_containers.engine import tracing
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.facts import exec_facts
from jupyter_containers.engine.containers.record import ExecSettings, Status
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.specification import exec_process
from jupyter_containers.errors import Conflict, InvalidParameter, NotFound
from jupyter_containers.supervisor.connection import Shim, ShimLost

# How long the exit code of one that ended can be asked for, as in dockerd.
REMEMBERED_NS = 300 * 10**9
# Of one whose command cannot be executed, and also of one whose command is not there, which `docker run` calls 127.
FAILED_EXIT_CODE = 126
KILLED_EXIT_CODE = 128 + signal.SIGKILL
# How long a size for its terminal waits for its start.
BEGIN_SECONDS = 10.0
# How long who sees the end of the output is made to wait for the exit code that follows it.
SETTLE_SECONDS = 0.5


@dataclass(slots=True)
class Exec:
    """One exec. `exit_code` is None until it has ended; `pid` is the host's number."""

    id: str
    container: Container
    settings: ExecSettings
    is_started: bool = False
    is_running: bool = False
    exit_code: int | None = None
    pid: int = 0
    ended_at: int = 0
    # Set as soon as it runs, or has failed to.
    begun: asyncio.Event = field(default_factory=asyncio.Event)


class Execs:
    """The execs of all containers. They live in memory: a restarted daemon has forgotten them, not their processes."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._execs: dict[str, Exec] = {}
        self._starting: set[asyncio.Task[socket.socket | None]] = set()
        roster.on_end = self._container_ended

    def create(self, container: Container, settings: ExecSettings) -> Exec:
        """Prepare one. Raises Conflict when the container does not run, InvalidParameter."""
        _check(settings)
        container.running_shim()
        if container.record.state.status is Status.PAUSED:
            raise Conflict(f"Container {container.id} is paused, unpause the container before exec")
        self._forget_old()
        exec_ = Exec(secrets.token_hex(32), container, settings)
        self._execs[exec_.id] = exec_
        container.exec_ids.append(exec_.id)
        self._publish(exec_, "exec_create", with_command=True)
        return exec_

    def get(self, exec_id: str) -> Exec:
        """Return one by its id or a unique prefix. Raises NotFound."""
        exec_ = self._execs.get(exec_id)
        if exec_ is None:
            matches = [found for key, found in self._execs.items() if exec_id and key.startswith(exec_id)]
            exec_ = matches[0] if len(matches) == 1 else None
        if exec_ is None or exec_.container.is_removed:
            raise NotFound(f"No such exec instance: {exec_id}")
        return exec_

    def check_start(self, exec_: Exec) -> None:
        """Raises Conflict for one that was started, or whose container cannot run it."""
        if exec_.is_running:
            raise Conflict(f"Error: Exec command {exec_.id} is already running")
        if exec_.is_started:
            raise Conflict(f"Error: Exec command {exec_.id} has already run")
        exec_.container.running_shim()
        if exec_.container.record.state.status is Status.PAUSED:
            raise Conflict(f"Container {exec_.container.id} is paused, unpause the container before exec")

    async def start(
        self, exec_: Exec, *, detached: bool = False, console_size: tuple[int, int] = (0, 0)
    ) -> socket.socket | None:
        """Run it; return its stream, which the caller closes, or None when detached.

        Raises Conflict, the runtime's error when it cannot be executed (details: exit_code). After cancellation: it
        runs, with nobody at its streams.
        """
        self.check_start(exec_)
        exec_.is_started = True
        # Who asked may be gone before the answer; the process is there, or not, all the same.
        starting = asyncio.create_task(self._start(exec_, detached, console_size), name=f"start {exec_.id[:12]}")
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(_let_go)
            raise

    async def _start(self, exec_: Exec, detached: bool, console_size: tuple[int, int]) -> socket.socket | None:
        wish, record = exec_.settings, exec_.container.record
        if any(console_size):
            wish = replace(wish, console_size=console_size)
        work = tracing.begin("exec", exec_.id, f"in {record.name}")
        calls: list[list[Any]] | None = None if work is None else []
        try:
            shim = exec_.container.running_shim()
            process = exec_process(record, wish, exec_facts(self._roster, record))
            exec_.pid, stream = await shim.exec(
                exec_.id,
                process,
                stdin=wish.attach_stdin,
                stdout=wish.attach_stdout,
                stderr=wish.attach_stderr,
                detached=detached,
                calls=calls,
            )
        except Exception:
            # Whatever it was, out of descriptors for one: it would be "not started yet" for as long as its container.
            exec_.exit_code = FAILED_EXIT_CODE
            self._ended(exec_)
            raise
        finally:
            if work is not None:
                work.keep_calls(calls or [])
        exec_.is_running = True
        exec_.begun.set()
        self._publish(exec_, "exec_start", with_command=True)
        self._roster.spawn(self._follow(exec_, shim), f"exec {exec_.id[:12]}")
        return stream

    async def _follow(self, exec_: Exec, shim: Shim) -> None:
        try:
            exit_ = await shim.wait(exec_.id)
        except ShimLost:
            self._ended(exec_)
            return
        exec_.exit_code = exit_.exit_code
        shim.forget(exec_.id)
        self._ended(exec_)
        self._publish(exec_, "exec_die", {"exitCode": str(exit_.exit_code)})

    async def settle(self, exec_: Exec) -> None:
        """Wait for the exit code that follows the end of the output; not for one that goes on in silence."""
        waited = 0.0
        while exec_.is_running and waited < SETTLE_SECONDS:
            await asyncio.sleep(0.005)
            waited += 0.005

    async def resize(self, exec_: Exec, *, height: int, width: int) -> None:
        """Change the size of its terminal, in characters, as soon as it runs: clients send it right after the start.

        Raises Conflict when it does not run.
        """
        try:
            async with asyncio.timeout(BEGIN_SECONDS):
                await exec_.begun.wait()
        except TimeoutError:
            raise Conflict("timeout waiting for exec session ready", status=500) from None
        if not exec_.is_running:
            raise Conflict(f"cannot resize exec {exec_.id}: it is not running")
        await exec_.container.running_shim().resize(height, width, exec_.id)

    def _container_ended(self, container: Container) -> None:
        """The kernel has killed what else ran in it; the shim may be gone before it could say so."""
        for exec_id in list(container.exec_ids):
            exec_ = self._execs[exec_id]
            if exec_.is_running:
                exec_.exit_code = KILLED_EXIT_CODE if exec_.exit_code is None else exec_.exit_code
            if exec_.is_running or not exec_.is_started:
                self._ended(exec_)

    def _ended(self, exec_: Exec) -> None:
        exec_.is_running = False
        exec_.begun.set()
        exec_.ended_at = exec_.ended_at or self._roster.now()
        if exec_.id in exec_.container.exec_ids:
            exec_.container.exec_ids.remove(exec_.id)

    def _forget_old(self) -> None:
        horizon = self._roster.now() - REMEMBERED_NS
        for exec_ in [one for one in self._execs.values() if 0 < one.ended_at < horizon]:
            del self._execs[exec_.id]

    def _publish(
        self, exec_: Exec, action: str, attributes: dict[str, str] | None = None, *, with_command: bool = False
    ) -> None:
        program, *arguments = exec_.settings.args
        # dockerd puts a space between the two, also where there is no argument.
        text = f"{action}: {program} {' '.join(arguments)}" if with_command else action
        self._roster.publish(exec_.container, text, {"execID": exec_.id, **(attributes or {})})

    def detached(self, exec_: Exec) -> None:
        """Tell that somebody left with the detach keys."""
        self._publish(exec_, "exec_detach")


def _let_go(starting: asyncio.Task[socket.socket | None]) -> None:
    """Close the stream of a start that nobody waits for any more."""
    failed = starting.cancelled() or starting.exception() is not None
    if not failed and (stream := starting.result()) is not None:
        stream.close()


def _check(settings: ExecSettings) -> None:
    if not settings.args:
        raise InvalidParameter("No exec command specified")
    for text in (*settings.args, *settings.env):
        if "\0" in text:
            raise InvalidParameter(f"there is a zero byte in {text!r}")
    if settings.working_dir and not settings.working_dir.startswith("/"):
        raise InvalidParameter(f"the working directory {settings.working_dir!r} must be an absolute path")
