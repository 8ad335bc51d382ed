"""A tar from the daemon becomes files in a folder of ours, and nothing outside of it changes, whatever the tar says.

What was built may come from strangers: their names could lead out of the folder by `..`, by a link that the tar brings
itself, or by one that lies in the folder already. So every part of a path is opened from the one before it, and a link
on the way is refused. Files belong to whoever calls; device files are left out.
"""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, cast

from jupyter_containers.errors import ContainersError, InvalidParameter

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PIECE = 1 << 20
_NOTHING: Mapping[str, str] = MappingProxyType({})


def extract(chunks: Iterable[bytes], folder: Path, *, renamed: Mapping[str, str] = _NOTHING) -> list[str]:
    """Unpack a tar stream into a folder, which is made if need be; what is there and has other names stays.

    `renamed` are members at the top that are called otherwise there, by their names in the tar. Returns the names of
    what was left out: device files. Raises InvalidParameter for a tar that is damaged, leads out of the folder or would
    replace a folder that is not empty, ContainersError when the disk refuses.
    """
    stream = cast(IO[bytes], ByteStream(chunks))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        root_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                return _Unpacking(root_fd, tar, renamed).run()
        finally:
            os.close(root_fd)
    except tarfile.TarError as error:
        raise InvalidParameter(f"what the daemon has sent is no whole tar: {error}") from error
    except OSError as error:
        raise ContainersError(f"cannot write into {folder}: {error.strerror}: {error.filename}") from error


class ByteStream:
    """Pieces of bytes, read as a file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._waiting = memoryview(b"")

    def read(self, size: int) -> bytes:
        parts: list[memoryview] = []
        while size:
            if not self._waiting:
                chunk = next(self._chunks, None)
                if chunk is None:
                    break
                self._waiting = memoryview(chunk)
            # Views: what is left of a piece is not copied for each part that is taken off it.
            parts.append(self._waiting[:size])
            self._waiting = self._waiting[size:]
            size -= len(parts[-1])
        return b"".join(parts)


class _Unpacking:
    """One tar. Modes and times of folders are set at the end: they might forbid what is yet to come in."""

    def __init__(self, root_fd: int, tar: tarfile.TarFile, renamed: Mapping[str, str]) -> None:
        self._root_fd = root_fd
        self._tar = tar
        self._renamed = renamed
        self._folders: dict[tuple[str, ...], tarfile.TarInfo] = {}

    def run(self) -> list[str]:
        left_out = []
        for member in self._tar:
            parts = _parts(member.name)
            if len(parts) == 1:
                parts = (self._renamed.get(parts[0], parts[0]),)
            if member.isdev() and not member.isfifo():
                left_out.append(member.name)
            elif parts:
                with self._parent(parts) as parent_fd:
                    self._place(member, parts, parent_fd)
        for parts, member in reversed(self._folders.items()):
            with self._parent((*parts, "")) as fd:
                os.fchmod(fd, stat.S_IMODE(member.mode))
                os.utime(fd, ns=_times(member))
        return left_out

    @contextmanager
    def _parent(self, parts: tuple[str, ...]) -> Iterator[int]:
        """Open the folder that a path lies in, making what is missing on the way."""
        fd = os.dup(self._root_fd)
        try:
            for part in parts[:-1]:
                try:
                    os.mkdir(part, 0o755, dir_fd=fd)
                except FileExistsError:
                    pass
                try:
                    inner = os.open(part, _FOLDER, dir_fd=fd)
                except NotADirectoryError:
                    raise InvalidParameter(
                        f"{'/'.join(parts)!r} leads through {part!r}, which is no folder: a link could lead out"
                    ) from None
                os.close(fd)
                fd = inner
            yield fd
        finally:
            os.close(fd)

    def _place(self, member: tarfile.TarInfo, parts: tuple[str, ...], parent_fd: int) -> None:
        name = parts[-1]
        _make_way(parts, parent_fd, for_folder=member.isdir())
        if member.isdir():
            try:
                os.mkdir(name, 0o700, dir_fd=parent_fd)
            except FileExistsError:
                pass
            self._folders.pop(parts, None)
            self._folders[parts] = member
        elif member.issym():
            os.symlink(member.linkname, name, dir_fd=parent_fd)
            os.utime(name, ns=_times(member), dir_fd=parent_fd, follow_symlinks=False)
        elif member.islnk():
            origin = _parts(member.linkname)
            if not origin:
                raise InvalidParameter(f"tar has a hard link to its own root: {member.name!r}")
            with self._parent(origin) as origin_fd:
                os.link(origin[-1], name, src_dir_fd=origin_fd, dst_dir_fd=parent_fd, follow_symlinks=False)
        elif member.isfifo():
            os.mkfifo(name, stat.S_IMODE(member.mode), dir_fd=parent_fd)
        else:
            self._write(member, name, parent_fd)

    def _write(self, member: tarfile.TarInfo, name: str, parent_fd: int) -> None:
        content = self._tar.extractfile(member)
        if content is None:
            raise InvalidParameter(f"tar has a member of a kind that is not known: {member.name!r}")
        fd = os.open(name, _NEW, 0o600, dir_fd=parent_fd)
        with open(fd, "wb") as file:
            _copy(content, file)
            file.flush()
            os.fchmod(fd, stat.S_IMODE(member.mode))
            os.utime(fd, ns=_times(member))


def _copy(content: IO[bytes], file: Any) -> None:
    while piece := content.read(_PIECE):
        file.write(piece)


def _make_way(parts: tuple[str, ...], parent_fd: int, *, for_folder: bool) -> None:
    """Remove what has the name, if it is of another kind or a file: a link is never written through."""
    try:
        found = os.stat(parts[-1], dir_fd=parent_fd, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(found.st_mode):
        os.unlink(parts[-1], dir_fd=parent_fd)
    elif not for_folder:
        try:
            os.rmdir(parts[-1], dir_fd=parent_fd)
        except OSError:
            raise InvalidParameter(
                f"{'/'.join(parts)!r} is to be a file, but is a folder with something in it; move it away"
            ) from None


def _parts(name: str) -> tuple[str, ...]:
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if name.startswith("/") or ".." in parts or "\0" in name:
        raise InvalidParameter(f"tar has a name that leads out of the folder: {name!r}")
    return parts


def _times(member: tarfile.TarInfo) -> tuple[int, int]:
    ns = int(member.mtime * 10**9)
    return ns, ns
