"""Files in a root that no package brings: made here, placed by the same hands as those of packages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from jupyter_containers.layers.inherited import Inherited
from jupyter_containers.layers.member import Kind, Member
from jupyter_containers.layers.ownership import EXACT
from jupyter_containers.layers.placing import Placer
from jupyter_containers.layers.whiteouts import OPAQUE_XATTR, Whiteouts

# What to place, and what is in it when it is a file.
OwnFile: TypeAlias = tuple[Member, bytes]


def file(path: str, content: bytes, mode: int = 0o644, *, mtime_ns: int = 0) -> OwnFile:
    """Return a file of root's; `path` without a slash in front."""
    size = len(content)
    return Member(path.encode(), Kind.FILE, mode, size=size, stored_size=size, mtime_ns=mtime_ns), content


class RootPlacer(Placer):
    """Places files below `root_fd`, which stays open: no layer's, so that no name in it means that another is gone."""

    def __init__(self, root_fd: int) -> None:
        super().__init__(
            root_fd,
            whiteouts=Whiteouts.NAMES,
            ownership=EXACT,
            inherited=Inherited(()),
            opaque_xattr=OPAQUE_XATTR,
            keep_directories=True,
        )


def place(root_fd: int, files: Iterable[OwnFile]) -> None:
    """Place files below `root_fd`, which stays open; what has one's name is replaced. Raises InvalidLayer, OSError."""
    with RootPlacer(root_fd) as placer:
        for member, content in files:
            placer.place(member, iter((memoryview(content),)))
