"""Start: from a record to a running process.

    facts → files → bundle → shim → (init waits) → network → those who attached early → execve → record

A start that fails leaves nothing behind but the reason in the record.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from jupyter_containers.engine import tracing
from jupyter_containers.engine.containers import ending, remove, restart
from jupyter_containers.engine.containers.connecting import Network, check_networks, identified
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.facts import gather
from jupyter_containers.engine.containers.hostfiles import add_addresses, write_files
from jupyter_containers.engine.containers.log_options import log_options
from jupyter_containers.engine.containers.record import State, Status
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.containers.volumes import mount_volumes
from jupyter_containers.engine.specification import specification
from jupyter_containers.errors import Conflict, ContainersError
from jupyter_containers.runtime.bundle import Bundle

if TYPE_CHECKING:
    from jupyter_containers.supervisor.connection import Created, Shim

_log = logging.getLogger(__name__)

# Programs that are quick have ended by then, and the end is a better time for it.
STOCK_SECONDS = 0.05
# What a start that failed counts as when the runtime names no code of its own, as in dockerd.
FAILED_EXIT_CODE = 128


async def start(roster: Roster, container: Container) -> bool:
    """Start a container; return False when it runs already, or will by its restart policy.

    Raises Conflict for one that is paused or being removed, the runtime's error when it cannot be executed (details:
    exit_code 126 or 127). After cancellation: it runs, or is as it was.
    """
    async with container.lock:
        status = container.record.state.status
        if status in (Status.RUNNING, Status.RESTARTING):
            return False
        if status is Status.PAUSED:
            raise Conflict("cannot start a paused container, try unpause instead")
        if status in (Status.REMOVING, Status.DEAD) or container.is_removed:
            raise Conflict("container is marked for removal and cannot be started")
        restart.cancel(container)
        container.restart_delay_ns = 0
        if container.record.restart_count:
            roster.save(container, restart_count=0)
        await asyncio.shield(launch(roster, container))
        return True


async def launch(roster: Roster, container: Container) -> None:
    """Run it. The caller holds the lock, and does not let this be cancelled half-way."""
    work = tracing.begin("container", container.id, container.record.name)
    try:
        try:
            async with roster.turns.take():
                shim, pid, started_at = await _launch(roster, container, work)
        finally:
            if work is not None:
                work.keep(roster.bundle_path(container.record))
    except Exception as error:
        # Whatever it was: the shim that was asked for would wait for ever, and each next start make one more.
        await _failed(roster, container, error)
        if isinstance(error, ContainersError):
            raise
        if not isinstance(error, OSError):
            _log.exception("container %s could not be started", container.record.short_id)
        raise ContainersError(f"cannot start container {container.record.name}: {error}") from error
    roster.save(
        container,
        state=State(status=Status.RUNNING, pid=pid, started_at=started_at),
        attachments={name: attachment.to_json() for name, attachment in container.attachments.items()},
        endpoints=identified(roster, container.record),
    )
    roster.publish(container, "start")
    ending.follow(roster, container, shim)


async def _launch(roster: Roster, container: Container, work: tracing.Work | None) -> tuple[Shim, int, int]:
    """Return the shim, the pid, and the time before it began: a quick one has ended before we hear that it runs."""
    record = check_networks(roster, container)
    await container.unmount()
    if record.mount_points:
        await mount_volumes(roster, record)
    path = roster.bundle_path(record)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    launching = asyncio.create_task(roster.environment.launcher.launch(record.id, path), name="launch")
    try:
        await asyncio.sleep(0)  # now it is asked for: the zygote forks while we write down what the container is to be
        facts = gather(roster, record)
        write_files(roster, record, facts.hostname)
        spec = specification(record, facts)
        if work is not None:
            spec = work.mark(spec)
        Bundle.create(path, spec)
    finally:
        shim = container.shim = await launching
    network = Network(roster, record, None if work is None else work.rows)
    # Nobody has anything to do between create and start: both are one request.
    at_once = network.is_bare and not container.attaching and work is None
    started_at = roster.now()
    pid = await _create(roster, container, network, spec.own_namespaces, starts=at_once)
    if not at_once:
        add_addresses(roster, container, facts.hostname)
        await _attach_early(container, shim)
        started_at = roster.now()
        await shim.start(is_traced=work is not None)
    roster.environment.launcher.stock(after_seconds=STOCK_SECONDS)
    return shim, pid, started_at


async def _create(
    roster: Roster, container: Container, network: Network, namespaces: Collection[str], *, starts: bool
) -> int:
    """Have the container made, and connected to its networks; return the pid of its first process."""
    record, shim, created = container.record, container.shim, None
    assert shim is not None
    try:
        created = await shim.create(
            log=log_options(record, roster.files_path(record)),
            stdin_open=record.settings.open_stdin,
            stdin_once=record.settings.stdin_once,
            terminal=record.settings.tty,
            namespaces=namespaces,
            on_network=network.connect,
            starts=starts,
            keeps_mounts=True,
        )
        container.attachments = await network.connected()
        await roster.environment.name_servers.open(record, shim)
        return created.pid
    except BaseException:
        await network.give_up()
        raise
    finally:
        _close(created)


def _close(created: Created | None) -> None:
    if created is not None and created.netns_fd is not None:
        os.close(created.netns_fd)
    if created is not None and created.netlink is not None:
        created.netlink.close()


async def _attach_early(container: Container, shim: Shim) -> None:
    """Give their streams to those who attached before the start: they see everything from the first byte.

    Others wait for the lock. When it fails, `refuse_attaching` has an answer for all that are left.
    """
    for one in list(container.attaching):
        if one.stream.done():
            continue
        wanted = one.streams
        stream = await shim.attach(stdin=wanted.stdin, stdout=wanted.stdout, stderr=wanted.stderr)
        if one.stream.done():
            stream.close()
        else:
            one.stream.set_result(stream)
    container.attaching.clear()


async def _failed(roster: Roster, container: Container, error: Exception) -> None:
    details: dict[str, Any] = error.details if isinstance(error, ContainersError) else {}
    message = error.message if isinstance(error, ContainersError) else str(error)
    old = container.record.state
    status = Status.EXITED if old.status is Status.RESTARTING else old.status
    code = int(details.get("exit_code", FAILED_EXIT_CODE))
    roster.save_state(container, status=status, pid=0, exit_code=code, error=message, oom_killed=False)
    await ending.clean_up(roster, container)
    container.tell_exit()
    if container.record.host.auto_remove:
        await remove.remove_stopped(roster, container, volumes=True)
