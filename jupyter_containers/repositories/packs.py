"""A pack looked at while it comes: how large its objects become is known before anything inflates them in memory.

A few kilobytes of a pack can stand for terabytes: by compression, and by deltas that copy again and again. dulwich
takes whole objects into memory, so every object's real size is counted here first. Source: gitformat-pack(5).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator

from jupyter_containers.errors import InvalidParameter

MAX_OBJECT_BYTES = 256 << 20
MAX_DELTA_BYTES = 64 << 20
MAX_OBJECTS = 5_000_000
_OFS_DELTA, _REF_DELTA = 6, 7
_PIECE = 1 << 16
_ID_BYTES = 20

_Reader = Generator[None, bytes, None]


class TooLarge(InvalidParameter):
    """A repository has something in it that is larger than we take."""


class Guard:
    """Takes the bytes of a pack, counts what is in it, and passes them on. Raises TooLarge, or InvalidParameter."""

    def __init__(self, forward: Callable[[bytes], object]) -> None:
        self._forward = forward
        self._reader = _read(_Pending())
        next(self._reader)

    def write(self, content: bytes) -> int:
        try:
            self._reader.send(content)
        except StopIteration:
            # What follows the last object is a checksum, which dulwich checks.
            pass
        except zlib.error as error:
            raise InvalidParameter(f"the repository's pack is spoilt: {error}") from error
        self._forward(content)
        return len(content)


class _Pending:
    """Bytes that have come and are not read yet."""

    def __init__(self) -> None:
        self.content = bytearray()

    def take(self, count: int) -> Generator[None, bytes, bytes]:
        while len(self.content) < count:
            self.content += yield
        taken = bytes(self.content[:count])
        del self.content[:count]
        return taken

    def byte(self) -> Generator[None, bytes, int]:
        return (yield from self.take(1))[0]

    def some(self) -> Generator[None, bytes, bytes]:
        """Return all there is, at least a byte."""
        while not self.content:
            self.content += yield
        taken = bytes(self.content)
        self.content.clear()
        return taken

    def put_back(self, content: bytes) -> None:
        self.content[:0] = content


def _read(pending: _Pending) -> _Reader:
    header = yield from pending.take(12)
    count = int.from_bytes(header[8:], "big")
    if header[:4] != b"PACK":
        raise InvalidParameter("the repository's server sent no pack")
    if count > MAX_OBJECTS:
        raise TooLarge(f"the repository has more than {MAX_OBJECTS} objects")
    for _ in range(count):
        yield from _read_object(pending)


def _read_object(pending: _Pending) -> _Reader:
    kind, size = yield from _read_header(pending)
    if kind == _OFS_DELTA:
        while (yield from pending.byte()) & 0x80:
            pass
    elif kind == _REF_DELTA:
        yield from pending.take(_ID_BYTES)
    is_delta = kind in (_OFS_DELTA, _REF_DELTA)
    if size > (MAX_DELTA_BYTES if is_delta else MAX_OBJECT_BYTES):
        raise TooLarge(f"the repository has an object of {size} bytes; the limit is {MAX_OBJECT_BYTES}")
    content = yield from _inflate(pending, size, keep=is_delta)
    if is_delta:
        check_delta(content)


def _read_header(pending: _Pending) -> Generator[None, bytes, tuple[int, int]]:
    byte = yield from pending.byte()
    kind, size, shift = (byte >> 4) & 7, byte & 15, 4
    while byte & 0x80:
        byte = yield from pending.byte()
        size |= (byte & 0x7F) << shift
        shift += 7
        if shift > 63:
            raise TooLarge("the repository has an object without an end")
    return kind, size


def _inflate(pending: _Pending, size: int, *, keep: bool) -> Generator[None, bytes, bytes]:
    """Count an object's bytes, which must be as many as its header says; return them if they are to be kept."""
    inflater, count, kept = zlib.decompressobj(), 0, bytearray()
    rest = b""
    while not inflater.eof:
        rest = rest or (yield from pending.some())
        piece = inflater.decompress(rest, _PIECE)
        rest = inflater.unconsumed_tail
        count += len(piece)
        if count > size:
            raise TooLarge(f"an object of the repository is larger than the {size} bytes that it claims")
        if keep:
            kept += piece
    if count != size:
        raise InvalidParameter(f"an object of the repository has {count} bytes, and claims {size}")
    pending.put_back(inflater.unused_data)
    return bytes(kept)


def check_delta(delta: bytes) -> None:
    """Raise for a delta whose result is too large, or is not as large as it claims."""
    _, position = _length(delta, 0)
    claimed, position = _length(delta, position)
    if claimed > MAX_OBJECT_BYTES:
        raise TooLarge(f"the repository has an object of {claimed} bytes; the limit is {MAX_OBJECT_BYTES}")
    made = 0
    while position < len(delta):
        code = delta[position]
        if code & 0x80:
            # Four bits for bytes of the offset, three for bytes of the size; 0 stands for 64 KiB.
            start = position + 1 + (code & 0x0F).bit_count()
            position = start + (code & 0x70).bit_count()
            made += _copied(delta, start, code)
        else:
            made += code
            position += 1 + code
        if made > claimed:
            raise TooLarge(f"a delta of the repository makes more than the {claimed} bytes that it claims")
    if position > len(delta):
        raise InvalidParameter("a delta of the repository is cut off")
    if made != claimed:
        raise InvalidParameter(f"a delta of the repository makes {made} bytes, and claims {claimed}")


def _copied(delta: bytes, position: int, code: int) -> int:
    size = 0
    for number, bit in enumerate((0x10, 0x20, 0x40)):
        if code & bit:
            if position >= len(delta):
                raise InvalidParameter("a delta of the repository is cut off")
            size |= delta[position] << (8 * number)
            position += 1
    return size or 0x10000


def _length(delta: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(delta) and shift <= 63:
        byte = delta[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, position
    raise InvalidParameter("a delta of the repository is cut off")
