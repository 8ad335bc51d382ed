"""Tests of bootstrap.ar."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.bootstrap.ar import InvalidArchive, members
from tests.support.debian_mirror import ar


def read(content: bytes) -> dict[str, bytes]:
    found = {}
    for member in members(io.BytesIO(content)):
        found[member.name] = b"".join(iter(lambda member=member: member.read(3), b""))  # type: ignore[misc]
    return found


@given(st.dictionaries(st.from_regex(r"[a-z.]{1,15}", fullmatch=True), st.binary(max_size=20), max_size=5))
def test_members_come_back(parts: dict[str, bytes]) -> None:
    assert read(ar(parts)) == parts


def test_what_is_not_read_is_skipped() -> None:
    archive = ar({"one": b"odd", "two": b"even"})
    assert [(member.name, member.size) for member in members(io.BytesIO(archive))] == [("one", 3), ("two", 4)]


def test_names_of_gnu_end_with_a_slash_and_the_last_padding_may_be_missing() -> None:
    assert read(ar({"one/": b"odd"})[:-1]) == {"one": b"odd"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not an ar archive"),
        (b"!<arch>\r", "not an ar archive"),
        (ar({"one": b"odd"})[:60], "in the middle of a header"),
        (ar({"one": b"odd"})[:70], "in the middle of one"),
        (ar({"one": b"odd"}).replace(b"`\n", b"`x"), "damaged header"),
        (ar({"one": b"odd"}).replace(b"3         `", b"-3        `"), "damaged header"),
        (ar({"one": b"odd"}).replace(b"3         `", b"          `"), "damaged header"),
    ],
)
def test_what_is_no_archive_or_a_cut_one_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(InvalidArchive, match=words):
        read(content)


@given(st.binary(max_size=200), st.booleans())
def test_rubbish_is_refused_or_read(content: bytes, has_magic: bool) -> None:
    try:
        read(b"!<arch>\n" * has_magic + content)
    except InvalidArchive:
        return
    assert has_magic or content.startswith(b"!<arch>\n")
