"""A commit's files in a folder. Written by us, entry by entry: nothing in a tree can lead out of it, and nothing runs.

A tree may have any bytes as names, the same name twice, a link where a directory follows, itself a million times. Every
entry is made in a directory that we opened, never through a link, and never over something else.
"""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from jupyter_containers.errors import InvalidParameter

MAX_ENTRIES = 1_000_000
MAX_DEPTH = 100
_MAX_LINK_BYTES = 4095
_GITLINK = 0o160000
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True)
class Written:
    """What a checkout made: the blobs by path (mode, id, size), and the submodules (path, commit)."""

    files: dict[bytes, tuple[int, bytes, int]] = field(default_factory=dict)
    submodules: dict[bytes, bytes] = field(default_factory=dict)


def write(
    store: Any, tree_id: bytes, folder: str | os.PathLike[str], *, time: int, check: Callable[[int], None]
) -> Written:
    """Write the files of a tree into an empty folder; all of them get the time `time`, in seconds.

    `store` gives dulwich's objects by id. `check` is called for each entry with the bytes that it will take, and stops
    the work by raising. Raises InvalidParameter for a tree that is none, or not to be written.
    """
    written = Written()
    fd = os.open(folder, _DIRECTORY)
    try:
        with spoilt():
            _Writer(store, time, check, written).directory(tree_id, fd, b"", 0)
    finally:
        os.close(fd)
    return written


@contextmanager
def spoilt() -> Iterator[None]:
    """Raise InvalidParameter for what dulwich cannot read; it has no kind of its own for that."""
    try:
        yield
    except Exception as error:
        if isinstance(error, zlib.error) or type(error).__module__.startswith("dulwich."):
            raise InvalidParameter(f"the repository is spoilt: {error or type(error).__name__}") from error
        raise


class _Writer:
    def __init__(self, store: Any, time: int, check: Callable[[int], None], written: Written) -> None:
        self._store = store
        self._times = (time, time)
        self._check = check
        self._written = written
        self._count = 0

    def directory(self, tree_id: bytes, fd: int, path: bytes, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise InvalidParameter(f"the repository has folders more than {MAX_DEPTH} deep")
        for name, mode, object_id in self._entries(tree_id):
            self._count += 1
            if self._count > MAX_ENTRIES:
                raise InvalidParameter(f"the repository has more than {MAX_ENTRIES} files")
            place = path + name
            try:
                self._entry(fd, place, name, mode, object_id, depth)
            except FileExistsError as error:
                raise InvalidParameter(f"the repository has {_shown(place)} twice") from error
        os.utime(fd, self._times)

    def _entry(self, fd: int, place: bytes, name: bytes, mode: int, object_id: bytes, depth: int) -> None:  # noqa: PLR0917
        if stat.S_ISDIR(mode) or mode == _GITLINK:
            self._check(0)
            os.mkdir(name, 0o755, dir_fd=fd)
            child = os.open(name, _DIRECTORY, dir_fd=fd)
            try:
                os.fchmod(child, 0o755)
                if mode == _GITLINK:
                    self._written.submodules[place] = object_id
                else:
                    self.directory(object_id, child, place + b"/", depth + 1)
            finally:
                os.close(child)
            return
        content = self._object(object_id, b"blob").data
        self._check(len(content))
        if stat.S_ISLNK(mode):
            if not 0 < len(content) <= _MAX_LINK_BYTES or b"\0" in content:
                raise InvalidParameter(f"the repository's link {_shown(place)} leads nowhere")
            os.symlink(content, name, dir_fd=fd)
            os.utime(name, self._times, dir_fd=fd, follow_symlinks=False)
        elif stat.S_ISREG(mode):
            self._file(fd, name, content, 0o755 if mode & 0o100 else 0o644)
        else:
            raise InvalidParameter(f"the repository has {_shown(place)} of an unknown kind ({mode:o})")
        self._written.files[place] = (mode, object_id, len(content))

    def _file(self, fd: int, name: bytes, content: bytes, mode: int) -> None:
        with open(os.open(name, _NEW, 0o600, dir_fd=fd), "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.utime(file.fileno(), self._times)

    def _entries(self, tree_id: bytes) -> Iterator[tuple[bytes, int, bytes]]:
        for entry in self._object(tree_id, b"tree").iteritems():
            if not is_safe(entry.path):
                raise InvalidParameter(f"the repository has a file called {_shown(entry.path)}, which is not written")
            yield entry.path, entry.mode, entry.sha

    def _object(self, object_id: bytes, kind: bytes) -> Any:
        try:
            found = self._store[object_id]
        except KeyError as error:
            raise InvalidParameter(f"the repository lacks the {kind.decode()} {_shown(object_id)}") from error
        if found.type_name != kind:
            raise InvalidParameter(f"the repository has a {found.type_name.decode()} for a {kind.decode()}")
        return found


def is_safe(name: bytes) -> bool:
    """Say whether a name in a tree may become a file. `.git` in any case is the repository's own, as git sees it."""
    if not name or name in (b".", b"..") or b"/" in name or b"\0" in name or len(name) > 255:
        return False
    return name.lower() != b".git"


def _shown(name: bytes) -> str:
    return repr(name[:200].decode("utf-8", "replace"))
