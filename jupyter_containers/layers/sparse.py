"""Maps of sparse files: which pieces of a file are stored. Holes stay holes, or a header alone fills a disk.

Source: GNU tar manual, "Storing Sparse Files" (old GNU, pax versions 0.0, 0.1 and 1.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from jupyter_containers.layers.fields import BLOCK, number
from jupyter_containers.layers.member import InvalidLayer

# More pieces than any real file has; each costs memory before a byte of data came.
_MAX_ENTRIES = 1 << 18
_MAX_DIGITS = 20


class Source(Protocol):
    def take(self, size: int) -> bytes: ...


def checked(entries: Sequence[int], real_size: int, stored_size: int) -> tuple[tuple[int, int], ...]:
    """Return (offset, length) pairs in order, empty ones left out; together exactly the stored bytes.

    Raises InvalidLayer for pieces that overlap, run over the end, or do not add up.
    """
    if len(entries) % 2 or len(entries) > 2 * _MAX_ENTRIES:
        raise InvalidLayer(f"tar has a sparse map of {len(entries)} numbers")
    pieces = list(zip(entries[::2], entries[1::2], strict=True))
    end = total = 0
    for offset, length in pieces:
        if offset < end or offset + length > real_size:
            raise InvalidLayer(f"tar has a sparse map with a piece out of order: {length} bytes at {offset}")
        end, total = offset + length, total + length
    if total != stored_size:
        raise InvalidLayer(f"tar has a sparse map of {total} bytes for {stored_size} stored ones")
    return tuple((offset, length) for offset, length in pieces if length)


def read_old_gnu(header: bytes, source: Source) -> tuple[list[int], int]:
    """Read the map in a header of type S and in the blocks after it; returns the numbers and the real size."""
    entries = _old_entries(header[386:482])
    real_size = number(header[483:495], "size")
    more = header[482]
    while more:
        block = source.take(BLOCK)
        if len(block) < BLOCK or len(entries) > 2 * _MAX_ENTRIES:
            raise InvalidLayer("tar stream ends in the middle of a sparse map, or the map has no end")
        entries += _old_entries(block[:504])
        more = block[504]
    return entries, real_size


def _old_entries(field: bytes) -> list[int]:
    entries: list[int] = []
    for start in range(0, len(field), 24):
        if not field[start]:
            break
        entries.append(number(field[start : start + 12], "size"))
        entries.append(number(field[start + 12 : start + 24], "size"))
    return entries


def read_1_0(source: Source, available: int) -> tuple[list[int], int]:
    """Read the map that precedes the data: decimal lines, padded to whole blocks; returns numbers and bytes used."""
    text = _Lines(source, available)
    count = text.number()
    if count > _MAX_ENTRIES:
        raise InvalidLayer(f"tar has a sparse map of {count} pieces")
    return [text.number() for _ in range(2 * count)], text.used


class _Lines:
    def __init__(self, source: Source, available: int) -> None:
        self._source = source
        self._available = available
        self._rest = b""
        self.used = 0

    def number(self) -> int:
        while b"\n" not in self._rest:
            if self.used + BLOCK > self._available or len(self._rest) > _MAX_DIGITS:
                raise InvalidLayer("tar has a sparse map that does not end")
            block = self._source.take(BLOCK)
            self.used += BLOCK
            if len(block) < BLOCK:
                raise InvalidLayer("tar stream ends in the middle of a sparse map: it was cut")
            self._rest += block
        line, _, self._rest = self._rest.partition(b"\n")
        if not line.isdigit() or len(line) > _MAX_DIGITS:
            raise InvalidLayer(f"tar has a sparse map with no number: {line[:40]!r}")
        return int(line)
