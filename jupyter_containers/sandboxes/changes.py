"""The files that changed in a sandbox: what was added, changed and deleted, with kinds and sizes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from jupyter_containers.client import Client
from jupyter_containers.errors import ContainersError

ADDED, CHANGED, DELETED = "A", "C", "D"
_LETTERS = {0: CHANGED, 1: ADDED, 2: DELETED}
# Beyond so many, sizes are not asked for: each is a request.
MOST_LOOKED_AT = 400
# Bits of the modes that the API tells: Go's fs.FileMode.
_GO_FOLDER, _GO_LINK, _GO_OTHER = 1 << 31, 1 << 27, 1 << 26 | 1 << 25 | 1 << 24 | 1 << 21


class Kind(Enum):
    """What a changed path is. UNKNOWN: nobody has looked."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "device, pipe or socket"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FileChange:
    """One path. `letter` is A, C or D; `size` is in bytes, None where it is not known or not a file's."""

    letter: str
    path: str
    kind: Kind = Kind.UNKNOWN
    size: int | None = None
    mode: int = 0


def find(client: Client, container: str, *, folder: Path, left_out: Iterable[str] = ()) -> list[FileChange]:
    """Return what changed in a container, first what is in `folder`; `left_out` are this side's own doings there.

    A folder is told only when it is new and empty, or deleted: the files in it tell the rest.
    """
    ours = tuple(left_out)
    told = [
        (_LETTERS.get(change["Kind"], CHANGED), str(change["Path"])) for change in client.containers.changes(container)
    ]
    told = [(letter, path) for letter, path in told if not is_below(path, ours)]
    parents = {os.path.dirname(path) for _, path in told}
    told = [(letter, path) for letter, path in told if letter == DELETED or path not in parents]
    told.sort(key=lambda change: (not is_below(change[1], [str(folder)]), change[1]))
    found = [
        look(client, container, letter, path) if count < MOST_LOOKED_AT else FileChange(letter, path)
        for count, (letter, path) in enumerate(told)
    ]
    return [change for change in found if change.letter != CHANGED or change.kind is not Kind.FOLDER]


def is_below(path: str, places: Sequence[str]) -> bool:
    """Tell whether a path is one of the places or in one of them."""
    return any(path == place or path.startswith(f"{place.rstrip('/')}/") for place in places)


def look(client: Client, container: str, letter: str, path: str) -> FileChange:
    """Return a change with the kind, size and mode that its path has in a container."""
    if letter == DELETED:
        return _deleted(path)
    try:
        status = client.archives.look(container, path)
    except (ContainersError, ValueError):
        return FileChange(letter, path)  # a name that no request can carry
    mode = int(status["mode"])
    kind = Kind.FILE
    for bits, other in ((_GO_FOLDER, Kind.FOLDER), (_GO_LINK, Kind.LINK), (_GO_OTHER, Kind.OTHER)):
        if mode & bits:
            kind = other
            break
    return FileChange(letter, path, kind, int(status["size"]) if kind is Kind.FILE else None, mode & 0o777)


def _deleted(path: str) -> FileChange:
    """Say what was deleted inside by what is still there on this side."""
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return FileChange(DELETED, path)
    for is_kind, kind in ((stat.S_ISDIR, Kind.FOLDER), (stat.S_ISLNK, Kind.LINK), (stat.S_ISREG, Kind.FILE)):
        if is_kind(status.st_mode):
            return FileChange(DELETED, path, kind, status.st_size if kind is Kind.FILE else None)
    return FileChange(DELETED, path, Kind.OTHER)
