"""Which changes of a sandbox are to go to their real places, and which of them may.

Without paths: all that is in the notebook's folder. A path that is named may be elsewhere, but not in the system's own
folders, nor where somebody else owns the folder, nor over what has changed here in the meantime; `force` takes all of
these over, and nothing lifts that links, devices and pipes are never taken, and nothing is put among the kernel's own
files.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jupyter_containers.errors import NotFound
from jupyter_containers.sandboxes.changes import ADDED, DELETED, FileChange, Kind, is_below

SYSTEM = (
    "/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/nix", "/opt", "/sbin", "/usr", "/var",
)  # fmt: skip
NEVER = ("/dev", "/proc", "/run", "/sys", "/variables")
_COPIED = (Kind.FILE, Kind.FOLDER)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that stays in the sandbox, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be done here, and what is not."""

    taken: tuple[FileChange, ...] = ()
    refused: tuple[Refusal, ...] = ()


def choose(
    changes: Sequence[FileChange], paths: Iterable[str], *, folder: Path, began_at: datetime, force: bool = False
) -> Choice:
    """Return what of the changes may go to its place. Raises NotFound for a path at which nothing has changed."""
    taken, refused = [], []
    for change in wanted(changes, list(paths), folder):
        reason = _reason(change, folder, began_at, force=force)
        if reason:
            refused.append(Refusal(change.path, reason))
        else:
            taken.append(change)
    return Choice(tuple(taken), tuple(refused))


def wanted(changes: Sequence[FileChange], paths: Sequence[str], folder: Path) -> list[FileChange]:
    """Return the changes at these paths, or else in the folder. Raises NotFound for a path without any."""
    places = [os.path.normpath(folder / path) for path in paths] or [str(folder)]
    for path, place in zip(paths, places, strict=False):
        if not any(is_below(change.path, [place]) for change in changes):
            raise NotFound(f"nothing has changed at {path} in the sandbox; its list of files tells what has")
    return [change for change in changes if is_below(change.path, places)]


def _reason(change: FileChange, folder: Path, began_at: datetime, *, force: bool) -> str:
    """Return why a change is not to be taken over, "" if it may be."""
    path = change.path
    if not path.startswith("/") or ".." in path.split("/") or "\0" in path:
        return "it has a name that leads elsewhere"
    if is_below(path, NEVER):
        return "it is among the files of the kernel or of this program"
    if change.letter != DELETED and change.kind not in _COPIED:
        return f"it is a {change.kind.value}" if change.kind is not Kind.UNKNOWN else "nobody could look at it"
    if force:
        return ""
    is_inside = is_below(path, [str(folder)])
    if not is_inside and is_below(path, SYSTEM):
        return "it belongs to the system; force takes it over all the same"
    if not is_inside and not _is_own(path):
        return "somebody else owns the folder; force takes it over all the same"
    return _conflict(change, began_at)


def _is_own(path: str) -> bool:
    """Tell whether this user owns the nearest folder above a path that is there."""
    parent = os.path.dirname(path)
    while not os.path.lexists(parent):
        parent = os.path.dirname(parent)
    status = os.lstat(parent)
    return status.st_uid == os.geteuid() or bool(status.st_mode & stat.S_ISVTX)


def _conflict(change: FileChange, began_at: datetime) -> str:
    """Return what has happened here since the sandbox saw it, "" if nothing has."""
    try:
        status = os.lstat(change.path)
    except OSError:
        return ""
    if change.letter == ADDED and not (change.kind is Kind.FOLDER and stat.S_ISDIR(status.st_mode)):
        return "there is one here, which the sandbox did not see; force writes over it"
    if change.letter == DELETED and stat.S_ISDIR(status.st_mode):
        return "it is a folder here, with files that the sandbox may not have seen; force removes it"
    if status.st_mtime > began_at.timestamp() and stat.S_ISREG(status.st_mode):
        return "it has changed here since; force writes over it"
    return ""
