"""Tests of repositories.packs: real packs pass, and bombs are known before anybody inflates them."""

from __future__ import annotations

import hashlib
import io
import zlib

import pytest
from dulwich.object_format import SHA1
from dulwich.objects import Blob
from dulwich.pack import PackData, create_delta, pack_objects_to_data, write_pack_data
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.repositories.packs import MAX_OBJECT_BYTES, Guard, TooLarge, check_delta

BLOB, OFS_DELTA, REF_DELTA = 3, 6, 7


def size_of(count: int) -> bytes:
    """Return a number as deltas have it."""
    text = b""
    while count > 0x7F:
        text += bytes([count & 0x7F | 0x80])
        count >>= 7
    return text + bytes([count])


def header(kind: int, size: int) -> bytes:
    first, rest = kind << 4 | size & 15, size >> 4
    return bytes([first | 0x80]) + size_of(rest) if rest else bytes([first])


def pack(*objects: bytes, count: int | None = None) -> bytes:
    text = b"PACK" + (2).to_bytes(4, "big") + (len(objects) if count is None else count).to_bytes(4, "big")
    text += b"".join(objects)
    return text + hashlib.sha1(text).digest()


def entry(kind: int, content: bytes, *, claimed: int | None = None, base: bytes = b"") -> bytes:
    return header(kind, len(content) if claimed is None else claimed) + base + zlib.compress(content)


def guarded(content: bytes, step: int = 1 << 20) -> bytes:
    passed = io.BytesIO()
    guard = Guard(passed.write)
    for start in range(0, len(content), step):
        assert guard.write(content[start : start + step]) == len(content[start : start + step])
    return passed.getvalue()


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_a_pack_as_git_makes_it_passes_unchanged(step: int) -> None:
    blobs = [(Blob.from_string(b"line\n" * 500 + bytes([number])), None) for number in range(20)]
    file = io.BytesIO()
    count, objects = pack_objects_to_data(blobs, deltify=True)
    write_pack_data(file.write, objects, num_records=count, object_format=SHA1)
    content = file.getvalue()
    assert guarded(content, step) == content


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ([header(BLOB, MAX_OBJECT_BYTES + 1)], "an object of 268435457 bytes"),
        ([entry(BLOB, bytes(1 << 22), claimed=10)], "larger than the 10 bytes that it claims"),
        ([entry(BLOB, b"123", claimed=10)], "has 3 bytes, and claims 10"),
        ([header(BLOB, 5) + b"not zlib at all"], "is spoilt"),
        ([b"\xff" * 20], "an object without an end"),
        ([entry(REF_DELTA, size_of(1) + size_of(1 << 40), base=bytes(20))], "an object of 1099511627776 bytes"),
        (
            [entry(OFS_DELTA, size_of(1) + size_of(10) + b"\xf0\xff\xff\xff", base=b"\x81\x01")],
            "makes more than the 10",
        ),
    ],
)
def test_bombs_are_refused(objects: list[bytes], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        guarded(pack(*objects))


def test_other_streams_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="sent no pack"):
        guarded(b"<html>" * 10)
    with pytest.raises(TooLarge, match="more than 5000000 objects"):
        guarded(pack(count=5_000_001))


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_real_deltas_pass_and_cut_ones_do_not(base: bytes, target: bytes) -> None:
    delta = b"".join(create_delta(base, target))
    check_delta(delta)
    if target:
        with pytest.raises(InvalidParameter):
            check_delta(delta[:-1])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_pack_or_are_refused(content: bytes) -> None:
    for stream in (content, pack(content)):
        try:
            guarded(stream)
        except InvalidParameter:
            continue


def test_dulwich_reads_what_has_passed() -> None:
    passed = guarded(pack(entry(BLOB, b"content")))
    with PackData.from_file(io.BytesIO(passed), SHA1, len(passed)) as found:
        assert len(found) == 1
