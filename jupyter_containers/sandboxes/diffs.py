"""What changed in small text files: the lines, before and after."""

from __future__ import annotations

import difflib
import os
import stat
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, cast

from jupyter_containers.client import Client
from jupyter_containers.client.extraction import ByteStream
from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.sandboxes.changes import ADDED, CHANGED, FileChange, Kind

MOST_BYTES = 32 * 1024
MOST_FILES = 20
# To find them, so many are read: each is a request.
MOST_READ = 200
MOST_LINES = 100


def diffs(client: Client, container: str, changes: Iterable[FileChange]) -> dict[str, list[str]]:
    """Return the lines of a unified diff by path, for the first small text files that were added or changed."""
    found: dict[str, list[str]] = {}
    read = 0
    for change in changes:
        if len(found) >= MOST_FILES or read >= MOST_READ:
            break
        if change.kind is Kind.FILE and change.letter in (ADDED, CHANGED) and (change.size or 0) <= MOST_BYTES:
            read += 1
            lines = _diff(client, container, change)
            if lines:
                found[change.path] = lines
    return found


def _diff(client: Client, container: str, change: FileChange) -> list[str]:
    before = "" if change.letter == ADDED else _text(_here(change.path))
    try:
        with content_of(client, container, change.path) as (_, file):
            after = _text(file.read(MOST_BYTES + 1))
    except ContainersError:
        return []
    if before is None or after is None:
        return []
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2))[2:]
    more = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], f"… {more} more lines"] if more > 0 else lines


def _text(content: bytes | None) -> str | None:
    if content is None or b"\0" in content or len(content) > MOST_BYTES:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _here(path: str) -> bytes | None:
    """Return the beginning of a file of this machine; None for what is none."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    with open(fd, "rb") as file:
        return file.read(MOST_BYTES + 1) if stat.S_ISREG(os.fstat(fd).st_mode) else None


@contextmanager
def content_of(client: Client, container: str, path: str) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """Open a plain file of a container, with what its tar says of it.

    Raises InvalidParameter for what is no plain file, and what the client raises.
    """
    stream = cast(IO[bytes], ByteStream(client.archives.get(container, path)))
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            member = tar.next()
            file = tar.extractfile(member) if member is not None and member.isreg() else None
            if member is None or file is None:
                raise InvalidParameter(f"{path!r} is no plain file in {container}")
            yield member, file
    except tarfile.TarError as error:
        raise ContainersError(f"what the daemon has sent of {path!r} is no whole tar: {error}") from error
