"""A process that changes one thing in the host's mounts and ends: `python -I -S <this file> <socket> <namespace>`.

The daemon lives in a mount namespace of its own, whose mounts no container sees; it has threads, and so cannot enter
another one. A server that does not answer holds up only this process.

    daemon ─▶ mounter   {"do": "mount" | "unmount" | "list" | "sweep", "path", …}
    mounter ─▶ daemon   {"errno", "error"}, and for "list" a descriptor of mountinfo
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
from collections.abc import Mapping
from typing import Any


def main(end: socket.socket, namespace_fd: int) -> None:
    """Enter the namespace, do the one thing that is asked for, answer."""
    from jupyter_containers.linux import descriptors
    from jupyter_containers.linux.constants import CLONE_NEWNS
    from jupyter_containers.linux.namespaces import setns

    message, _ = descriptors.receive(end, 1 << 16)
    if not message:
        return
    fds: list[int] = []
    answer: dict[str, Any] = {"errno": 0, "error": ""}
    try:
        setns(namespace_fd, CLONE_NEWNS)
        opened = perform(json.loads(message))
        fds = [] if opened is None else [opened]
    except OSError as error:
        number = error.errno or errno.EIO
        answer = {"errno": number, "error": os.strerror(number)}
    descriptors.send(end, json.dumps(answer).encode(), fds)


def perform(request: Mapping[str, Any]) -> int | None:
    """Do what a request says, in this process's mount namespace. Raises OSError; nothing is left mounted then."""
    path = str(request["path"])
    match request["do"]:
        case "mount":
            _mount(request, path)
        case "unmount":
            _unmount(path)
        case "list":
            # Bound to this namespace when it is opened, wherever it is read.
            return os.open("/proc/self/mountinfo", os.O_RDONLY | os.O_CLOEXEC)
        case "sweep":
            _sweep(path, frozenset(request["keep"]))
    return None


def _mount(request: Mapping[str, Any], path: str) -> None:
    from jupyter_containers.linux import mounts
    from jupyter_containers.linux.constants import MS_BIND, MS_REC, MS_REMOUNT

    flags, propagation = int(request["flags"]), int(request["propagation"])
    mounts.mount(request["device"], path, request["type"] or None, flags, request["data"])
    try:
        if flags & MS_BIND and flags & ~(MS_BIND | MS_REC):
            # A bind takes no flags of its own at first. Source: mount(2), "Creating a bind mount".
            mounts.mount(None, path, None, flags & ~MS_REC | MS_REMOUNT)
        if propagation:
            mounts.mount(None, path, None, propagation)
    except OSError:
        _unmount(path)
        raise


def _unmount(path: str) -> None:
    """Take the mount off; nothing when there is none.

    Lazily: one that is busy goes when its last user does, and a server that does not answer is not waited for.
    """
    from jupyter_containers.linux import mounts
    from jupyter_containers.linux.constants import MNT_DETACH, UMOUNT_NOFOLLOW

    try:
        mounts.unmount(path, UMOUNT_NOFOLLOW | MNT_DETACH)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOENT):
            raise


def _sweep(root: str, keep: frozenset[str]) -> None:
    """Unmount all that is below a directory, but for what is in those of its folders that are named in `keep`."""
    from jupyter_containers.linux import mountinfo

    prefix = os.path.realpath(root) + "/"
    places = [entry.mount_point for entry in mountinfo.read() if entry.mount_point.startswith(prefix)]
    for place in reversed(places):
        if place.removeprefix(prefix).partition("/")[0] not in keep:
            _unmount(place)


if __name__ == "__main__":
    # -I and -S leave out the package's own folder; this file knows where it stands.
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    main(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
