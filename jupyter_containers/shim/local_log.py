"""A log's entries in our compact `local` form: output as it came, many lines to a record, every byte intact.

    [time u64 ns][length u32][stream u8] output [length u32]      all big-endian

The n-th line of a record came n nanoseconds after its time. The length at the end lets a reader begin at the end. A
record never holds the beginning of a line and more: a piece of a long line has a record of its own.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

HEADER = struct.Struct(">QIB")
TRAILER = struct.Struct(">I")
AROUND = HEADER.size + TRAILER.size
# So that a file that is full is noticed in time, and a reader has a record at once.
MAX_RECORD = 16 * 1024


class Records:
    """What is written: records of at most `record_bytes` where lines are shorter than that."""

    def __init__(self, record_bytes: int = MAX_RECORD) -> None:
        self._record_bytes = min(record_bytes, MAX_RECORD)

    def piece(self, stream: int, content: bytes, at_ns: int, *, ends: bool) -> bytes:
        """Return the entry of a line, or of a piece of one; `ends` with a line end."""
        return _record(stream, content + b"\n" if ends else content, at_ns)

    def lines(self, stream: int, content: bytes, at_ns: int) -> bytes:
        """Return the entries of whole lines."""
        records, begin = [], 0
        while begin < len(content):
            end = content.rfind(b"\n", begin, begin + self._record_bytes) + 1
            end = end or content.index(b"\n", begin) + 1
            records.append(_record(stream, content[begin:end], at_ns))
            at_ns += content.count(b"\n", begin, end)
            begin = end
        return b"".join(records)

    @staticmethod
    def mend(path: str) -> None:
        """Take away half a record at the end of a file, as a host that lost its power leaves it: none could follow."""
        try:
            file = open(path, "r+b", buffering=0)  # noqa: SIM115 - closed below
        except FileNotFoundError:
            return
        with file:
            if not has_whole_end(file):
                file.seek(0)
                file.truncate(unpack(file.readall())[1])

    @staticmethod
    def cut(content: bytes, size: int) -> int:
        """Return where the entry ends that reaches `size`, or the end."""
        end = 0
        while end < max(size, 1) and end < len(content):
            end += AROUND + HEADER.unpack_from(content, end)[1]
        return end


def has_whole_end(file: BinaryIO) -> bool:
    """Tell whether a file ends with a whole record, or is empty."""
    size = file.seek(0, os.SEEK_END)
    if not size:
        return True
    if size < AROUND:
        return False
    file.seek(size - TRAILER.size)
    (length,) = TRAILER.unpack(file.read(TRAILER.size))
    begin = size - AROUND - length
    if begin < 0:
        return False
    file.seek(begin)
    return bool(HEADER.unpack(file.read(HEADER.size))[1] == length)


def _record(stream: int, content: bytes, at_ns: int) -> bytes:
    length = len(content)
    return HEADER.pack(at_ns, length, stream) + content + TRAILER.pack(length)


def unpack(content: bytes) -> tuple[list[tuple[int, bytes, int]], int]:
    """Return the whole records at the beginning of `content` as (stream, output, time), and where they end."""
    records, place = [], 0
    while place + HEADER.size <= len(content):
        at_ns, length, stream = HEADER.unpack_from(content, place)
        end = place + AROUND + length
        if end > len(content):
            break
        records.append((stream, content[place + HEADER.size : end - TRAILER.size], at_ns))
        place = end
    return records, place


def lines_of(content: bytes) -> Iterator[bytes]:
    """Return the lines of a record, each with its end; a piece is the only one, without."""
    *lines, rest = content.split(b"\n")
    yield from (line + b"\n" for line in lines)
    if rest:
        yield rest
