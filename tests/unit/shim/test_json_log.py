"""The json-file form of many lines at once is that of each line; what is escaped is tested through logs.py."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.shim.json_log import JsonLines, quoted
from jupyter_containers.shim.protocol import STDERR, STDOUT

NOON = 1_700_000_000 * 10**9


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=30), st.integers(0, 2 * 10**9))
def test_lines_at_once_are_lines_one_by_one(lines: list[bytes], offset: int) -> None:
    lines = [line.replace(b"\n", b"") for line in lines]
    form = JsonLines()
    together = form.lines(STDOUT, b"".join(line + b"\n" for line in lines), NOON + offset).splitlines()
    single = [form.piece(STDOUT, line, NOON + offset + n, ends=True) for n, line in enumerate(lines)]
    assert list(map(_parsed, together)) == list(map(_parsed, single))


def _parsed(line: bytes) -> dict[str, str]:
    found: dict[str, str] = json.loads(line)
    seconds, _, fraction = found["time"].removesuffix("Z").partition(".")
    return found | {"time": f"{seconds}.{fraction.ljust(9, '0')}"}


@pytest.mark.parametrize("count", [1, 999, 1000, 1001, 2500])
def test_every_line_has_a_time_of_its_own(count: int) -> None:
    content = JsonLines().lines(STDERR, b"x\n" * count, NOON + 999_998_700)
    times = [_parsed(line)["time"] for line in content.splitlines()]
    assert times == sorted(set(times))
    assert len(times) == count


def test_attributes_stand_where_dockerd_writes_them() -> None:
    form = JsonLines('{"a":"b"}')
    expected = b'{"log":"x\\n","stream":"stdout","attrs":{"a":"b"},"time":"2023-11-14T22:13:20Z"}\n'
    assert form.lines(STDOUT, b"x\n", NOON) == expected


def test_an_entry_is_never_cut() -> None:
    content = b"aaa\nbb\n"
    assert [JsonLines.cut(content, size) for size in (-1, 0, 3, 4, 5, 7, 8)] == [4, 4, 4, 4, 7, 7, 7]


def test_text_without_anything_special_is_left() -> None:
    assert quoted(b"plain text\nand more") == b"plain text\nand more"
