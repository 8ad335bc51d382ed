"""The files of a log, read as one: from the beginning or the last entries on, over rotations, and on as they grow.

    <path>.2.gz  <path>.1  <path>        oldest first; shim/log_file.py writes and rotates them meanwhile

Synchronous. Files are opened together, so that one that is rotated away is still read to its end.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from jupyter_containers.engine.containers.log_entries import DECODERS, Decode, Entries
from jupyter_containers.shim import local_log
from jupyter_containers.shim.log_file import GZIP

# Small enough for the allocator to take memory that was used before, and the processor to have it at hand.
CHUNK_BYTES = 64 * 1024
# How often a rotation may come in between while files are opened.
ATTEMPTS = 20


@dataclass(slots=True)
class OpenFile:
    """One file of a log; `identity` stays when it is renamed, `changed_ns` also when it is compressed."""

    file: BinaryIO
    identity: tuple[int, int]
    changed_ns: int
    is_compressed: bool


def names(path: Path) -> list[str]:
    """Return the names of the log's files, oldest first. Of a file that is being compressed, the one that is whole."""
    pattern = re.compile(re.escape(path.name) + rf"(?:\.(\d+)({re.escape(GZIP)})?)?")
    found: dict[int, str] = {}
    try:
        listed = os.listdir(path.parent)
    except FileNotFoundError:
        return []
    for name in sorted(listed, key=len, reverse=True):  # the compressed form comes before, and gives way to, the plain
        match = pattern.fullmatch(name)
        if match is not None:
            found[int(match[1] or 0)] = name
    return [found[number] for number in sorted(found, reverse=True)]


def open_files(path: Path) -> list[OpenFile]:
    """Open all files of one moment, oldest first; the caller closes them."""
    for _ in range(ATTEMPTS):
        before, opened = _listing(path), list[OpenFile]()
        try:
            for name, _ in before:
                opened.append(_open(path.with_name(name)))
            if _listing(path) == before:
                return opened
        except FileNotFoundError:
            pass  # rotated meanwhile
        except BaseException:
            _close(opened)
            raise
        _close(opened)
    # Files that live so shortly cannot all be read. Who follows such a log sees its newest part.
    return _newest(path)


def _close(files: Iterable[OpenFile]) -> None:
    for one in files:
        one.file.close()


def _newest(path: Path) -> list[OpenFile]:
    try:
        return [_open(path)]
    except FileNotFoundError:
        return []


def _listing(path: Path) -> list[tuple[str, int]]:
    found = []
    for name in names(path):
        try:
            found.append((name, os.stat(path.with_name(name)).st_ino))
        except FileNotFoundError:
            continue
    return found


def _open(path: Path) -> OpenFile:
    is_compressed = path.name.endswith(GZIP)
    if is_compressed:
        import gzip

        file = cast(BinaryIO, gzip.open(path))  # noqa: SIM115 - stays open between reads
    else:
        file = open(path, "rb", buffering=0)  # noqa: SIM115
    status = os.fstat(file.fileno())
    return OpenFile(file, (status.st_dev, status.st_ino), status.st_mtime_ns, is_compressed)


class LogFile:
    """A log from its beginning or the last `tail` entries on; `read` may be called for ever, `close` at the end."""

    def __init__(self, path: Path, *, driver: str = "json-file", tail: int | None = None) -> None:
        self._path = path
        self._driver = driver
        self._decode: Decode = DECODERS[driver]
        self._current: OpenFile | None = None
        self._rest = b""
        self._skip = 0
        self._waiting = deque(open_files(path))
        if tail is not None:
            self._begin_at(tail)

    def _begin_at(self, tail: int) -> None:
        """Drop what is before the last `tail` entries."""
        missing, kept = tail, deque[OpenFile]()
        while self._waiting:
            one = self._waiting.pop()
            if missing <= 0 and kept:
                one.file.close()
                continue
            if one.is_compressed:
                one.file = _unpacked(one.file, self._path.parent)
            offset, skip, found = last_entries(one.file, missing, self._driver)
            one.file.seek(offset)
            self._skip = skip
            missing -= found
            kept.appendleft(one)
        self._waiting = kept

    def has_more(self) -> bool:
        """Tell whether there may be something to read; much cheaper than to try."""
        current = self._current
        if self._waiting or current is None or current.is_compressed or self._was_rotated():
            return True
        return os.fstat(current.file.fileno()).st_size > current.file.tell()

    def read(self) -> Entries:
        """Return the next entries; none when there are none now."""
        while True:
            # Asked before reading: what was written until the rotation is then read after it.
            was_rotated = not self._waiting and self._was_rotated()
            if self._current is None and not self._open_next():
                return Entries()
            assert self._current is not None
            chunk = self._current.file.read(CHUNK_BYTES)
            if chunk:
                entries = self._take(chunk)
                if entries:
                    return entries
            elif self._waiting or was_rotated:
                self._leave()
            else:
                return Entries()

    def read_many(self, count: int) -> list[Entries]:
        """Return what the next `count` reads give, without those that give nothing."""
        found = list[Entries]()
        while len(found) < count and (entries := self.read()):
            found.append(entries)
        return found

    def _take(self, chunk: bytes) -> Entries:
        content = self._rest + chunk
        entries, end = self._decode(content)
        self._rest = content[end:]
        if self._skip:
            skipped = min(self._skip, len(entries))
            self._skip -= skipped
            entries = entries.after(skipped)
        return entries

    def _open_next(self) -> bool:
        if not self._waiting:
            self._waiting.extend(open_files(self._path))
        if not self._waiting:
            return False
        self._current, self._rest = self._waiting.popleft(), b""
        return True

    def _was_rotated(self) -> bool:
        """Tell whether the path is another file by now."""
        if self._current is None:
            return False
        try:
            now = os.stat(self._path)
        except FileNotFoundError:
            return False
        return (now.st_dev, now.st_ino) != self._current.identity

    def _leave(self) -> None:
        """Go on to the files after the current one, however often the log was rotated since."""
        assert self._current is not None
        left, self._current = self._current, None
        if not left.is_compressed:
            left.changed_ns = os.fstat(left.file.fileno()).st_mtime_ns
        try:
            # Open until then: the kernel gives the number of a file that is gone to the next one.
            if not self._waiting:
                self._waiting.extend(_newer(open_files(self._path), left))
        finally:
            left.file.close()

    def close(self) -> None:
        _close((*self._waiting, *([self._current] if self._current else [])))
        self._waiting.clear()
        self._current = None


def _newer(opened: list[OpenFile], left: OpenFile) -> list[OpenFile]:
    """Return the files after one that was read, and close the others. When it is gone, all are newer."""
    place = next((place for place, one in enumerate(opened) if one.identity == left.identity), None)
    if place is None:
        place = next((place for place, one in enumerate(opened) if _is_compressed_form(one, left)), -1)
    _close(opened[: place + 1])
    return opened[place + 1 :]


def _is_compressed_form(one: OpenFile, left: OpenFile) -> bool:
    # The kernel's clock for files stands still for some milliseconds, in which several may have been written.
    if not one.is_compressed or left.is_compressed or one.changed_ns != left.changed_ns:
        return False
    import zlib

    one.file.seek(0)
    left.file.seek(0)
    try:
        while (chunk := left.file.read(CHUNK_BYTES)) == one.file.read(CHUNK_BYTES):
            if not chunk:
                return True
    except (OSError, EOFError, zlib.error):
        pass  # damaged
    finally:
        one.file.seek(0)
    return False


def _unpacked(file: BinaryIO, folder: Path) -> BinaryIO:
    """Return a compressed file's content in a nameless file, which can be read from its end."""
    import shutil
    import tempfile

    plain = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - it is the caller's
    with file:
        shutil.copyfileobj(file, plain)
    return plain


# --- the last entries of a file --------------------------------------------------------------------------------------


def last_entries(file: BinaryIO, count: int, driver: str) -> tuple[int, int, int]:
    """Return where to begin for the last `count` entries, how many to skip from there, and how many there are."""
    if driver == "json-file":
        offset, found = last_lines(file, count)
        return offset, 0, found
    return _last_in_records(file, count)


def last_lines(file: BinaryIO, count: int) -> tuple[int, int]:
    """Return the offset of the last `count` whole lines of a file, and how many there are, reading from its end."""
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


def _last_in_records(file: BinaryIO, count: int) -> tuple[int, int, int]:
    end = file.seek(0, os.SEEK_END)
    if count <= 0:
        return end, 0, 0
    if not local_log.has_whole_end(file):
        # Not written to its end: only from the beginning can be seen where that is.
        file.seek(0)
        end = local_log.unpack(file.read())[1]
    found = 0
    while end > 0 and found < count:
        end, output = _record_before(file, end)
        found += len(list(local_log.lines_of(output)))
    return end, max(found - count, 0), min(found, count)


def _record_before(file: BinaryIO, end: int) -> tuple[int, bytes]:
    """Return where the record that ends at `end` begins, and its output."""
    file.seek(end - local_log.TRAILER.size)
    (length,) = local_log.TRAILER.unpack(file.read(local_log.TRAILER.size))
    start = end - length - local_log.AROUND
    file.seek(start + local_log.HEADER.size)
    return start, file.read(length)
