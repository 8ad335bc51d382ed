from __future__ import annotations

import bz2
import gzip
import lzma
import os
from io import BytesIO

import pytest
import zstandard

from jupyter_containers.layers.compression import CHUNK, decompress, detect
from jupyter_containers.layers.member import InvalidLayer

PLAIN = os.urandom(3000) + bytes(3 * CHUNK) + os.urandom(3000)
COMPRESSED = {
    "": PLAIN,
    "gzip": gzip.compress(PLAIN),
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress(PLAIN),
    "bzip2": bz2.compress(PLAIN),
    "xz": lzma.compress(PLAIN),
}


class Dribble:
    """A stream that hands out little at a time, as a socket may."""

    def __init__(self, content: bytes, step: int) -> None:
        self._content, self._step = BytesIO(content), step

    def read(self, size: int, /) -> bytes:
        return self._content.read(min(size, self._step))


@pytest.mark.parametrize("kind", COMPRESSED)
@pytest.mark.parametrize("step", [1000, 1 << 30])
def test_every_compression_is_recognised_and_undone_in_bounded_pieces(kind: str, step: int) -> None:
    assert detect(COMPRESSED[kind][:6]) == kind
    pieces = list(decompress(Dribble(COMPRESSED[kind], step)))
    assert b"".join(pieces) == PLAIN
    assert max(map(len, pieces)) <= CHUNK


@pytest.mark.parametrize("kind", ["gzip", "zstd", "bzip2", "xz"])
def test_several_members_in_a_row_are_one_stream(kind: str) -> None:
    assert b"".join(decompress(BytesIO(COMPRESSED[kind] * 2))) == PLAIN * 2


def test_a_skippable_frame_of_zstd_is_passed_over() -> None:
    skippable = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"note"
    assert b"".join(decompress(BytesIO(skippable + COMPRESSED["zstd"] + skippable))) == PLAIN


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_zeros_after_the_last_member_are_padding(kind: str) -> None:
    assert b"".join(decompress(BytesIO(COMPRESSED[kind] + bytes(700_000)))) == PLAIN


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_other_bytes_after_the_last_member_are_damage(kind: str) -> None:
    with pytest.raises(InvalidLayer, match="damaged"):
        list(decompress(BytesIO(COMPRESSED[kind] + b"something else")))


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_a_cut_stream_is_told_from_a_whole_one(kind: str) -> None:
    with pytest.raises(InvalidLayer, match="cut"):
        list(decompress(BytesIO(COMPRESSED[kind][:-9])))


@pytest.mark.parametrize("kind", ["gzip", "zstd", "bzip2", "xz"])
def test_a_damaged_stream_is_refused(kind: str) -> None:
    content = bytearray(COMPRESSED[kind])
    content[40:60] = bytes(20)
    with pytest.raises(InvalidLayer):
        list(decompress(BytesIO(bytes(content))))


def test_an_empty_stream_has_no_pieces() -> None:
    assert list(decompress(BytesIO(b""))) == []


def test_an_error_of_the_stream_itself_passes_through() -> None:
    class Broken:
        def read(self, size: int, /) -> bytes:
            raise ConnectionResetError(104, "reset")

    with pytest.raises(ConnectionResetError):
        list(decompress(Broken()))
