"""The local form: records, what is cut where, and what comes back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.shim.local_log import AROUND, HEADER, Records, lines_of, unpack
from jupyter_containers.shim.protocol import STDERR, STDOUT

NOON = 1_700_000_000 * 10**9


def test_lines_that_came_together_are_one_record() -> None:
    content = Records().lines(STDERR, b"a\nb\n", NOON)
    assert unpack(content) == ([(STDERR, b"a\nb\n", NOON)], len(content))
    assert list(lines_of(b"a\nb\n")) == [b"a\n", b"b\n"]


def test_a_piece_has_no_line_end_but_the_last_of_its_line() -> None:
    form = Records()
    content = form.piece(STDOUT, b"x", NOON, ends=False) + form.piece(STDOUT, b"y", NOON, ends=True)
    assert [output for _, output, _ in unpack(content)[0]] == [b"x", b"y\n"]
    assert list(lines_of(b"x")) == [b"x"]


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=20), st.integers(1, 100))
def test_records_are_as_long_as_wanted_and_keep_lines_whole_and_times_apart(lines: list[bytes], limit: int) -> None:
    output = b"".join(line.replace(b"\n", b"") + b"\n" for line in lines)
    content = Records(limit).lines(STDOUT, output, NOON)
    records, end = unpack(content)
    assert end == len(content)
    assert b"".join(text for _, text, _ in records) == output
    at_ns = NOON
    for _, text, begins in records:
        assert text.endswith(b"\n")
        assert len(text) <= limit or text.count(b"\n") == 1
        assert begins == at_ns
        at_ns += text.count(b"\n")


def test_half_a_record_is_none() -> None:
    content = Records().lines(STDOUT, b"abc\n", NOON)
    for length in range(len(content)):
        assert unpack(content[:length]) == ([], 0)


def test_a_file_is_cut_behind_the_record_that_fills_it() -> None:
    form = Records(2)
    content = form.lines(STDOUT, b"a\nb\nc\n", NOON)
    size = AROUND + 2
    assert [form.cut(content, wanted) for wanted in (-5, 0, 1, size, size + 1, 3 * size, 99 * size)] == [
        size, size, size, size, 2 * size, 3 * size, 3 * size
    ]  # fmt: skip
    assert HEADER.size == 13
