"""The end of a run: recorded, told, cleaned up after; and what follows from it, a restart or a removal."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from dataclasses import replace

from jupyter_containers.engine import dismissal
from jupyter_containers.engine.containers import connecting, health, remove, restart
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.facts import exec_facts
from jupyter_containers.engine.containers.record import ExecSettings, Status
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.containers.volumes import unmount_volumes
from jupyter_containers.engine.specification import exec_process
from jupyter_containers.errors import ContainersError
from jupyter_containers.oci.runtime_spec import Process
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.shim.protocol import Exit
from jupyter_containers.supervisor import recovery
from jupyter_containers.supervisor.connection import Shim, ShimLost

_log = logging.getLogger(__name__)

# The spec and the durations: together they tell what was done (runtime.explain).
KEPT_OF_BUNDLE = ("config.json", "trace.json")
# So many ends by lack of memory are remembered, for the history of statistics.
_KEPT_RUNS = 32
# Whoever waited for the end goes on first, often with a removal.
_STOCK_SECONDS = 0.002


def follow(roster: Roster, container: Container, shim: Shim, *, goes_on: bool = False) -> None:
    """Watch for the end of a container that runs, and over its health. `goes_on`: an earlier daemon has started it."""
    record = container.record

    def process(wish: ExecSettings) -> Process:
        return exec_process(record, wish, exec_facts(roster, record))

    health.begin(roster, container, shim, process, goes_on=goes_on)
    roster.on_run(container)
    roster.spawn(_follow(roster, container, shim), f"follow {container.record.short_id}")


async def _follow(roster: Roster, container: Container, shim: Shim) -> None:
    exit_ = await _end_of(roster, container, shim)
    async with container.lock:
        # From here on it is finished even if the daemon is told to stop: a half-recorded end would be found as
        # "running" by the next daemon.
        await asyncio.shield(ended(roster, container, exit_))


async def _end_of(roster: Roster, container: Container, shim: Shim) -> Exit:
    """Wait for the end; a shim that was lost on the way is looked for again."""
    while True:
        try:
            return await shim.wait()
        except ShimLost:
            path = roster.bundle_path(container.record)
            found = await recovery.reconnect(roster.environment.places.run, container.id, path)
            if not isinstance(found, Shim):
                container.shim = None
                remove_cgroup(roster, container)
                return found
            container.shim = shim = found


def remove_cgroup(roster: Roster, container: Container) -> None:
    """Kill and remove what a lost shim has left of the container's group."""
    dismissal.remove_group(roster.environment, roster.bundle_path(container.record))


async def ended(roster: Roster, container: Container, exit_: Exit) -> None:
    """Record that the run is over. The caller holds the lock."""
    run_ns = exit_.at_ns - container.record.state.started_at
    will_restart = restart.wants_restart(
        container.record, exit_.exit_code, stopped=container.record.state.stopped_by_user
    )
    state = replace(
        container.record.state,
        status=Status.RESTARTING if will_restart else Status.EXITED,
        pid=0,
        exit_code=exit_.exit_code,
        error=exit_.reason,
        oom_killed=exit_.oom_killed,
        finished_at=exit_.at_ns,
    )
    roster.save(container, state=state, attachments={})
    await _release(roster, container)
    _keep_trace(roster, container)
    if exit_.oom_killed:
        run = (state.started_at // 10**6, exit_.at_ns // 10**6)
        container.out_of_memory = (*container.out_of_memory, run)[-_KEPT_RUNS:]
        roster.publish(container, "oom")
    duration = str(max(run_ns, 0) // 10**9)
    told = {"exitCode": str(exit_.exit_code), "execDuration": duration, **_used(exit_)}
    roster.publish(container, "die", told)
    roster.on_end(container)
    # Told before its shim is gone, as dockerd does: whoever wants to start or remove it waits for the lock.
    container.tell_exit()
    await _dismiss(roster, container)
    roster.environment.launcher.stock(after_seconds=_STOCK_SECONDS)
    if will_restart:
        restart.schedule(roster, container, run_ns)
    elif container.record.host.auto_remove and not container.is_kept:
        await remove.remove_stopped(roster, container, volumes=True)


def _used(exit_: Exit) -> dict[str, str]:
    """Return what the container used, as attributes of an event: of one that is removed, nothing else is left."""
    counted = {"cpu-ns": exit_.cpu_ns, "memory-peak-bytes": exit_.memory_peak_bytes}
    return {f"jupyter-containers.{name}": str(value) for name, value in counted.items() if value is not None}


async def clean_up(roster: Roster, container: Container) -> None:
    """Free what a run had: network, volumes, shim with its cgroup, bundle."""
    await _release(roster, container)
    _keep_trace(roster, container)
    await _dismiss(roster, container)


async def _release(roster: Roster, container: Container) -> None:
    """Free what others may want: addresses and ports, mounted volumes."""
    health.end(roster, container)
    try:
        await connecting.disconnect_all(roster, container)
    except (ContainersError, OSError) as error:
        # It has ended all the same, and those who wait for that must hear of it.
        _log.error("container %s has ended, and its network is not all free: %s", container.record.short_id, error)
    if container.record.mount_points:
        await unmount_volumes(roster, container.record)


async def _dismiss(roster: Roster, container: Container) -> None:
    shim, dismissing = container.shim, None
    if shim is not None:
        # Before the shim is forgotten: threads look at both.
        container.unmounted, container.shim = shim.unmounted, None
        dismissing = asyncio.create_task(dismissal.dismiss(roster.environment, shim), name="dismiss")
        await asyncio.sleep(0)  # now it is asked for: the shim removes its cgroup while we remove the bundle
    Bundle(roster.bundle_path(container.record)).remove()
    if dismissing is not None:
        await dismissing
    container.refuse_attaching()


def _keep_trace(roster: Roster, container: Container) -> None:
    """Keep what the last run did, call by call, beside the container's files: runtime.explain reads it."""
    if container.record.host.auto_remove:
        return
    bundle, kept = os.fspath(roster.bundle_path(container.record)), os.fspath(roster.files_path(container.record))
    for name in KEPT_OF_BUNDLE:
        try:
            _move(f"{bundle}/{name}", f"{kept}/{name}")
        except OSError:
            continue  # a run that never came so far, or a full disk: a trace is not worth a failure


def _move(source: str, target: str) -> None:
    try:
        os.rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # The run root is in memory, as a rule.
        with open(source, "rb") as file, open(target, "wb") as kept:
            kept.write(file.read())
