"""What a layer deletes: OCI's `.wh.` names, and how overlayfs writes the same.

| meaning                        | in a layer          | on overlayfs                                  |
|--------------------------------|---------------------|-----------------------------------------------|
| `name` is gone                 | `.wh.name`          | `name`: character device 0:0                  |
| nothing from below is in `dir` | `dir/.wh..wh..opq`  | `dir`: xattr trusted.overlay.opaque = y       |

Sources: OCI image-spec, layer.md, Whiteouts; kernel documentation "Overlay Filesystem", whiteouts and opaque
directories.
"""

from __future__ import annotations

import enum
import os
import stat

from jupyter_containers.layers.member import InvalidLayer

PREFIX = b".wh."
META_PREFIX = b".wh..wh."
OPAQUE = b".wh..wh..opq"

# Attributes by which overlayfs steers itself: never taken from a layer (a redirect makes a folder's content vanish,
# or show another's), never written into one.
OVERLAY_XATTRS = (b"trusted.overlay.", b"user.overlay.")
OPAQUE_XATTR = b"trusted.overlay.opaque"
USER_OPAQUE_XATTR = b"user.overlay.opaque"


class Whiteouts(enum.Enum):
    """What to do with `.wh.` names when a layer is applied."""

    OVERLAY = "overlay"  # the target holds this layer only: write whiteouts as overlayfs reads them
    DELETE = "delete"  # the target holds the layers below as well: delete
    NAMES = "names"  # no layer but an ordinary archive: they are names like others


class Mark(enum.Enum):
    NONE = 0
    DELETED = 1
    OPAQUE = 2
    IGNORED = 3


def read(path: bytes) -> tuple[Mark, bytes]:
    """Say what a clean member path means: the mark, and the path of what it is about.

    Raises InvalidLayer for a mark that climbs (`.wh...` is `..` deleted) or is part of a longer path.
    """
    if PREFIX not in path:
        return Mark.NONE, path
    parent, slash, name = path.rpartition(b"/")
    for part in parent.split(b"/"):
        if part.startswith(META_PREFIX):
            return Mark.IGNORED, path
        if part.startswith(PREFIX):
            raise InvalidLayer(f"layer has a whiteout with something below it: {path[:200]!r}")
    if name == OPAQUE:
        return Mark.OPAQUE, parent
    if name.startswith(META_PREFIX):
        # AUFS's own records (.wh..wh.plnk and the like), in layers that Docker made with it long ago.
        return Mark.IGNORED, path
    if not name.startswith(PREFIX):
        return Mark.NONE, path
    deleted = name[len(PREFIX) :]
    if deleted in (b"", b".", b".."):
        raise InvalidLayer(f"layer has a whiteout that climbs: {path[:200]!r}")
    return Mark.DELETED, parent + slash + deleted


def is_overlay_whiteout(status: os.stat_result) -> bool:
    """Say whether a file on disk is overlayfs's sign for a deleted name."""
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def is_overlay_xattr(name: bytes) -> bool:
    """Say whether overlayfs gives this extended attribute a meaning of its own."""
    return name.startswith(OVERLAY_XATTRS)
