"""Compressed streams: recognised by their first bytes, not by what a media type claims; read in bounded pieces.

gzip may have several members, zstd several frames, with skippable ones between. No single read makes more than
CHUNK bytes out of a few (a bomb is met by the caller's limit on the sum).
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import IO, Any, Protocol, cast

from jupyter_containers.errors import Unsupported
from jupyter_containers.layers.member import InvalidLayer

CHUNK = 1 << 20
_INPUT = 1 << 18
_MAGIC_LENGTH = 6
# Decoders reserve what a header asks for; 128 MiB is what `zstd --long` and xz -9 need.
_MEMORY_LIMIT = 1 << 27
_GZIP_OR_ZLIB_WINDOW = 31


class Readable(Protocol):
    """What a stream must do: hand out at most `size` bytes, b"" at its end."""

    def read(self, size: int, /) -> bytes: ...


def detect(start: bytes) -> str:
    """Name the compression of a stream by its first six bytes: gzip, zstd, bzip2, xz, or "" for none of these."""
    if start.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    if start.startswith(b"\x28\xb5\x2f\xfd") or (
        len(start) >= 4 and start[1:4] == b"\x2a\x4d\x18" and start[0] >> 4 == 5
    ):
        return "zstd"
    if start.startswith(b"BZh"):
        return "bzip2"
    return "xz" if start.startswith(b"\xfd7zXZ\x00") else ""


def decompress(stream: Readable) -> Iterator[bytes]:
    """Yield the plain bytes of `stream`, at most CHUNK at a time.

    The stream stays open and belongs to the caller. Raises InvalidLayer for a damaged or cut stream, Unsupported for
    zstd without its library.
    """
    source = _Replayed(stream)
    kind = detect(source.peek(_MAGIC_LENGTH))
    if kind == "":
        return _plain(source)
    if kind == "zstd":
        return _unzstd(source)
    return _expand(source, kind)


class _Replayed:
    """A stream whose beginning was looked at, and is read again."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._start = b""

    def peek(self, size: int) -> bytes:
        while len(self._start) < size:
            piece = self._stream.read(size - len(self._start))
            if not piece:
                break
            self._start += piece
        return self._start

    def read(self, size: int = -1) -> bytes:
        if self._start:
            piece, self._start = self._start[:size], self._start[size:] if size >= 0 else b""
            return piece
        return self._stream.read(size)


def _plain(source: _Replayed) -> Iterator[bytes]:
    while piece := source.read(CHUNK):
        yield piece


class _Inflater:
    """zlib's decompressor with the manners of bz2's and lzma's."""

    def __init__(self) -> None:
        self._object = zlib.decompressobj(_GZIP_OR_ZLIB_WINDOW)

    def decompress(self, piece: bytes, limit: int) -> bytes:
        return self._object.decompress(self._object.unconsumed_tail + piece, limit)

    @property
    def needs_input(self) -> bool:
        return not self._object.unconsumed_tail

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data


def _decoder(kind: str) -> Any:
    if kind == "gzip":
        return _Inflater()
    if kind == "bzip2":
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(memlimit=_MEMORY_LIMIT)


def _expand(source: _Replayed, kind: str) -> Iterator[bytes]:
    """Decode member after member until the input ends; zeros after the last one are padding."""
    decoder, pending, input_left = _decoder(kind), b"", True
    try:
        while True:
            if decoder.eof:
                pending = decoder.unused_data.lstrip(b"\0")
                while not pending and (more := source.read(_INPUT)):
                    pending = more.lstrip(b"\0")
                if not pending:
                    return
                decoder = _decoder(kind)
            elif not pending and decoder.needs_input:
                pending = source.read(_INPUT)
                input_left = bool(pending)
            if not input_left:
                raise InvalidLayer(f"{kind} stream ends in the middle: it was cut")
            plain, pending = decoder.decompress(pending, CHUNK), b""
            if plain:
                yield plain
    except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InvalidLayer(f"{kind} stream is damaged: {error}") from error


def _unzstd(source: _Replayed) -> Iterator[bytes]:
    try:
        import zstandard
    except ImportError:
        raise Unsupported("zstd-compressed layers need the Python package zstandard; install it") from None
    decoder = zstandard.ZstdDecompressor(max_window_size=_MEMORY_LIMIT)
    try:
        with decoder.stream_reader(
            cast(IO[bytes], source), read_size=_INPUT, read_across_frames=True, closefd=False
        ) as reader:
            while plain := reader.read(CHUNK):
                yield plain
    except zstandard.ZstdError as error:
        raise InvalidLayer(f"zstd stream is damaged: {error}") from error
