"""What binds show of the host: looked at, and made, where containers see it (supervisor/host_mounts.py)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from posixpath import normpath

from jupyter_containers.engine.containers.mount_points import is_below
from jupyter_containers.engine.containers.record import MountPoint, Record
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.linux.mountinfo import MountEntry


def check_sources(roster: Roster, record: Record) -> None:
    """Raise InvalidParameter when the source of a --mount is not there, unless it is to be made; of -v it is."""
    asked = {normpath(m.target) for m in record.host.mounts if m.type == "bind" and not m.create_source}
    for point in record.mount_points:
        if point.destination in asked and not roster.environment.volumes.host.exists(point.source):
            raise InvalidParameter(
                f'invalid mount config for type "bind": bind source path does not exist: {point.source}'
            )


def make_sources(roster: Roster, record: Record) -> None:
    """Make missing sources, as directories of root's, as dockerd does. Raises ContainersError in its words."""
    for point in record.mount_points:
        if point.type == "bind" and not roster.environment.volumes.host.exists(point.source):
            try:
                roster.environment.volumes.host.make_directories(point.source)
            except OSError as error:
                raise ContainersError(
                    f"error while creating mount source path '{point.source}': mkdir {point.source}: "
                    f"{os.strerror(error.errno or 0).lower()}"
                ) from error


def is_linked(point: MountPoint) -> bool:
    """Tell whether mounts made on the host later are to be seen through a mount, or the other way round. Pure."""
    return point.type == "bind" and point.propagation.removeprefix("r") in ("shared", "slave")


def check_propagation(roster: Roster, record: Record) -> None:
    """Raise ContainersError, in Docker's words, for a bind that should be shared with a mount of the host that is not.

    What shows the daemon's own data is a slave by itself, where the host allows it. Blocks: call it in a thread.
    """
    entries = roster.environment.volumes.host.entries()
    own_root = str(roster.environment.places.data)
    for point in record.mount_points:
        is_own = is_below(point.source, own_root) or is_below(own_root, point.source)
        if is_linked(point) and not (is_own and point.propagation == "rslave"):
            check_shared(point, entries)


def check_shared(point: MountPoint, entries: Sequence[MountEntry]) -> None:
    """Raise ContainersError when the mount that a bind shows a part of is not shared as the bind needs it. Pure."""
    source = os.path.realpath(point.source)
    # The last of the longest covers all others at the same place; of equals, max takes the first.
    entry = max(
        (entry for entry in reversed(entries) if is_below(source, entry.mount_point)),
        key=lambda entry: len(entry.mount_point.rstrip("/")),
        default=None,
    )
    kinds = {word.partition(":")[0] for word in entry.optional} if entry is not None else set()
    is_shared = point.propagation.endswith("shared")
    if not kinds & ({"shared"} if is_shared else {"shared", "master"}) and entry is not None:
        words = "a shared" if is_shared else "a shared or slave"
        raise ContainersError(f"path {point.source} is mounted on {entry.mount_point} but it is not {words} mount")
