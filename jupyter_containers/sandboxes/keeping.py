"""Changes of a sandbox are made here: files written whole or not at all, and never through a link.

Every part of a path is opened from the one before it, without following links, so that neither a link that lies there
nor one that is put there meanwhile leads elsewhere. Only the working folder itself may be reached through links: it is
where the notebook is. A file is written beside its place and then moved there; it keeps its mode, but never a set-uid
bit, and the owner of the one it replaces.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_containers.client import Client
from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.sandboxes.changes import DELETED, FileChange, Kind, is_below
from jupyter_containers.sandboxes.choice import Refusal
from jupyter_containers.sandboxes.diffs import content_of

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PIECE = 1 << 20


def take_over(
    client: Client, container: str, changes: Iterable[FileChange], *, folder: Path
) -> tuple[list[FileChange], list[Refusal]]:
    """Make changes here that were made in a container; return those made, and those that could not be, with reasons."""
    made, refused = [], []
    for change in changes:
        try:
            with _parent(change.path, folder, make=change.letter != DELETED) as (parent_fd, name):
                _make(client, container, change, parent_fd=parent_fd, name=name)
            made.append(change)
        except OSError as error:
            refused.append(Refusal(change.path, _words(error)))
        except ContainersError as error:
            refused.append(Refusal(change.path, error.message))
        except (ValueError, OverflowError):
            refused.append(Refusal(change.path, "its name or its time cannot be had here"))
    return made, refused


def _make(client: Client, container: str, change: FileChange, *, parent_fd: int, name: str) -> None:
    if change.letter == DELETED:
        _delete(parent_fd, name)
    elif change.kind is Kind.FOLDER:
        _make_folder(parent_fd, name, change.mode)
    else:
        _write(client, container, change, parent_fd=parent_fd, name=name)


@contextmanager
def _parent(path: str, folder: Path, *, make: bool) -> Iterator[tuple[int, str]]:
    """Open the folder that a path lies in, with the name there; with `make`, what is missing on the way is made."""
    is_inside = is_below(path, [str(folder)])
    anchor = str(folder) if is_inside else "/"
    parts = [part for part in path.removeprefix(anchor).split("/") if part]
    if not parts or ".." in parts or "." in parts:
        raise InvalidParameter("it is no file in a folder")
    fd = os.open(anchor, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            inner = _inner(fd, part, make=make)
            os.close(fd)
            fd = inner
        yield fd, parts[-1]
    finally:
        os.close(fd)


def _inner(fd: int, part: str, *, make: bool) -> int:
    if make:
        try:
            os.mkdir(part, 0o777, dir_fd=fd)
        except FileExistsError:
            pass
        else:
            _own_as_the_folder(fd, part)
    try:
        return os.open(part, _FOLDER, dir_fd=fd)
    except NotADirectoryError:
        raise InvalidParameter(f"{part!r} on the way to it is no folder here; a link could lead out") from None


def _own_as_the_folder(fd: int, name: str) -> None:
    """Give what root makes in somebody's folder to him."""
    if os.geteuid() == 0:
        status = os.fstat(fd)
        os.chown(name, status.st_uid, status.st_gid, dir_fd=fd, follow_symlinks=False)


def _make_folder(parent_fd: int, name: str, mode: int) -> None:
    try:
        os.mkdir(name, mode | stat.S_IRWXU, dir_fd=parent_fd)
    except FileExistsError:
        if not stat.S_ISDIR(os.stat(name, dir_fd=parent_fd, follow_symlinks=False).st_mode):
            raise InvalidParameter("something else has its name here; move it away") from None
    else:
        _own_as_the_folder(parent_fd, name)


def _delete(parent_fd: int, name: str) -> None:
    try:
        status = os.stat(name, dir_fd=parent_fd, follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISDIR(status.st_mode):
        # Safe against links, as it goes by descriptors: shutil.rmtree.avoids_symlink_attacks.
        shutil.rmtree(name, dir_fd=parent_fd)
    else:
        os.unlink(name, dir_fd=parent_fd)


def _write(client: Client, container: str, change: FileChange, *, parent_fd: int, name: str) -> None:
    before = _before(parent_fd, name)
    waiting = f".{secrets.token_hex(8)}.kept"
    with content_of(client, container, change.path) as (member, content):
        fd = os.open(waiting, _NEW, 0o600, dir_fd=parent_fd)
        try:
            with open(fd, "wb") as file:
                while piece := content.read(_PIECE):
                    file.write(piece)
                file.flush()
                owner = before or os.fstat(parent_fd)
                if os.geteuid() == 0:
                    os.fchown(fd, owner.st_uid, owner.st_gid)
                os.fchmod(fd, member.mode & 0o777)
                os.utime(fd, ns=(int(member.mtime * 1e9), int(member.mtime * 1e9)))
                os.fsync(fd)
            os.rename(waiting, name, src_dir_fd=parent_fd, dst_dir_fd=parent_fd)
        except BaseException:
            os.unlink(waiting, dir_fd=parent_fd)
            raise


def _before(parent_fd: int, name: str) -> os.stat_result | None:
    """Return what is to be replaced, None if nothing is there. Raises InvalidParameter for what is no plain file."""
    try:
        status = os.stat(name, dir_fd=parent_fd, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        what = "a link" if stat.S_ISLNK(status.st_mode) else "a folder" if stat.S_ISDIR(status.st_mode) else "a device"
        raise InvalidParameter(f"there is {what} of its name here; move it away")
    return status


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
