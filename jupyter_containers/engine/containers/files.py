"""Files of a container from outside: `docker cp` both ways, `docker export` and `docker diff`.

A running container is entered through /proc/<pid>/root, whose mounts are the container's; one that does not run has
its snapshot mounted for the moment, and its volumes are looked up by their place.
"""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.record import MountPoint, Record
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import Forbidden, InvalidParameter, NotFound
from jupyter_containers.layers import archive
from jupyter_containers.layers.archive import PathStatus
from jupyter_containers.layers.compression import Readable
from jupyter_containers.layers.diff import Change, changes
from jupyter_containers.layers.ownership import EXACT, Ownership, Squashed
from jupyter_containers.linux import mountinfo
from jupyter_containers.oci.runtime_spec import User
from jupyter_containers.runtime import users


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a path really is: in the root, or in a volume of a container that does not run.

    `mounted` are the places where a running container has mounts.
    """

    root_fd: int
    path: str
    mounted: frozenset[str] = frozenset()


def clean(path: str) -> str:
    """Return the path absolute and without `..`; a `/` or `/.` at the end stays: "what this leads to". Pure."""
    if not path:
        raise InvalidParameter("bad parameter: path cannot be empty")
    if "\0" in path:
        raise InvalidParameter("bad parameter: path has a zero byte in it")
    bare = posixpath.normpath(f"/{path}").replace("//", "/")
    ending = "/." if path.endswith("/.") or path == "." else "/" if path.endswith("/") else ""
    return bare.rstrip("/") + (ending or ("" if bare != "/" else "/"))


def status(roster: Roster, container: Container, path: str) -> PathStatus:
    """Look at a path. Blocks: call it in a thread. Raises NotFound, InvalidParameter."""
    with _located(roster, container, clean(path)) as place, _docker_words(container, path):
        found = archive.status(place.root_fd, place.path)
    return replace(found, name=base_name(path))


def folder(roster: Roster, container: Container, path: str, limit: int) -> tuple[list[PathStatus], int]:
    """Look at what is in a folder, see archive.folder. Blocks: call it in a thread."""
    with _located(roster, container, clean(path)) as place, _docker_words(container, path):
        return archive.folder(place.root_fd, place.path, limit)


def pack(roster: Roster, container: Container, path: str, write: Callable[[bytes], object]) -> None:
    """Write a path as a tar to `write`. Blocks: call it in a thread. Raises NotFound, InvalidParameter."""
    with _located(roster, container, clean(path)) as place, _docker_words(container, path):
        hidden = kernel_mounts(container, place.mounted, clean(path))
        archive.pack(place.root_fd, place.path, write, name=base_name(path).replace("/", ""), exclude=hidden)
    roster.publish(container, "archive-path")


def kernel_mounts(container: Container, mounted: Collection[str], path: str) -> set[str]:
    """Return the mounts below `path` that nobody asked for, relative to it: /proc, /sys, /dev and what is in them."""
    above = path.rstrip("/").removesuffix("/.").rstrip("/") + "/"
    asked = {point.destination for point in container.record.mount_points} | set(container.record.host.tmpfs)
    return {place.removeprefix(above) for place in mounted if place not in asked and place.startswith(above)} - {""}


def base_name(path: str) -> str:
    """Return the name that Docker gives a path: the last part, `.` when it ends in `/.`, `/` for the root. Pure."""
    bare = clean(path)
    return "." if bare.endswith("/.") else posixpath.basename(bare.rstrip("/")) or "/"


def extract(
    roster: Roster,
    container: Container,
    path: str,
    stream: Readable,
    *,
    keep_kind: bool = False,
    owned_by_user: bool = False,
) -> None:
    """Unpack a tar into a directory of the container. Blocks: call it in a thread.

    `keep_kind` refuses to put a file where a directory is, and the other way round; `owned_by_user` gives everything
    to the user that the container was made for, if it was for one. Raises NotFound, InvalidParameter;
    ContainersError for what is read-only.
    """
    target, ownership = clean(path), _owner(roster, container) if owned_by_user else EXACT
    with _located(roster, container, target) as place, _docker_words(container, path):
        _refuse_non_directory(place)
        _refuse_read_only(container.record, target)
        archive.extract(stream, place.root_fd, place.path, keep_kind=keep_kind, ownership=ownership)
    roster.publish(container, "extract-to-dir")


def _owner(roster: Roster, container: Container) -> Ownership:
    """Return that everything belongs to the container's user, as its own files name it."""
    user = container.record.settings.user
    if not user:
        return EXACT
    with _located(roster, container, "/") as place:
        found = users.resolve(User(username=user), place.root_fd)
    return Squashed(found.uid, found.gid)


def _refuse_non_directory(place: _Place) -> None:
    try:
        found = archive.status(place.root_fd, place.path.rstrip("/") + "/.")
    except InvalidParameter:
        found = None
    if found is None or not stat.S_ISDIR(found.mode):
        raise InvalidParameter("extraction point is not a directory")


def _refuse_read_only(record: Record, path: str) -> None:
    point = mount_over(record, path)
    if point is not None and point.read_only:
        raise Forbidden("mounted volume is marked read-only")
    if point is None and record.host.read_only_root and not _is_in_tmpfs(record, path):
        raise Forbidden("container rootfs is marked read-only")


def _is_in_tmpfs(record: Record, path: str) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in record.host.tmpfs)


def mount_over(record: Record, path: str) -> MountPoint | None:
    """Return the mount that a path is in, the deepest one; None in the root. Pure."""
    over = [p for p in record.mount_points if path == p.destination or path.startswith(f"{p.destination}/")]
    return max(over, key=lambda point: len(point.destination), default=None)


@contextmanager
def _docker_words(container: Container, path: str) -> Iterator[None]:
    """Say what is wrong as dockerd does, with the names that the user gave."""
    try:
        yield
    except NotFound as error:
        raise NotFound(f"Could not find the file {path} in container {container.record.name}") from error


@contextmanager
def _located(roster: Roster, container: Container, path: str) -> Iterator[_Place]:
    point = mount_over(container.record, path.rstrip("/").removesuffix("/.") or "/")
    entered = _entered(roster, container)
    if entered is not None:
        root_fd, mounted = entered
        try:
            yield _Place(root_fd, path, mounted)
        finally:
            os.close(root_fd)
    elif point is not None and point.type != "tmpfs" and os.path.isdir(point.source):
        with _source(roster, point) as root_fd:
            # Below what is shown of a volume, and resolved inside the volume: nothing leads out of it.
            yield _Place(root_fd, f"/{point.subpath}{path.removeprefix(point.destination)}".replace("//", "/"))
    else:
        with _rooted(roster, container) as root_fd:
            yield _Place(root_fd, path)


@contextmanager
def _rooted(roster: Roster, container: Container, *, read_only: bool = False) -> Iterator[int]:
    """Open the root of a container that does not run, mounted for the time of the block."""
    container.await_unmounted()
    key = container.record.snapshot_key
    with roster.environment.snapshots.mounted(key, read_only=read_only) as root, _opened(str(root)) as root_fd:
        yield root_fd


def _entered(roster: Roster, container: Container) -> tuple[int, frozenset[str]] | None:
    """Return a running container's root, which the caller closes, and its mounts; None when it does not run any more.

    It may have died a moment ago: then its mounts will be gone soon, and its snapshot can be mounted as for any other.
    """
    if not container.is_running:
        return None
    pid = container.record.state.pid
    try:
        root_fd = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, ProcessLookupError):
        return None
    try:
        mounted = frozenset(entry.mount_point for entry in mountinfo.read(str(pid)))
        is_its_own = roster.has_process(container)
    except OSError:
        is_its_own = False
    if is_its_own:
        return root_fd, mounted
    os.close(root_fd)
    return None


@contextmanager
def _source(roster: Roster, point: MountPoint) -> Iterator[int]:
    """Open what a mount shows; a volume that is something to be mounted is that for the time of the block."""
    if point.type != "volume":
        with _opened(point.source) as root_fd:
            yield root_fd
        return
    volumes = roster.environment.volumes
    with volumes.opened(volumes.get(point.name)) as place, _opened(str(place)) as root_fd:
        yield root_fd


@contextmanager
def _opened(path: str) -> Iterator[int]:
    fd = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


def export(roster: Roster, container: Container, write: Callable[[bytes], object]) -> None:
    """Write the whole root as a tar, without what is mounted in it. Blocks: call it in a thread."""
    entered = _entered(roster, container)
    if entered is not None:
        root_fd, mounted = entered
        try:
            archive.pack(root_fd, "/", write, name="", exclude={place.strip("/") for place in mounted} - {""})
        finally:
            os.close(root_fd)
    else:
        with _rooted(roster, container, read_only=True) as root_fd:
            archive.pack(root_fd, "/", write, name="")
    roster.publish(container, "export")


def list_changes(roster: Roster, container: Container) -> list[Change]:
    """Return what the container has changed over its image. Blocks: call it in a thread."""
    snapshots, key = roster.environment.snapshots, container.record.snapshot_key
    upper = snapshots.upper(key)
    return changes(upper, snapshots.lowers(key)) if upper is not None else []
