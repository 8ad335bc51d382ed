"""A build context: a Dockerfile, and what it needs of a folder, as the tar that the daemon is sent."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jupyter_containers.client.copy_sources import EVERYTHING, Wanted, copy_sources
from jupyter_containers.client.ignore import FILE_NAME, IgnoreRules
from jupyter_containers.errors import InvalidParameter


@dataclass(frozen=True, slots=True)
class Context:
    """What will be sent: paths relative to `root` in the order of sending, and the sum of their sizes.

    `ignores` is the text of the ignore file. A named context has no Dockerfile, None, and then both are sent as files.
    """

    root: Path
    dockerfile: str | None
    paths: tuple[str, ...] = ()
    size_bytes: int = 0
    ignores: str = ""

    @property
    def remote(self) -> str:
        return ""

    @property
    def dockerfile_name(self) -> str:
        """The Dockerfile's name in the tar: no name of a file in the folder, and the same for the same text."""
        if self.dockerfile is None:
            return "Dockerfile"
        return f".dockerfile.{hashlib.sha256(self.dockerfile.encode()).hexdigest()[:20]}"

    def chunks(self) -> Iterator[bytes]:
        """Yield the tar, reading the files on the way. Raises InvalidParameter for one that cannot be read."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            if self.dockerfile is not None:
                _add_text(tar, self.dockerfile_name, self.dockerfile)
                _add_text(tar, FILE_NAME, self._ignore_text())
            for path in self.paths:
                self._add(tar, path)
                yield _taken(buffer)
        yield _taken(buffer)

    def _ignore_text(self) -> str:
        """Return the ignore file with the two files in it that are ours, so that `COPY .` takes neither."""
        own = f"{FILE_NAME}\n{self.dockerfile_name}\n"
        return (f"{self.ignores}\n" if self.ignores else "") + own

    def _add(self, tar: tarfile.TarFile, path: str) -> None:
        source = self.root / path
        try:
            # Sockets have no form in a tar.
            member: tarfile.TarInfo | None = tar.gettarinfo(source, path)
            if member is None:
                return
            # As for every client of Docker, all belongs to root.
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            if member.isreg():
                with source.open("rb") as file:
                    tar.addfile(member, file)
            else:
                tar.addfile(member)
        except OSError as error:
            raise InvalidParameter(
                f"cannot send {path} to the build: {error.strerror or error}; name it in {FILE_NAME} if not needed"
            ) from error


def gather(dockerfile: str, root: Path, ignore_path: Path | None = None) -> Context:
    """Return the context for a Dockerfile: nothing of the folder unless it copies something.

    `ignore_path` is an ignore file that wins over the folder's own, if it is there. Raises InvalidParameter for
    a bad ignore file and for a folder that cannot be read.
    """
    sources = copy_sources(dockerfile)
    text = _read_text(ignore_path) if ignore_path is not None else None
    ignores = text if text is not None else _read_text(root / FILE_NAME) or ""
    if not sources:
        return Context(root, dockerfile, ignores=ignores)
    rules = IgnoreRules.parse(ignores)
    found = _walk(root, rules, Wanted(sources))
    if found is None:
        found = _walk(root, rules, Wanted(EVERYTHING)) or {}
    return Context(root, dockerfile, tuple(found), sum(found.values()), ignores)


def gather_all(root: Path) -> Context:
    """Return a named context: all that is in the folder, less what its ignore file leaves out."""
    ignores = _read_text(root / FILE_NAME) or ""
    found = _walk(root, IgnoreRules.parse(ignores), Wanted(EVERYTHING)) or {}
    paths = [*found, FILE_NAME] if (root / FILE_NAME).is_file() else list(found)
    return Context(root, None, tuple(paths), sum(found.values()), ignores)


def _walk(root: Path, rules: IgnoreRules, wanted: Wanted) -> dict[str, int] | None:
    """Return paths with sizes; None when a link lies on the way to a source: what it points to is needed too."""
    found: dict[str, int] = {}
    folders = [""]
    while folders:
        folder = folders.pop()
        for entry in _entries(root / folder):
            path = f"{folder}/{entry.name}" if folder else entry.name
            ignored = rules.ignores(path)
            if not wanted.leads_to(path) or (ignored and not rules.may_include_again):
                continue
            if entry.is_symlink() and not wanted.holds(f"{path}/"):
                return None
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                folders.append(path)
            if not ignored and wanted.holds(path) and path != FILE_NAME:
                found[path] = status.st_size if stat.S_ISREG(status.st_mode) else 0
    return dict(sorted(found.items()))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise InvalidParameter(
            f"cannot read {folder} for the build: {error.strerror}; name it in {FILE_NAME} if it is not needed"
        ) from error


def _read_text(path: Path) -> str | None:
    try:
        return path.read_text(errors="surrogateescape")
    except OSError:
        return None


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode(errors="surrogateescape")
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _taken(buffer: io.BytesIO) -> bytes:
    content = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return content
