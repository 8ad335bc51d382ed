"""COPY of a folder of the context to a place where nothing is: its files are linked, not written once more.

Most builds begin so, and to make an inode is what a copy of small files spends its time on. A link cannot lead from the
context into an overlay that is mounted, so the overlay only makes the place; then it is unmounted, and the place filled
in the snapshot's own directory, where the kernel sees no other layer. Files are shared only as they are: one that gets
another owner or mode, or has attributes, is copied. Nobody writes to a file of a layer, nor to one of a context.
"""

from __future__ import annotations

import os
import stat
from contextlib import closing

from jupyter_containers.build.operations.copying import Copier, Dress
from jupyter_containers.build.operations.definitions import CopyFiles
from jupyter_containers.build.operations.layering import Stores
from jupyter_containers.build.tree import Match, Tree
from jupyter_containers.errors import ContainersError
from jupyter_containers.linux import constants as c
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.snapshots.snapshotter import OVERLAY_FORMAT

_BELOW = c.RESOLVE_BENEATH | c.RESOLVE_NO_SYMLINKS
_FOLDER = os.O_RDONLY | os.O_DIRECTORY


def whole_folder(stores: Stores, operation: CopyFiles, tree: Tree) -> Match | None:
    """Return the one folder that is all an operation copies; None for everything else."""
    is_special = operation.inline or operation.remote or operation.with_parents or operation.is_linked
    if (
        is_special
        or len(operation.sources) != 1
        or not tree.is_own
        or stores.snapshotter.layer_format != OVERLAY_FORMAT
    ):
        return None
    try:
        found = tree.find(operation.sources[0], operation.word)
    except ContainersError:
        return None  # told where it is tried again
    if len(found) != 1 or not found[0].is_directory:
        return None
    with closing(tree.walk(found[0])) as entries:
        # Nothing put into a place changes nothing there: not even its directory is to be in the layer.
        return found[0] if next(entries, None) is not None else None


def bare_place(root_fd: int, destination: str, tree: Tree, dress: Dress) -> str | None:
    """Return the real path of the destination in the mounted root, made if need be; None if something is in it.

    It is the snapshot's own directory afterwards, with what it has in the layers below copied up.
    """
    try:
        fd = open_in_root(root_fd, destination, _FOLDER)
    except FileNotFoundError:
        Copier(tree, root_fd, dress).make_directory(destination)
        fd = open_in_root(root_fd, destination, _FOLDER)
    except OSError:
        return None
    try:
        if os.listdir(fd):
            return None
        # A change of nothing: the kernel copies the directory up for it.
        os.fchmod(fd, stat.S_IMODE(os.fstat(fd).st_mode))
        root = os.readlink(f"/proc/self/fd/{root_fd}").rstrip("/")
        return os.readlink(f"/proc/self/fd/{fd}").removeprefix(root).strip("/") or "."
    finally:
        os.close(fd)


def fill(stores: Stores, key: str, place: str, tree: Tree, folder: Match, *, dress: Dress) -> None:
    """Put what is in the folder into the place that bare_place() told. The snapshot is not mounted."""
    upper = stores.snapshotter.upper(key)
    assert upper is not None, key
    upper_fd = os.open(upper, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        place_fd = open_in_root(upper_fd, place, os.O_PATH | os.O_DIRECTORY, resolve=_BELOW)
    finally:
        os.close(upper_fd)
    try:
        Copier(tree, place_fd, dress, shares=True).copy(folder, "/")
    finally:
        os.close(place_fd)
