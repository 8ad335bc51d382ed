"""Health checks: a command run in the container now and then, and what its exit codes make of it.

Judgement (`judge`) is pure; `begin` starts the task that asks. What is known stands in the record: it survives the
daemon, which goes on asking. Source: Docker Engine API v1.51, HealthConfig.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_containers.engine.containers.record import (
    ExecSettings,
    Health,
    HealthStatus,
    ProbeResult,
    Record,
    Status,
)
from jupyter_containers.errors import ContainersError
from jupyter_containers.oci.image_config import Healthcheck
from jupyter_containers.oci.runtime_spec import Process

if TYPE_CHECKING:
    from jupyter_containers.engine.containers.container import Container
    from jupyter_containers.engine.containers.roster import Roster
    from jupyter_containers.supervisor.connection import Shim

SECOND = 10**9
DEFAULT_INTERVAL_NS = DEFAULT_TIMEOUT_NS = 30 * SECOND
DEFAULT_START_INTERVAL_NS = 5 * SECOND
DEFAULT_RETRIES = 3
KEPT_RESULTS = 5
MAX_OUTPUT_BYTES = 4096
TIMED_OUT = -1
KILLED = 137
DEFAULT_SHELL = ("/bin/sh", "-c")


def judge(health: Health, result: ProbeResult, *, retries: int, is_in_start_period: bool) -> Health:
    """Return what is known after one more result. A failure while it still starts up does not count. Pure."""
    status, streak = health.status, health.failing_streak
    if result.exit_code == 0:
        status, streak = HealthStatus.HEALTHY, 0
    elif not (is_in_start_period and status is HealthStatus.STARTING):
        streak += 1
        if streak >= retries:
            status = HealthStatus.UNHEALTHY
    return Health(status, streak, (*health.results, result)[-KEPT_RESULTS:])


def command(record: Record) -> tuple[str, ...]:
    """Return what is run, () for no probe. Pure."""
    health = record.settings.healthcheck
    kind, *words = health.test if health is not None and health.test else ("NONE",)
    if kind == "CMD":
        return tuple(words)
    if kind == "CMD-SHELL" and words:
        return (*(record.settings.shell or DEFAULT_SHELL), words[0])
    return ()


def pause_ns(health: Healthcheck, age_ns: int, status: HealthStatus) -> int:
    """Return how long to wait for the next probe: shorter while the container starts up. Pure."""
    if age_ns < health.start_period and status is HealthStatus.STARTING:
        return min(health.start_interval or DEFAULT_START_INTERVAL_NS, health.interval or DEFAULT_INTERVAL_NS)
    return health.interval or DEFAULT_INTERVAL_NS


def begin(
    roster: Roster, container: Container, shim: Shim, process: Callable[[ExecSettings], Process], *, goes_on: bool
) -> None:
    """Watch the health of a container that has started, if it has a probe. `process` says how an exec is run.

    `goes_on`: it has run under an earlier daemon; what that knew stands.
    """
    record = container.record
    probe, wishes = command(record), record.settings.healthcheck
    if not probe or wishes is None:
        return
    known = record.health or Health()
    if not goes_on or record.health is None:
        roster.save(container, health=Health(results=known.results))
    work = _watch(roster, container, shim, process(ExecSettings(probe)), wishes)
    container.probing = roster.spawn(work, f"health of {record.short_id}")


def end(roster: Roster, container: Container) -> None:
    """Stop watching. What does not run is not healthy, as dockerd says for those who only look at the word."""
    if container.probing is not None:
        container.probing.cancel()
        container.probing = None
    if (known := container.record.health) is not None:
        roster.save(container, health=replace(known, status=HealthStatus.UNHEALTHY))


async def _watch(roster: Roster, container: Container, shim: Shim, process: Process, wishes: Healthcheck) -> None:
    started = container.record.state.started_at
    while (known := container.record.health) is not None:
        await asyncio.sleep(pause_ns(wishes, roster.now() - started, known.status) / SECOND)
        if container.record.state.status is Status.PAUSED:
            continue
        began, tell = roster.now(), _Teller(roster, container, process.args)
        code, output = await _probe(shim, tell, process, wishes.timeout or DEFAULT_TIMEOUT_NS)
        result = ProbeResult(began, roster.now(), code, output)
        young = result.ended_at - started < wishes.start_period
        found = judge(known, result, retries=wishes.retries or DEFAULT_RETRIES, is_in_start_period=young)
        roster.save(container, health=found)
        if found.status is not known.status:
            roster.publish(container, f"health_status: {found.status}")


class _Teller:
    """Tells of a probe what is told of any exec. `exec_id` is the probe's name, also among those of earlier daemons."""

    def __init__(self, roster: Roster, container: Container, args: Sequence[str]) -> None:
        self.exec_id = secrets.token_hex(32)
        self._roster = roster
        self._container = container
        self._command = f"{args[0]} {' '.join(args[1:])}"

    def begins(self, action: str) -> None:
        self._tell(f"{action}: {self._command}")

    def ended(self, exit_code: int) -> None:
        self._tell("exec_die", exitCode=str(exit_code))

    def _tell(self, action: str, **attributes: str) -> None:
        self._roster.publish(self._container, action, {"execID": self.exec_id, **attributes})


async def _probe(shim: Shim, tell: _Teller, process: Process, timeout_ns: int) -> tuple[int, str]:
    """Run it once; return its exit code and the beginning of what it said."""
    said, name = bytearray(), tell.exec_id
    tell.begins("exec_create")
    try:
        async with asyncio.timeout(timeout_ns / SECOND):
            _, stream = await shim.exec(name, process, stdout=True, stderr=True)
            tell.begins("exec_start")
            if stream is not None:
                await _listen(stream, said)
            code = (await shim.wait(name)).exit_code
    except TimeoutError:
        output = await _give_up(shim, name, timeout_ns)
        tell.ended(KILLED)
        return TIMED_OUT, output
    except ContainersError as error:
        return int(error.details.get("exit_code", TIMED_OUT)), error.message
    shim.forget(name)
    tell.ended(code)
    return code, shortened(without_headers(bytes(said)))


def shortened(output: bytes) -> str:
    """Return the beginning of what a probe said. Pure."""
    text = output[:MAX_OUTPUT_BYTES].decode(errors="replace")
    return f"{text}..." if len(output) > MAX_OUTPUT_BYTES else text


async def _give_up(shim: Shim, name: str, timeout_ns: int) -> str:
    try:
        await shim.kill(9, name)
        await shim.wait(name)
        shim.forget(name)
    except ContainersError:
        pass  # it has ended meanwhile, or all of the container has
    return f"Health check exceeded timeout ({go_duration(timeout_ns)})"


def go_duration(nanoseconds: int) -> str:
    """Return a duration as Go writes it: 300ms, 1.5s, 1m30s, 1h0m0s. Pure."""
    if nanoseconds < SECOND:
        return f"{nanoseconds / 10**6:g}ms" if nanoseconds >= 10**6 else f"{nanoseconds}ns"
    minutes, rest = divmod(nanoseconds, 60 * SECOND)
    if not minutes:
        return f"{nanoseconds / SECOND:.9g}s"
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + f"{minutes}m{rest / SECOND:.9g}s"


async def _listen(stream: socket.socket, said: bytearray) -> None:
    """Read to the end and keep the beginning; a probe that talks a lot must not stand still."""
    loop = asyncio.get_running_loop()
    try:
        while content := await loop.sock_recv(stream, 65536):
            if len(said) < 4 * MAX_OUTPUT_BYTES:
                said += content
    finally:
        stream.close()


def without_headers(content: bytes) -> bytes:
    """Return what is in the frames of a stream, which may be cut off. Pure."""
    found = b""
    while len(content) >= 8:
        (length,) = struct.unpack(">4xI", content[:8])
        found, content = found + content[8 : 8 + length], content[8 + length :]
    return found
