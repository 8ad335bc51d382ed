"""After a restart of the daemon: reconnect to what runs, record what ended meanwhile, finish what was half done."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

from jupyter_containers.engine import dismissal
from jupyter_containers.engine.containers import connecting, ending, remove, restart
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.record import Status
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.containers.start import launch
from jupyter_containers.engine.containers.volumes import readopt_volumes
from jupyter_containers.errors import Conflict, ContainersError
from jupyter_containers.shim.protocol import Exit
from jupyter_containers.supervisor import recovery as shims
from jupyter_containers.supervisor.connection import Shim

_log = logging.getLogger(__name__)


async def recover(roster: Roster) -> None:
    """Bring records and processes together. Call once, before requests are answered."""
    containers = roster.all()
    # All at once: each shim answers when it has its turn, and there may be hundreds.
    found = await asyncio.gather(*[_reconnect(roster, container) for container in containers])
    ended = [(container, end) for container, end in zip(containers, found, strict=True) if end is not None]
    await connecting.restore(roster)
    for container, exit_ in ended:
        await _see_to(container, _end(roster, container, exit_))
    await readopt_volumes(roster)
    for container in roster.all():
        await _see_to(container, _settle(roster, container))
    await _remove_leftovers(roster)
    for container in roster.all():
        await _restart(roster, container)


async def _reconnect(roster: Roster, container: Container) -> Exit | None:
    """Find the container's shim again; return how it ended when it has."""
    path = roster.bundle_path(container.record)
    was_running = container.is_running
    if not was_running and not path.exists():
        return None
    found = await shims.reconnect(roster.environment.places.run, container.id, path)
    if isinstance(found, Shim):
        container.shim = found
        if was_running:
            await _believe(roster, container, found)
            ending.follow(roster, container, found, goes_on=True)
            return None
    else:
        # A shim that wrote down the end has removed its group; a lost one has not.
        ending.remove_cgroup(roster, container)
        if was_running:
            return found
    # The daemon died in the middle of a start: nobody was told that it runs, or how it has ended.
    await ending.clean_up(roster, container)
    return None


async def _believe(roster: Roster, container: Container, shim: Shim) -> None:
    """Take over whether it is paused: the last daemon may have died before it had written that down.

    One that was frozen for a commit only, which that daemon never finished, goes on.
    """
    state = container.record.state
    if shim.status not in ("running", "paused"):
        return
    is_paused = shim.status == "paused"
    if state.rests_for_commit:
        if is_paused:
            with suppress(Conflict):  # it has ended this moment
                await shim.resume()
        roster.save_state(container, status=Status.RUNNING, rests_for_commit=False)
    elif is_paused != (state.status is Status.PAUSED):
        roster.save_state(container, status=Status(shim.status))


async def _see_to(container: Container, work: Awaitable[None]) -> None:
    """Do it, or log why not: one container that cannot be removed must not keep the daemon from all others."""
    try:
        await work
    except (ContainersError, OSError) as error:
        _log.error("container %s is left as it is: %s", container.record.short_id, error)


async def _end(roster: Roster, container: Container, exit_: Exit) -> None:
    async with container.lock:
        await ending.ended(roster, container, exit_)


async def _settle(roster: Roster, container: Container) -> None:
    """Finish a removal or a creation that was cut off, and what --rm has promised."""
    status = container.record.state.status
    is_whole = roster.environment.snapshots.exists(container.record.snapshot_key)
    is_left = container.record.host.auto_remove and not container.is_running
    if container.is_removed or (is_whole and status is not Status.REMOVING and not is_left):
        return
    if not is_left:
        _log.warning("container %s was left half made or half removed; removing it", container.record.short_id)
    async with container.lock:
        # One that was half made has volumes that nobody has used; one that is removed, as it was asked for.
        volumes = container.record.state.removes_volumes if status is Status.REMOVING else True
        if status is not Status.REMOVING:
            roster.save_state(container, status=Status.REMOVING)
        await remove.remove_stopped(roster, container, volumes=volumes)


async def _restart(roster: Roster, container: Container) -> None:
    """Start what the restart policy wants to run whenever the daemon does."""
    record = container.record
    has_run = record.state.started_at > 0
    if container.is_removed or container.is_running or not has_run:
        return
    is_waiting = record.state.status is Status.RESTARTING
    stopped = record.state.stopped_by_user
    if is_waiting or restart.wants_restart(record, record.state.exit_code, stopped=stopped, daemon_starts=True):
        async with container.lock:
            if is_waiting:
                roster.save_state(container, status=Status.EXITED)
            restart.cancel(container)
            try:
                await launch(roster, container)
            except ContainersError as error:
                _log.warning("container %s could not be started again: %s", record.short_id, error.message)


async def _remove_leftovers(roster: Roster) -> None:
    """End what no record names: steps of builds, which run on without their daemon; remove its files and snapshots."""
    known = {container.id for container in roster.all()} | roster.unreadable
    for path in _children(roster.environment.places.run / "bundles"):
        if path.name not in known and len(path.name) == 64:
            await dismissal.dismiss_stray(roster.environment, path.name, path)
    places, snapshots = roster.environment.places, roster.environment.snapshots
    for root in (places.run / "bundles", places.data / "containers"):
        for path in _children(root):
            if path.name not in known and len(path.name) == 64:
                shutil.rmtree(path, ignore_errors=True)
    for record in list(snapshots.walk()):
        prefix, _, identifier = record.key.partition(":")
        if prefix == "container" and identifier not in known:
            try:
                snapshots.remove(record.key)
            except (ContainersError, OSError) as error:
                _log.error("the snapshot of container %s, which is gone, is left: %s", identifier[:12], error)


def _children(root: Path) -> list[Path]:
    return list(root.iterdir()) if root.is_dir() else []
