"""Ar archives, the outermost form of a .deb: read once, from front to back. Source: deb(5), ar(5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.layers.compression import Readable

_MAGIC = b"!<arch>\n"
_HEADER = 60
_END = b"`\n"
_PIECE = 1 << 18


class InvalidArchive(InvalidParameter):
    """The stream is no ar archive, or a cut one."""


@dataclass(slots=True)
class ArMember:
    """One member; `read` hands out what is left of it, at most `size` bytes at a time, b"" at its end."""

    name: str
    size: int
    _stream: Readable
    _left: int

    def read(self, size: int, /) -> bytes:
        piece = self._stream.read(min(size, self._left)) if self._left else b""
        if self._left and not piece:
            raise InvalidArchive(f"ar archive ends in the middle of {self.name}: it was cut")
        self._left -= len(piece)
        return piece

    def skip(self) -> None:
        while self._left:
            self.read(_PIECE)


def members(stream: Readable) -> Iterator[ArMember]:
    """Yield the members; what is not read of one before the next is skipped. Raises InvalidArchive."""
    if _take(stream, len(_MAGIC)) != _MAGIC:
        raise InvalidArchive("not an ar archive: its first bytes are others")
    while header := _take(stream, _HEADER):
        member = _member(header, stream)
        yield member
        member.skip()
        if member.size % 2:
            # Members begin at even places; some writers leave the last one's padding out.
            _take(stream, 1)


def _member(header: bytes, stream: Readable) -> ArMember:
    if len(header) < _HEADER:
        raise InvalidArchive("ar archive ends in the middle of a header: it was cut")
    digits = header[48:58].rstrip(b" ")
    if header[58:] != _END or not digits.isdigit():
        raise InvalidArchive(f"ar archive has a damaged header: {header!r:.80}")
    # GNU ends names with a slash, BSD does not.
    name = header[:16].rstrip(b" ").removesuffix(b"/").decode("ascii", "backslashreplace")
    return ArMember(name, int(digits), stream, int(digits))


def _take(stream: Readable, size: int) -> bytes:
    taken = b""
    while len(taken) < size and (piece := stream.read(size - len(taken))):
        taken += piece
    return taken
