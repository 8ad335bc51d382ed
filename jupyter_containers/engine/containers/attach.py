"""Attach: the streams of a container, of one that runs or one that will."""

from __future__ import annotations

import asyncio
import socket

from jupyter_containers.engine.containers.container import Attaching, Container, Streams
from jupyter_containers.engine.containers.record import Status
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import Conflict


def check_attach(container: Container) -> None:
    """Raises Conflict in Docker's words for a container that cannot be attached to."""
    status = container.record.state.status
    if status is Status.PAUSED:
        raise Conflict(f"Container {container.record.name} is paused, unpause the container before attach.")
    if status is Status.RESTARTING:
        raise Conflict(f"Container {container.record.name} is restarting, wait until the container is running.")


async def attach(roster: Roster, container: Container, streams: Streams) -> socket.socket | None:
    """Return the container's end of a stream, waiting for the start of one that does not run yet.

    None when its start failed, or it was removed. The caller closes the socket. After cancellation: nothing happened.
    """
    wanted = Streams(streams.stdin and container.record.settings.open_stdin, streams.stdout, streams.stderr)
    roster.publish(container, "attach")
    async with container.lock:
        if container.is_running and container.shim is not None:
            return await container.shim.attach(stdin=wanted.stdin, stdout=wanted.stdout, stderr=wanted.stderr)
        if container.is_removed:
            return None
        one = Attaching(wanted)
        container.attaching.append(one)
    try:
        return await one.stream
    except asyncio.CancelledError:
        stream = None if one.stream.cancelled() or not one.stream.done() else one.stream.result()
        if stream is not None:
            stream.close()
        raise
    finally:
        if one in container.attaching:
            container.attaching.remove(one)


def detached(roster: Roster, container: Container) -> None:
    """Tell that somebody left with the detach keys."""
    roster.publish(container, "detach")
