"""Remove: nothing is left of a container. And prune: of all that are stopped."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

from jupyter_containers.engine.containers import restart
from jupyter_containers.engine.containers.container import Container, WaitCondition
from jupyter_containers.engine.containers.record import Record, Status, advance
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.containers.volumes import discard_anonymous
from jupyter_containers.errors import Conflict, ContainersError
from jupyter_containers.linux.folders import remove_flat
from jupyter_containers.runtime.bundle import Bundle

KILL_SECONDS = 10.0


async def remove(roster: Roster, container: Container, *, force: bool = False, volumes: bool = False) -> None:
    """Remove a container; with `force` also one that runs. Raises Conflict.

    After cancellation: it is there, or gone whole, or the next start of the daemon finishes it.
    """
    if container.is_running and force:
        await _kill(roster, container)
    async with container.lock:
        if container.is_removed:
            return
        _refuse_running(container, force=force)
        restart.cancel(container)
        await remove_stopped(roster, container, volumes=volumes)


def _refuse_running(container: Container, *, force: bool) -> None:
    status, identifier = container.record.state.status, container.id
    if status is Status.PAUSED:
        raise Conflict(
            f"You cannot remove a paused container {identifier}. Unpause and then stop the container before "
            "attempting removal or force remove"
        )
    if status is Status.RUNNING or (status is Status.RESTARTING and not force):
        raise Conflict(
            f"You cannot remove a {status} container {identifier}. Stop the container before attempting removal or "
            "force remove"
        )


async def _kill(roster: Roster, container: Container) -> None:
    gone = container.wait(WaitCondition.NOT_RUNNING)
    try:
        roster.save_state(container, stopped_by_user=True)
        await container.running_shim().kill(signal.SIGKILL)
    except Conflict:
        pass  # it ended by itself in the meantime
    except ContainersError:
        if container.is_running:
            raise
    async with asyncio.timeout(KILL_SECONDS):
        await gone


async def remove_stopped(roster: Roster, container: Container, *, volumes: bool) -> None:
    """Remove a container that does not run. The caller holds the lock."""
    record = container.record
    if container.is_removed:
        return
    status = advance(record.state.status, Status.REMOVING)
    roster.save_state(container, status=status, removes_volumes=volumes)
    try:
        removing = asyncio.get_running_loop().run_in_executor(None, _remove_snapshot, roster, record)
        delete_files(roster, record)
        await removing
    except OSError as error:
        roster.save_state(container, status=Status.DEAD, error=str(error))
        raise ContainersError(f"cannot remove container {record.id}: {error}") from error
    if volumes:
        # Before the row goes, which is all that a later daemon would know of them.
        await discard_anonymous(roster, record)
    roster.forget(container)
    roster.publish(container, "destroy")
    container.refuse_attaching()
    container.tell_removed()
    roster.environment.images.let_go(record.image_id)


def delete_files(roster: Roster, record: Record) -> None:
    """Delete log, names and bundle."""
    remove_flat(os.fspath(roster.files_path(record)))
    Bundle(roster.bundle_path(record)).remove()


def _remove_snapshot(roster: Roster, record: Record) -> None:
    snapshots = roster.environment.snapshots
    if snapshots.exists(record.snapshot_key):
        snapshots.remove(record.snapshot_key)


async def prune(roster: Roster, wanted: Callable[[Record], bool]) -> tuple[list[str], int]:
    """Remove the stopped containers that `wanted` picks; return their ids and the bytes they held."""
    removed, freed = [], 0
    for container in roster.all():
        if container.is_running or container.record.state.status is Status.RESTARTING or not wanted(container.record):
            continue
        async with container.lock:
            if container.is_running or container.is_removed:
                continue
            freed += await asyncio.to_thread(_size, roster, container.record)
            await remove_stopped(roster, container, volumes=False)
            removed.append(container.id)
    roster.environment.events.publish("container", "prune", "", {"reclaimed": str(freed)})
    return removed, freed


def _size(roster: Roster, record: Record) -> int:
    snapshots = roster.environment.snapshots
    return snapshots.usage(record.snapshot_key) if snapshots.exists(record.snapshot_key) else 0
