"""Stop, kill, pause, resume, restart: what is done to a container that runs."""

from __future__ import annotations

import asyncio
import signal

from jupyter_containers.engine.containers import restart as policy
from jupyter_containers.engine.containers.container import Container, WaitCondition
from jupyter_containers.engine.containers.record import DEFAULT_STOP_SECONDS, Status
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.containers.signals import signal_number
from jupyter_containers.engine.containers.start import start
from jupyter_containers.errors import Conflict, ContainersError

# A killed process may take a moment to die, when the disk is slow.
KILL_SECONDS = 10.0


async def stop(
    roster: Roster, container: Container, *, signal_name: str = "", timeout_seconds: int | None = None
) -> bool:
    """Ask a container to end, and kill it when it does not; return False when it does not run.

    `timeout_seconds`: None is the container's own or 10, negative is for ever. After cancellation: it is asked, and
    maybe not killed.
    """
    number = signal_number(signal_name or container.record.settings.stop_signal or "SIGTERM")
    if await _stop_waiting_for_restart(roster, container):
        roster.publish(container, "stop")
        return True
    if not container.is_running:
        return False
    gone = container.wait(WaitCondition.NOT_RUNNING)
    roster.save_state(container, stopped_by_user=True)
    limit = timeout_seconds
    if limit is None:
        limit = container.record.settings.stop_timeout_seconds
    if limit is None:
        limit = DEFAULT_STOP_SECONDS
    if not await _end(roster, container, number, gone=gone, seconds=None if limit < 0 else float(limit)):
        await _end(roster, container, signal.SIGKILL, gone=gone, seconds=KILL_SECONDS)
    if not gone.done():
        raise ContainersError(f"cannot stop container {container.record.name}: it did not die of SIGKILL")
    # The end is recorded under the lock; who comes next finds everything cleaned up.
    async with container.lock:
        roster.publish(container, "stop")
    return True


async def _stop_waiting_for_restart(roster: Roster, container: Container) -> bool:
    """End the wait for the next start, if there is one."""
    if not _waits_for_restart(container):
        return False
    async with container.lock:
        if not _waits_for_restart(container):
            return False
        policy.cancel(container)
        roster.save_state(container, status=Status.EXITED, stopped_by_user=True)
        container.tell_exit()
        return True


def _waits_for_restart(container: Container) -> bool:
    return container.record.state.status is Status.RESTARTING


async def _end(
    roster: Roster, container: Container, number: int, *, gone: asyncio.Future[int], seconds: float | None
) -> bool:
    try:
        await _send(container, number)
        roster.publish(container, "kill", {"signal": str(int(number))})
    except Conflict:
        # It has ended by itself, or by somebody else: that is being recorded now.
        seconds = KILL_SECONDS
    await asyncio.wait({gone}, timeout=seconds)
    return gone.done()


async def _send(container: Container, number: int) -> None:
    await container.running_shim().kill(number)


async def kill(roster: Roster, container: Container, signal_name: str = "") -> None:
    """Send a signal to the container's process. Raises Conflict when it does not run, InvalidParameter.

    SIGKILL waits for the end, for 10 seconds at most, as dockerd does: who killed may remove next. Other signals are
    only sent. After cancellation: it was sent.
    """
    number = signal_number(signal_name or "SIGKILL")
    if await _stop_waiting_for_restart(roster, container):
        return
    if not container.is_running:
        raise Conflict(f"Cannot kill container: {container.record.name}: Container {container.id} is not running")
    if number in (signal.SIGKILL, signal.SIGTERM, signal_number(container.record.settings.stop_signal or "SIGTERM")):
        roster.save_state(container, stopped_by_user=True)
    gone = container.wait(WaitCondition.NOT_RUNNING)
    try:
        await _send(container, number)
    except Conflict:
        raise Conflict(
            f"Cannot kill container: {container.record.name}: Container {container.id} is not running"
        ) from None
    roster.publish(container, "kill", {"signal": str(int(number))})
    if number == signal.SIGKILL:
        await asyncio.wait({gone}, timeout=KILL_SECONDS)
        # The end is recorded under the lock, so that what comes next finds it recorded.
        async with container.lock:
            pass


async def restart(
    roster: Roster, container: Container, *, signal_name: str = "", timeout_seconds: int | None = None
) -> None:
    """Stop and start. A container that does not run is only started."""
    container.is_kept = True
    try:
        await stop(roster, container, signal_name=signal_name, timeout_seconds=timeout_seconds)
    finally:
        container.is_kept = False
    await start(roster, container)
    roster.publish(container, "restart")


async def pause(roster: Roster, container: Container) -> None:
    """Freeze all its processes. Raises Conflict."""
    async with container.lock:
        shim = container.running_shim()
        if container.record.state.status is Status.PAUSED:
            raise Conflict(f"Container {container.id} is already paused")
        await shim.pause()
        roster.save_state(container, status=Status.PAUSED)
        roster.publish(container, "pause")


async def resume(roster: Roster, container: Container) -> None:
    """Thaw its processes. Raises Conflict (500, as dockerd)."""
    async with container.lock:
        if container.record.state.status is not Status.PAUSED:
            raise Conflict(f"Container {container.id} is not paused", status=500)
        await container.running_shim().resume()
        roster.save_state(container, status=Status.RUNNING)
        roster.publish(container, "unpause")
