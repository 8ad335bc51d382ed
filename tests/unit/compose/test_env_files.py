"""Tests of compose.env_files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.compose.env_files import parse, read_file
from jupyter_containers.compose.source import WrongFile


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A=1\nB=two words \n\n# no\n  C = 3", {"A": "1", "B": "two words", "C": "3"}),
        ("export A=1\nB", {"A": "1", "B": None}),
        ("A=1 # why\nB=1#2\nC=", {"A": "1", "B": "1#2", "C": ""}),
        ("A='$X # 1' # why\nB=\"$X # 1\"", {"A": "$X # 1", "B": "x # 1"}),
        ("A=\"a\\nb\\t\\\"c\\\"\"\nB='a\\nb'", {"A": 'a\nb\t"c"', "B": "a\\nb"}),
        ("A=\"one\ntwo\"\nB='x\ny\nz'\nC=1", {"A": "one\ntwo", "B": "x\ny\nz", "C": "1"}),
        ("A=1\nB=${A}2\nC=${X}\nX=own\nD=$X", {"A": "1", "B": "12", "C": "x", "X": "own", "D": "x"}),
        ("A=\"\\$X\"", {"A": "$X"}),
        ("A=a=b\nB.c-d=1", {"A": "a=b", "B.c-d": "1"}),
        ("\ufeffA=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("A=${NO:-d}", {"A": "d"}),
    ],
)  # fmt: skip
def test_variables_are_read(text: str, found: object) -> None:
    assert parse(text, "f", {"X": "x"}) == found


def test_raw_lines_are_what_they_are() -> None:
    assert parse("A='1' # $X\nB = 2", "f", {}, is_raw=True) == {"A": "'1' # $X", "B": " 2"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=1\nnot a variable", "f, line 2: not a variable"),
        ("A='x", "f, line 1: a ' that is not closed"),
        ("A='x' y", "f, line 1: something follows the closing quote: 'y'"),
        ("\nA=$", "f, line 2: a $ that begins no variable"),
        ("=1", "f, line 1: not a variable"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(WrongFile) as caught:
        parse(text, "f", {})
    assert message in caught.value.message


def test_values_that_double_each_other_are_refused() -> None:
    lines = ["V0=xxxxxxxx", *(f"V{n}=$V{n - 1}$V{n - 1}" for n in range(1, 17)), *(f"W{n}=$V16" for n in range(100))]
    with pytest.raises(WrongFile, match="all values together have more than 16777216 characters"):
        parse("\n".join(lines), "f", {})


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(WrongFile, match="cannot read it: No such file"):
        read_file(tmp_path / "no", {})
    (tmp_path / "bytes").write_bytes(b"\xff")
    with pytest.raises(WrongFile, match="this is no text"):
        read_file(tmp_path / "bytes", {})


@given(st.text(st.sampled_from("A=1'\"\\$ {}#\n"), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text, "f", {})
    except WrongFile:
        pass
