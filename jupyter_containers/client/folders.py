"""What is in a folder of a container: entries from our own daemon, or the beginning of a tar from another one."""

from __future__ import annotations

import tarfile
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import IO, cast

from jupyter_containers.client.extraction import ByteStream
from jupyter_containers.client.values import Json, moment

# Of a tar, which has all that is below the folder, no more is read.
MAX_BYTES = 16 << 20
# Go's os.FileMode of folders and links. Source: Go, package io/fs, FileMode.
_FOLDER, _LINK = 1 << 31, 1 << 27


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a folder; `kind` is folder, link or file. `size` is in bytes."""

    name: str
    kind: str
    size: int
    mode: int
    changed_at: datetime
    link_target: str = ""


@dataclass(frozen=True, slots=True)
class Folder:
    """Entries by name; `count` is how many there are in all, None where nobody has counted."""

    entries: tuple[Entry, ...]
    count: int | None

    @property
    def is_whole(self) -> bool:
        return self.count == len(self.entries)


def entry(body: Json) -> Entry:
    """Read what the daemon says of a file."""
    mode = int(body["mode"])
    kind = "folder" if mode & _FOLDER else "link" if mode & _LINK else "file"
    changed_at = datetime.fromisoformat(body["mtime"])
    return Entry(body["name"], kind, int(body["size"]), mode & 0o777, changed_at, body["linkTarget"])


def of_tar(chunks: Generator[bytes, None, None]) -> Folder:
    """Read the entries that the beginning of a folder's tar names."""
    found: dict[str, Entry] = {}
    with closing(_Beginning(chunks)) as beginning:
        try:
            with tarfile.open(fileobj=cast(IO[bytes], ByteStream(beginning)), mode="r|", bufsize=512) as tar:
                for member in tar:
                    parts = [part for part in member.name.split("/") if part not in ("", ".")]
                    if len(parts) == 1:
                        found[parts[0]] = _member(parts[0], member)
        except tarfile.TarError:
            pass  # cut off in the middle of a member
    entries = tuple(found[name] for name in sorted(found))
    return Folder(entries, None if beginning.was_cut else len(entries))


def _member(name: str, member: tarfile.TarInfo) -> Entry:
    kind = "folder" if member.isdir() else "link" if member.issym() else "file"
    return Entry(name, kind, member.size, member.mode & 0o777, moment(member.mtime), member.linkname)


class _Beginning:
    """The first MAX_BYTES of a stream, which is closed then."""

    def __init__(self, chunks: Generator[bytes, None, None]) -> None:
        self._chunks, self._left, self.was_cut = chunks, MAX_BYTES, False

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            if self._left <= 0:
                self.was_cut = True
                return
            self._left -= len(chunk)
            yield chunk

    def close(self) -> None:
        self._chunks.close()
