"""What has to be in a root to mount on, made once for each image: the snapshot between an image and its containers.

    image's chain ◀─ places:<chain> ◀─ container:<id>

As Docker's "-init" layers: what is only there to be mounted on is neither a change of the container nor part of an
image that is made of it. One snapshot serves all containers of an image, for each file that a container would have to
make of its own costs it a new inode, which is slow on a file system where many were just removed.
"""

from __future__ import annotations

import os
from contextlib import suppress

from jupyter_containers.linux.safe_paths import make_directories_in_root, make_file_in_root, open_in_root
from jupyter_containers.oci.snapshot_record import LABEL_DISPOSABLE, LABEL_PLACES
from jupyter_containers.snapshots.snapshotter import SnapshotNotFound, Snapshotter

# As in Docker. /.dockerenv is what programs look for that want to know whether they are in a container.
DIRECTORIES = ("/dev/pts", "/dev/shm", "/proc", "/sys")
FILES = ("/.dockerenv", "/dev/console", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf")
LINKS = {"/etc/mtab": "/proc/mounts"}
_FILE_MODE = 0o755


def prepare_root(snapshots: Snapshotter, key: str, chain: str, *, labels: dict[str, str] | None = None) -> None:
    """Make the writable snapshot `key` of a container on an image's chain ("" without layers). Blocks.

    Raises SnapshotExists, SnapshotNotFound when the image is gone.
    """
    try:
        snapshots.prepare(key, _name(chain), labels=labels)
    except SnapshotNotFound:
        # The image's first container, or its first since the last collection of garbage.
        _make_places(snapshots, chain)
        snapshots.prepare(key, _name(chain), labels=labels)


def _name(chain: str) -> str:
    return f"places:{chain}"


def _make_places(snapshots: Snapshotter, chain: str) -> None:
    name = _name(chain)
    with snapshots.exclusive(name):
        if snapshots.exists(name):
            return
        key = f"making {name}"
        snapshots.prepare(key, chain or None, labels={LABEL_DISPOSABLE: "true"})
        try:
            with snapshots.mounted(key) as root:
                _make(os.fspath(root))
            snapshots.commit(name, key, labels={LABEL_PLACES: "true"}, size_bytes=0)
        except BaseException:
            snapshots.remove(key)
            raise


def _make(root: str) -> None:
    """Make what is missing. Where an image has something else in the way, the start will say so."""
    root_fd = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for path in DIRECTORIES:
            with suppress(OSError):
                os.close(make_directories_in_root(root_fd, path))
        for path in FILES:
            with suppress(OSError):
                os.close(make_file_in_root(root_fd, path, _FILE_MODE))
        for path, target in LINKS.items():
            with suppress(OSError):
                _link(root_fd, path, target)
    finally:
        os.close(root_fd)


def _link(root_fd: int, path: str, target: str) -> None:
    directory, _, name = path.rpartition("/")
    directory_fd = open_in_root(root_fd, directory, os.O_PATH | os.O_DIRECTORY)
    try:
        os.symlink(target, name, dir_fd=directory_fd)
    finally:
        os.close(directory_fd)
