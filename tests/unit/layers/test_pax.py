from __future__ import annotations

import pytest

from jupyter_containers.layers.member import InvalidLayer
from jupyter_containers.layers.pax import Extensions, records


def extensions(content: bytes) -> Extensions:
    result = Extensions()
    result.read(b"x", content)
    return result


def test_records_are_told_apart_by_their_length_and_may_hold_anything() -> None:
    assert list(records(b"14 path=a=b\nc\n10 path=d\n")) == [(b"path", b"a=b\nc"), (b"path", b"d")]


def test_the_last_record_counts_and_an_empty_one_takes_it_back() -> None:
    assert extensions(b"10 path=a\n10 path=b\n").name == b"b"
    assert extensions(b"10 path=a\n8 path=\n").name is None


@pytest.mark.parametrize(
    "content",
    [
        b"x path=a\n", b"99 path=a\n", b"10 path=a ", b"5 =a\n", b"10 nothing\n", b"0 path=a\n", b"3 a\n",
        b"-1 a=b\n", b"13 path=a\0bc\n", b"10 pa\0h=a\n", b"10 size=x\n", b"11 mtime=x\n", b"11 size=-1\n",
        b"10 uid= 1\n", b"31 size=9999999999999999999999\n", b"1_0 path=a\n",
    ],
)  # fmt: skip
def test_malformed_records_are_refused(content: bytes) -> None:
    with pytest.raises(InvalidLayer):
        extensions(content)


def test_times_have_nanoseconds_and_a_sign() -> None:
    assert extensions(b"21 mtime=1.000000001\n").mtime_ns == 1_000_000_001
    assert extensions(b"14 mtime=-1.5\n").mtime_ns == -1_500_000_000


def test_attributes_keep_their_bytes() -> None:
    assert extensions(b"27 SCHILY.xattr.user.x=a\0=\n").xattrs == {b"user.x": b"a\0="}


def test_long_names_of_gnu_end_at_the_zero_byte() -> None:
    result = Extensions()
    assert not result
    result.read(b"L", b"name\0\0\0")
    result.read(b"K", b"target\0")
    assert result
    assert (result.name, result.link) == (b"name", b"target")
