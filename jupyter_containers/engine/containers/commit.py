"""Commit: what a container changed becomes a layer on its image, and what it runs the new image's defaults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jupyter_containers.build.blocking import in_thread
from jupyter_containers.build.changes import apply_changes
from jupyter_containers.build.filesystem import EMPTY_DIFF_IDS
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.merge import merge
from jupyter_containers.engine.containers.record import Settings, Status
from jupyter_containers.engine.containers.record_json import to_json
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import Conflict
from jupyter_containers.images.assemble import assemble, export_snapshot
from jupyter_containers.images.unpack import unpack
from jupyter_containers.oci.image_config import History, ImageConfig, ProcessDefaults

if TYPE_CHECKING:
    from jupyter_containers.oci.descriptor import Descriptor
    from jupyter_containers.oci.digest import Digest
    from jupyter_containers.oci.reference import Reference


@dataclass(frozen=True, slots=True)
class CommitRequest:
    """`settings` replace those of the container, which fill what they leave open; `changes` come on top of them.

    `pause`: the container's processes rest while its files are read.
    """

    name: Reference | None = None
    message: str = ""
    author: str = ""
    changes: tuple[str, ...] = ()
    settings: Settings | None = None
    pause: bool = True


async def commit(roster: Roster, container: Container, request: CommitRequest) -> Digest:
    """Make an image of a container and return its id. The container goes on as it was.

    Raises Conflict for a container that is being removed, InvalidParameter for wrong changes, ImageNotFound when its
    image has gone. After cancellation: no image; the container runs again.
    """
    environment, images = roster.environment, roster.environment.images
    base = (await images.find(container.record.image_id)).image
    process = process_of(container.record.settings, request)
    async with images.garbage.working():
        async with container.lock, _resting(roster, container, request.pause):
            layer = await asyncio.to_thread(_export, roster, container)
        config = _config(base.config, container, process, request, layer[1] if layer else None)
        layers = (*base.manifest.layers, *((layer[0],) if layer else ()))
        image = await asyncio.to_thread(assemble, environment.content, config, layers)
        await in_thread(lambda _stop: unpack(image, environment.content, environment.snapshots))
        images.add(image, request.name, parent=base.config_digest)
        images.note_container(image.config_digest, container.id, to_json(container.record.settings))
    roster.publish(container, "commit", {"comment": request.message, "imageID": str(image.config_digest)})
    if request.name is not None:
        images.tell_tag(image.config_digest, request.name)
    return image.config_digest


def process_of(container: Settings, request: CommitRequest) -> ProcessDefaults:
    """Return the new image's defaults. Pure. Source: moby, builder/dockerfile/builder.go and daemon/commit.go."""
    chosen = container if request.settings is None else request.settings
    changed = apply_changes(as_process(chosen), request.changes)
    merged = merge(replace(chosen, **_shared(changed)), as_process(container))
    return replace(as_process(merged), on_build=changed.on_build)


def as_process(settings: Settings) -> ProcessDefaults:
    """Return the part of a container's settings that an image has too."""
    return ProcessDefaults(**_shared(settings))


def _shared(values: Settings | ProcessDefaults) -> dict[str, Any]:
    names = (
        "user", "exposed_ports", "env", "entrypoint", "cmd", "volumes", "working_dir", "labels", "stop_signal",
        "shell", "healthcheck",
    )  # fmt: skip
    return {name: getattr(values, name) for name in names}


@asynccontextmanager
async def _resting(roster: Roster, container: Container, pause: bool) -> AsyncIterator[None]:
    """Freeze the container for the block, if it runs. Its lock is held."""
    if container.is_removed or container.record.state.status in (Status.REMOVING, Status.DEAD):
        state = "dead" if container.record.state.status is Status.DEAD else "being removed"
        raise Conflict(f"You cannot commit container {container.id} which is {state}")
    if not pause or container.record.state.status is not Status.RUNNING:
        yield
        return
    # Before it is frozen: a daemon that dies in between leaves word of what for.
    roster.save_state(container, rests_for_commit=True)
    try:
        await container.running_shim().pause()
    except Conflict:  # it has ended this moment, and nothing more is written
        yield
        return
    try:
        roster.save_state(container, status=Status.PAUSED)
        roster.publish(container, "pause")
        yield
    finally:
        await asyncio.shield(_resume(roster, container))


async def _resume(roster: Roster, container: Container) -> None:
    if container.shim is None or container.record.state.status is not Status.PAUSED:
        return  # it was killed meanwhile
    try:
        await container.shim.resume()
    except Conflict:
        return  # it was killed this moment
    roster.save_state(container, status=Status.RUNNING, rests_for_commit=False)
    roster.publish(container, "unpause")


def _export(roster: Roster, container: Container) -> tuple[Descriptor, Digest] | None:
    """Write the container's changes as a layer; None when there are none."""
    environment = roster.environment
    descriptor, diff_id = export_snapshot(environment.content, environment.snapshots, container.record.snapshot_key)
    return None if diff_id in EMPTY_DIFF_IDS else (descriptor, diff_id)


def _config(
    base: ImageConfig, container: Container, process: ProcessDefaults, request: CommitRequest, added: Digest | None
) -> ImageConfig:
    created = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    command = " ".join(container.record.settings.args)
    history = History(created, command, request.author, request.message, empty_layer=added is None)
    return replace(
        base,
        process=process,
        created=created,
        author=request.author,
        history=(*base.history, history),
        diff_ids=base.diff_ids if added is None else (*base.diff_ids, added),
    )
