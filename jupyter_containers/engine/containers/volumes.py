"""What a container has of volumes: made with it, filled once from its image, in use while it runs."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from posixpath import normpath

from jupyter_containers.engine.containers.bind_sources import check_propagation, is_linked
from jupyter_containers.engine.containers.record import MountPoint, MountRequest, Record
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.own_threads import in_own_thread
from jupyter_containers.engine.volumes import ANONYMOUS_LABEL, Volume
from jupyter_containers.errors import Conflict, InvalidParameter, NotFound
from jupyter_containers.layers import archive

_log = logging.getLogger(__name__)


def make_volumes(roster: Roster, record: Record) -> None:
    """Make the container's volumes that are not there yet.

    After a failure or cancellation: call `discard_anonymous`; those with a name stay, somebody else may have seen them.
    Raises InvalidParameter, NotFound for a driver that is not there.
    """
    requests = {normpath(mount.target): mount for mount in record.host.mounts}
    for point in record.mount_points:
        if point.type == "volume":
            _make_one(roster, record, point, requests.get(point.destination))


async def discard_anonymous(roster: Roster, record: Record) -> None:
    """Remove the volumes without a name that were made for a container, unless another one has taken them over."""
    for point in record.mount_points:
        if point.type == "volume" and point.anonymous:
            try:
                await roster.environment.volumes.remove(point.name, force=True)
            except Conflict:
                pass  # another container has it through --volumes-from


def _make_one(roster: Roster, record: Record, point: MountPoint, request: MountRequest | None) -> Volume:
    asked = request or MountRequest("volume", point.destination)
    labels = dict(asked.volume_labels) | ({ANONYMOUS_LABEL: ""} if point.anonymous else {})
    # --volume-driver is the default of -v, not of --mount.
    driver = asked.volume_driver or ("" if request else record.host.volume_driver)
    return roster.environment.volumes.ensure(point.name, driver=driver, labels=labels, options=asked.volume_options)


# --- in use ----------------------------------------------------------------------------------------------------------


async def mount_volumes(roster: Roster, record: Record) -> None:
    """Take the container's volumes into use, before it is launched, and make sure that its binds can be what they ask.

    Raises ContainersError when one cannot be mounted: `unmount_volumes` takes the others back. After cancellation: the
    same.
    """
    points = [point for point in record.mount_points if point.type == "volume"]
    if any(is_linked(point) for point in record.mount_points):
        await asyncio.to_thread(check_propagation, roster, record)
    volumes = roster.environment.volumes
    for point in points:
        volume = volumes.get(point.name)
        if volume.is_mounted:
            await in_own_thread(partial(volumes.acquire, volume, record.id))
        else:
            volumes.acquire(volume, record.id)
        told = {
            "container": record.id,
            "destination": point.destination,
            "driver": "local",
            "propagation": point.propagation,
            "read/write": "false" if point.read_only else "true",
        }
        roster.environment.events.publish("volume", "mount", point.name, told)


async def unmount_volumes(roster: Roster, record: Record) -> None:
    """Let go of the volumes that a container which has ended had in use."""
    volumes = roster.environment.volumes
    for name in dict.fromkeys(point.name for point in record.mount_points if point.type == "volume"):
        try:
            is_mounted = volumes.get(name).is_mounted
        except NotFound:
            continue
        release = partial(volumes.release, name, record.id)
        try:
            is_released = await in_own_thread(release) if is_mounted else release()
        except OSError as error:
            # The container has ended all the same. Its mount is looked for again when the daemon starts.
            _log.warning("volume %s cannot be unmounted: %s", name, error)
            continue
        if is_released:
            roster.environment.events.publish("volume", "unmount", name, {"container": record.id, "driver": "local"})


async def readopt_volumes(roster: Roster) -> None:
    """After a restart of the daemon: note which volumes are in use, and unmount those that are so no more."""
    volumes = roster.environment.volumes
    for container in roster.all():
        if container.is_running:
            for point in container.record.mount_points:
                if point.type == "volume":
                    volumes.adopt(volumes.get(point.name), container.id)
    await asyncio.to_thread(volumes.release_strays)


# --- filled once -----------------------------------------------------------------------------------------------------


async def fill_volumes(roster: Roster, record: Record) -> None:
    """Copy the image's directories into the container's empty volumes.

    After cancellation: a volume may have a part of it.
    """
    volumes = roster.environment.volumes
    wanted = [
        (point, volume)
        for point in record.mount_points
        if point.type == "volume" and not point.no_copy and _may_fill(volume := volumes.get(point.name))
    ]
    if wanted and record.snapshot:
        snapshots = roster.environment.snapshots
        upper, lowers = snapshots.upper(record.snapshot_key), snapshots.lowers(record.snapshot_key)
        # To look at the layers takes no time, to mount and unmount them does.
        found = [one for one in wanted if upper is None or may_have((upper, *lowers), one[0].destination)]
        if found:
            await in_own_thread(partial(_fill, roster, record, found))


def may_have(layers: Sequence[Path], path: str) -> bool:
    """Tell whether a stack of layers may have something at a path: False is certain, True is not."""
    return any(_may_have(layer, path) for layer in layers)


def _may_have(layer: Path, path: str) -> bool:
    place = os.fspath(layer)
    for name in path.strip("/").split("/"):
        place = f"{place}/{name}"
        try:
            status = os.lstat(place)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True
        if stat.S_ISLNK(status.st_mode):
            return True
    return True


def _may_fill(volume: Volume) -> bool:
    return volume.is_mounted or _is_empty(volume.path)


def _is_empty(path: Path) -> bool:
    with os.scandir(path) as entries:
        return next(entries, None) is None


def _fill(roster: Roster, record: Record, wanted: Sequence[tuple[MountPoint, Volume]]) -> None:
    with roster.environment.snapshots.mounted(record.snapshot_key, read_only=True) as root, _opened(root) as root_fd:
        for point, volume in wanted:
            if not _is_directory(root_fd, point.destination):
                continue
            with roster.environment.volumes.opened(volume) as path:
                if _is_empty(path):
                    _copy(root_fd, point.destination, path)


def _is_directory(root_fd: int, path: str) -> bool:
    try:
        return stat.S_ISDIR(archive.status(root_fd, f"{path}/.").mode)
    except (NotFound, InvalidParameter):
        return False


def _copy(root_fd: int, path: str, target: Path) -> None:
    """Copy a tree as a tar, so that owners, links and attributes come along as they do everywhere else."""
    with tempfile.TemporaryFile() as between:
        archive.pack(root_fd, f"{path}/.", between.write, name=".")
        between.seek(0)
        with _opened(target) as volume_fd:
            archive.extract(between, volume_fd, "/")


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    fd = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)
