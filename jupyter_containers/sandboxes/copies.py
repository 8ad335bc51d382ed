"""A working folder on another file system than /: it cannot be seen through, so its files are copied in.

The sandbox then has all of them as files of its own, and what changed is what differs from those here: compared by
content, as times are told in whole seconds. Files that may be secret, and folders of Python, are not copied.
"""

from __future__ import annotations

import json
import os
import stat
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, Self, cast

from jupyter_containers.client import Client
from jupyter_containers.client.extraction import ByteStream
from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.sandboxes.changes import ADDED, CHANGED, DELETED, FileChange, Kind, is_below

MOST_BYTES = 256 << 20
MOST_FILES = 20_000
_PIECE = 1 << 20
_NOT_COPIED = frozenset({"__pycache__", "node_modules"})


@dataclass(frozen=True, slots=True)
class Copied:
    """A folder that is copied: without names like `secrets`, and without the folders in `left_out`."""

    folder: Path
    secrets: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def to_label(self) -> str:
        """Write what `from_label` wants to know, beside the folder."""
        return json.dumps({"secrets": self.secrets, "left_out": self.left_out})

    @classmethod
    def from_label(cls, folder: Path, text: str) -> Self:
        """Read it again. Raises InvalidParameter for what is none."""
        try:
            body = json.loads(text)
            return cls(folder, tuple(map(str, body["secrets"])), tuple(map(str, body["left_out"])))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidParameter(f"the sandbox has a label that makes no sense: {text[:100]!r}") from error

    def put(self, client: Client, container: str) -> None:
        """Copy the folder to its place in a container. Raises InvalidParameter for one that is too large."""
        with tempfile.TemporaryFile() as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                tar.add(self.folder, str(self.folder).lstrip("/"), recursive=False)
                size = 0
                for count, (path, status) in enumerate(self.files(), 1):
                    size += status.st_size if stat.S_ISREG(status.st_mode) else 0
                    if count > MOST_FILES or size > MOST_BYTES:
                        raise InvalidParameter(
                            f"{self.folder} is on another file system than /, so it would have to be copied into the "
                            f"sandbox, and it has more than {MOST_FILES} files or {MOST_BYTES >> 20} MiB; work in a "
                            "smaller folder"
                        )
                    tar.add(path, path.lstrip("/"), recursive=False)
            file.seek(0)
            client.archives.put(container, "/", file)

    def files(self) -> Iterator[tuple[str, os.stat_result]]:
        """Yield what is copied: files, links and folders, each after the folder it is in."""
        waiting = [str(self.folder)]
        while waiting:
            try:
                with os.scandir(waiting.pop()) as found:
                    entries = sorted(found, key=lambda entry: entry.name)
            except OSError:
                continue
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                kind = stat.S_IFMT(status.st_mode)
                if kind not in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK) or self._stays(entry.path):
                    continue
                yield entry.path, status
                if kind == stat.S_IFDIR:
                    waiting.append(entry.path)

    def _stays(self, path: str) -> bool:
        name, inner = os.path.basename(path), self._inner(path)
        is_hidden = name.startswith(".") and self.folder == Path.home() and "/" not in inner
        # What a git configuration may name, nobody looks for here; git does without.
        is_secret = is_hidden or path.endswith("/.git/config")
        is_secret = is_secret or any(fnmatchcase(name, pattern) for pattern in self.secrets)
        return is_secret or name in _NOT_COPIED or is_below(path, self.left_out)

    def _inner(self, path: str) -> str:
        return path.removeprefix(f"{str(self.folder).rstrip('/')}/")

    def _was_copied(self, path: str) -> bool:
        """Tell whether a path was copied if it was here; nothing of what stays is known inside."""
        parts = self._inner(path).split("/")
        return not any(self._stays(f"{self.folder}/{'/'.join(parts[:count])}") for count in range(1, len(parts) + 1))

    def changes(self, client: Client, container: str, *, began_at: datetime) -> list[FileChange]:
        """Return what differs in a container from the folder here, as it was when that began."""
        found, seen = [], set()
        for path, change in self._inside(client, container):
            seen.add(path)
            if change is not None:
                found.append(change)
        gone: set[str] = set()
        for path, status in self.files():
            if path in seen or status.st_ctime > began_at.timestamp():
                continue
            gone.add(path)
            if os.path.dirname(path) in gone:
                continue  # its folder is gone, and that is told
            kind = Kind.FOLDER if stat.S_ISDIR(status.st_mode) else Kind.FILE
            found.append(FileChange(DELETED, path, kind, status.st_size if kind is Kind.FILE else None))
        parents = {os.path.dirname(change.path) for change in found}
        kept = [c for c in found if c.letter != ADDED or c.kind is not Kind.FOLDER or c.path not in parents]
        return sorted(kept, key=lambda change: change.path)

    def _inside(self, client: Client, container: str) -> Iterator[tuple[str, FileChange | None]]:
        """Yield each path that is there, with what has changed of it, None for nothing."""
        stream = cast(IO[bytes], ByteStream(client.archives.get(container, str(self.folder))))
        try:
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                for member in tar:
                    inner = member.name.partition("/")[2]
                    path = f"{self.folder}/{inner}"
                    if inner and not is_below(path, self.left_out) and "__pycache__" not in inner.split("/"):
                        yield path, self._change(tar, member, path)
        except tarfile.TarError as error:
            raise ContainersError(f"the files of {container} cannot be read: {error}") from error

    def _change(self, tar: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> FileChange | None:
        kind = Kind.FILE if member.isreg() else Kind.FOLDER if member.isdir() else Kind.OTHER
        kind = Kind.LINK if member.issym() else kind
        size = member.size if kind is Kind.FILE else None
        change = FileChange(CHANGED, path, kind, size, member.mode & 0o777)
        here = _status(path) if self._was_copied(path) else None
        if here is None:
            return FileChange(ADDED, path, kind, size, member.mode & 0o777)
        if kind is Kind.FOLDER:
            return None if stat.S_ISDIR(here.st_mode) else change
        if kind is Kind.LINK:
            return None if stat.S_ISLNK(here.st_mode) and os.readlink(path) == member.linkname else change
        content = tar.extractfile(member) if kind is Kind.FILE else None
        if content is None or not stat.S_ISREG(here.st_mode) or here.st_size != member.size:
            return change
        is_same = stat.S_IMODE(here.st_mode) & 0o777 == member.mode & 0o777 and _is_same(content, path)
        return None if is_same else change


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (OSError, ValueError):
        return None


def _is_same(content: IO[bytes], path: str) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    with open(fd, "rb") as file:
        while piece := content.read(_PIECE):
            if file.read(len(piece)) != piece:
                return False
    return True


def within(places: Sequence[Path], folder: Path) -> tuple[str, ...]:
    """Return those places that are in a folder, or are one with it."""
    return tuple(str(place) for place in places if is_below(str(place), [str(folder)]))
