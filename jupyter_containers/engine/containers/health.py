"""Health checks: a command run in the container now and then, and what its exit codes make of it.

Judgement (`Health.judge`) is pure; `begin` starts the task that asks. What is known lives in memory: after a restart of
the daemon a container is "starting" again, as in dockerd. Source: Docker Engine API v1.51, HealthConfig.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from jupyter_containers.engine.containers.record import ExecSettings, Record, Status
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
DEFAULT_SHELL = ("/bin/sh", "-c")


class HealthStatus(StrEnum):
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Result:
    """One probe. Times in nanoseconds since the epoch; exit code TIMED_OUT when it was killed."""

    started_at: int
    ended_at: int
    exit_code: int
    output: str


@dataclass(slots=True)
class Health:
    """What is known of a running container."""

    status: HealthStatus = HealthStatus.STARTING
    failing_streak: int = 0
    results: deque[Result] = field(default_factory=lambda: deque(maxlen=KEPT_RESULTS))

    def judge(self, result: Result, *, retries: int, is_in_start_period: bool) -> bool:
        """Take a result; tell whether the status has changed. A failure while it still starts up does not count."""
        before = self.status
        self.results.append(result)
        if result.exit_code == 0:
            self.status, self.failing_streak = HealthStatus.HEALTHY, 0
        elif not (is_in_start_period and before is HealthStatus.STARTING):
            self.failing_streak += 1
            if self.failing_streak >= retries:
                self.status = HealthStatus.UNHEALTHY
        return self.status is not before


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


def begin(roster: Roster, container: Container, shim: Shim, process: Callable[[ExecSettings], Process]) -> None:
    """Watch the health of a container that has just started, if it has a probe. `process` says how an exec is run."""
    probe, health = command(container.record), container.record.settings.healthcheck
    if not probe or health is None:
        return
    container.health = Health()
    work = _watch(roster, container, shim, process(ExecSettings(probe)), health)
    container.probing = roster.spawn(work, f"health of {container.record.short_id}")


def end(container: Container) -> None:
    """Stop watching. What does not run is not healthy, as dockerd says for those who only look at the word."""
    if container.probing is not None:
        container.probing.cancel()
        container.probing = None
    if container.health is not None:
        container.health.status = HealthStatus.UNHEALTHY


async def _watch(roster: Roster, container: Container, shim: Shim, process: Process, settings: Healthcheck) -> None:
    started, number, known = roster.now(), 0, container.health
    while known is not None:
        await asyncio.sleep(pause_ns(settings, roster.now() - started, known.status) / SECOND)
        if container.record.state.status is Status.PAUSED:
            continue
        number += 1
        began = roster.now()
        code, output = await _probe(shim, f"health-{number}", process, settings.timeout or DEFAULT_TIMEOUT_NS)
        result = Result(began, roster.now(), code, output)
        young = result.ended_at - started < settings.start_period
        if known.judge(result, retries=settings.retries or DEFAULT_RETRIES, is_in_start_period=young):
            roster.publish(container, f"health_status: {known.status}")


async def _probe(shim: Shim, name: str, process: Process, timeout_ns: int) -> tuple[int, str]:
    """Run it once; return its exit code and the beginning of what it said."""
    said = bytearray()
    try:
        async with asyncio.timeout(timeout_ns / SECOND):
            _, stream = await shim.exec(name, process, stdout=True, stderr=True)
            if stream is not None:
                await _listen(stream, said)
            code = (await shim.wait(name)).exit_code
    except TimeoutError:
        return TIMED_OUT, await _give_up(shim, name, timeout_ns)
    except ContainersError as error:
        return int(error.details.get("exit_code", TIMED_OUT)), error.message
    shim.forget(name)
    return code, without_headers(bytes(said))[:MAX_OUTPUT_BYTES].decode(errors="replace")


async def _give_up(shim: Shim, name: str, timeout_ns: int) -> str:
    try:
        await shim.kill(9, name)
        await shim.wait(name)
        shim.forget(name)
    except ContainersError:
        pass  # it has ended meanwhile, or all of the container has
    seconds = timeout_ns / SECOND
    return f"Health check exceeded timeout ({seconds:g}s)"


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
