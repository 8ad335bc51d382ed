"""Remove: nothing is left of a container. And prune: of all that are stopped."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from contextlib import suppress

from jupyter_containers.engine.containers import restart
from jupyter_containers.engine.containers.container import Container, WaitCondition
from jupyter_containers.engine.containers.record import Record, Status, advance
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.containers.volumes import discard_anonymous
from jupyter_containers.errors import Conflict, ContainersError
from jupyter_containers.linux.folders import remove_flat
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.snapshots.snapshotter import SnapshotNotFound

_log = logging.getLogger(__name__)

KILL_SECONDS = 10.0


async def remove(roster: Roster, container: Container, *, force: bool = False, volumes: bool = False) -> None:
    """Remove a container; with `force` also one that runs. Raises Conflict.

    After cancellation: it is there, or gone whole, or the next start of the daemon finishes it.
    """
    while True:
        if container.is_running and force:
            await _kill(roster, container)
        async with container.lock:
            if container.is_removed:
                return
            if container.is_running and force:
                continue  # it was being started while we waited
            _refuse_running(container, force=force)
            restart.cancel(container)
            await remove_stopped(roster, container, volumes=volumes)
            return


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
    await asyncio.wait({gone}, timeout=KILL_SECONDS)
    if not gone.done():
        raise ContainersError(f"cannot remove container {container.record.name}: it did not die of SIGKILL")


async def remove_stopped(roster: Roster, container: Container, *, volumes: bool) -> None:
    """Remove a container that does not run. The caller holds the lock."""
    record = container.record
    if container.is_removed:
        return
    status = advance(record.state.status, Status.REMOVING)
    roster.save_state(container, status=status, removes_volumes=volumes)
    try:
        if _is_untouched(roster, record):
            # Four empty directories: another thread would take longer to wake.
            _remove_snapshot(roster, record)
            delete_files(roster, record)
        else:
            removing = asyncio.get_running_loop().run_in_executor(None, _remove_snapshot, roster, record)
            delete_files(roster, record)
            await removing
    except OSError as error:
        roster.save_state(container, status=Status.DEAD, error=str(error))
        failure = ContainersError(f"cannot remove container {record.id}: {error}")
        container.tell_removal_failed(failure)
        raise failure from error
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


def _is_untouched(roster: Roster, record: Record) -> bool:
    """Tell whether there is next to nothing to remove: the container has changed nothing in its root."""
    try:
        upper = roster.environment.snapshots.upper(record.snapshot_key)
        return upper is not None and not os.listdir(upper)
    except (SnapshotNotFound, FileNotFoundError):
        return True


def _remove_snapshot(roster: Roster, record: Record) -> None:
    with suppress(SnapshotNotFound):
        roster.environment.snapshots.remove(record.snapshot_key)


async def prune(roster: Roster, wanted: Callable[[Record], bool]) -> tuple[list[str], int]:
    """Remove the stopped containers that `wanted` picks; return their ids and the bytes they held."""
    removed, freed = [], 0
    for container in roster.all():
        if _is_up(container) or container.is_half_made or not wanted(container.record):
            continue
        async with container.lock:
            if _is_up(container) or container.is_removed:
                continue
            size = await asyncio.to_thread(_size, roster, container.record)
            try:
                await remove_stopped(roster, container, volumes=False)
            except ContainersError as error:
                _log.warning("container %s is not pruned: %s", container.record.short_id, error.message)
                continue
            freed += size
            removed.append(container.id)
    roster.environment.events.publish("container", "prune", "", {"reclaimed": str(freed)})
    return removed, freed


def _is_up(container: Container) -> bool:
    return container.is_running or container.record.state.status is Status.RESTARTING


def _size(roster: Roster, record: Record) -> int:
    snapshots = roster.environment.snapshots
    return snapshots.usage(record.snapshot_key) if snapshots.exists(record.snapshot_key) else 0
