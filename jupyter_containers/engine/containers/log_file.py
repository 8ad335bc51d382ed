"""The json-file log, as the shim writes it: one JSON object per line, rotated files beside it. Synchronous.

Lines are {"log": "text\n", "stream": "stdout", "time": RFC 3339 with nanoseconds}. Source: Docker's json-file driver.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of output, usually a line. `at` is nanoseconds since the epoch."""

    stream: str
    content: bytes
    at: int


def parse_entry(line: bytes) -> Entry | None:
    """Read one line; None for one that is broken, as a crash in the middle of a write leaves it."""
    try:
        found = json.loads(line)
        return Entry(found["stream"], found["log"].encode("utf-8", "surrogatepass"), parse_moment(found["time"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def parse_moment(text: str) -> int:
    """Return nanoseconds since the epoch of `2026-01-02T03:04:05.123456789Z`."""
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.fromisoformat(f"{seconds}+00:00")
    return int(moment.timestamp()) * 10**9 + int((fraction or "0")[:9].ljust(9, "0"))


def files(path: Path) -> list[Path]:
    """Return the log's files, oldest first."""
    rotated = []
    number = 1
    while (older := path.with_name(f"{path.name}.{number}")).exists():
        rotated.append(older)
        number += 1
    return [*reversed(rotated), path]


class LogFile:
    """Reads a log from its beginning or the last so many entries on, over rotations; `read` may be called for ever."""

    def __init__(self, path: Path, *, tail: int | None = None) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._rest = b""
        self._waiting = [one for one in files(path) if one.exists()]
        self._skip = 0 if tail is None else self._begin_at(tail)

    def _begin_at(self, tail: int) -> int:
        """Drop whole files that are before the last `tail` entries; return the offset to begin at in the first."""
        missing = tail
        for place in range(len(self._waiting) - 1, -1, -1):
            offset, found = last_lines(self._waiting[place], missing)
            missing -= found
            if missing <= 0:
                self._waiting = self._waiting[place:]
                return offset
        return 0

    def read(self) -> list[Entry]:
        """Return the next entries; an empty list when there are none now."""
        while True:
            if self._file is None and not self._open_next():
                return []
            assert self._file is not None
            chunk = self._file.read(CHUNK_BYTES)
            if chunk:
                *lines, self._rest = (self._rest + chunk).split(b"\n")
                entries = [entry for line in lines if (entry := parse_entry(line)) is not None]
                if entries:
                    return entries
            elif self._waiting or self._was_rotated():
                self.close()
            else:
                return []

    def _open_next(self) -> bool:
        path = self._waiting.pop(0) if self._waiting else self._path
        try:
            self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - stays open between reads; close() ends it
        except FileNotFoundError:
            return False
        self._file.seek(self._skip)
        self._skip, self._rest = 0, b""
        return True

    def _was_rotated(self) -> bool:
        """Tell whether the path is another file now; what is left in ours has been read."""
        assert self._file is not None
        try:
            now, mine = os.stat(self._path), os.fstat(self._file.fileno())
        except FileNotFoundError:
            return False
        return (now.st_dev, now.st_ino) != (mine.st_dev, mine.st_ino)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def last_lines(path: Path, count: int) -> tuple[int, int]:
    """Return the offset of the last `count` whole lines of a file, and how many there are, reading from its end."""
    with open(path, "rb") as file:
        end = file.seek(0, os.SEEK_END)
        if count <= 0:
            return end, 0
        found, place = -1, end
        for block_start, block in _blocks_backwards(file, end):
            place = len(block)
            while (place := block.rfind(b"\n", 0, place)) >= 0:
                found += 1
                if found == count:
                    return block_start + place + 1, count
        return 0, max(found + 1, 0) if end else 0


def _blocks_backwards(file: BinaryIO, end: int) -> Iterator[tuple[int, bytes]]:
    while end > 0:
        start = max(end - CHUNK_BYTES, 0)
        file.seek(start)
        yield start, file.read(end - start)
        end = start
