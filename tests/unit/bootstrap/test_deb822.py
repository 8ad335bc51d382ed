"""Tests of bootstrap.deb822."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.bootstrap.deb822 import paragraphs, places, single
from jupyter_containers.errors import InvalidParameter


def split(text: str) -> list[str]:
    content = text.encode()
    return [content[start:end].decode() for start, end in places(content)]


TEXT = """# a comment
Package: one
Description: short
 long
 .
 longer
# another
Empty:

   \t
PACKAGE:two
Depends: a,
\tb
"""


def test_fields_have_values_of_several_lines() -> None:
    one, two = paragraphs(TEXT, "it")
    assert one == {"package": "one", "description": "short\nlong\n.\nlonger", "empty": ""}
    assert two == {"package": "two", "depends": "a,\nb"}


def test_line_ends_of_windows_are_line_ends_and_those_inside_of_values_are_not() -> None:
    assert single("A: b\r\nC: d\x0be\u2028f\r\n", "it") == {"a": "b", "c": "d\x0be\u2028f"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" continued", "continues no field"),
        ("A: b\n\n c", "continues no field"),
        ("no field", "is no field"),
        (": nothing", "is no field"),
        ("-A: b", "is no field"),
        ("A b: c", "is no field"),
        ("A: b\na: c", "the field a twice"),
    ],
)
def test_what_is_no_paragraph_is_refused(text: str, words: str) -> None:
    with pytest.raises(InvalidParameter, match=f"it has .*{words}"):
        list(paragraphs(text, "it"))


@pytest.mark.parametrize(("text", "count"), [("", 0), ("A: b\n\nA: b\n", 2)])
def test_one_paragraph_is_one(text: str, count: int) -> None:
    with pytest.raises(InvalidParameter, match=f"it has {count} paragraphs instead of one"):
        single(text, "it")


def test_an_index_falls_apart_into_its_paragraphs() -> None:
    assert split("A: b\nC: d\n\n\nA: e\n x\n\nA: f\n") == ["A: b\nC: d", "A: e\n x", "A: f\n"]
    assert split("A: b\n\n") == ["A: b"]
    assert split("") == []


@given(st.lists(st.dictionaries(st.from_regex(r"[a-z][a-z-]{0,8}", fullmatch=True), st.from_regex(
    r"[!-~]{0,9}(\n[!-~]{1,9}){0,3}", fullmatch=True), min_size=1), max_size=4))  # fmt: skip
def test_what_is_written_is_read_again(written: list[dict[str, str]]) -> None:
    text = "\n".join(
        "".join(f"{name}: {value}\n".replace("\n", "\n ").rstrip(" ") for name, value in fields.items())
        for fields in written
    )
    assert list(paragraphs(text, "it")) == written
    assert [single(part, "it") for part in split(text)] == written


@given(st.text(st.characters(codec="utf-8"), max_size=200) | st.text("Aa:# \t\n-", max_size=60))
def test_rubbish_is_read_or_refused(text: str) -> None:
    try:
        found = list(paragraphs(text, "it"))
    except InvalidParameter:
        return
    assert all(fields and all(name == name.lower() for name in fields) for fields in found)
