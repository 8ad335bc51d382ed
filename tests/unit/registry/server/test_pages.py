"""Tests of registry.server.pages."""

from __future__ import annotations

import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.registry.server.pages import MAX_ENTRIES, page
from jupyter_containers.registry.server.refusals import Refusal

WORDS = st.lists(st.text("abcXYZ09._-&=+", min_size=1, max_size=8), unique=True).map(sorted)


@given(WORDS, st.integers(1, 10))
def test_following_the_links_shows_each_entry_once(entries: list[str], n: int) -> None:
    seen: list[str] = []
    query = {"n": str(n)}
    while True:
        shown = page(entries, "/path", **query)
        assert len(shown.entries) <= n
        seen += shown.entries
        if not shown.link:
            break
        target = shown.link.removeprefix("<").removesuffix('>; rel="next"')
        query = dict(urllib.parse.parse_qsl(target.removeprefix("/path?")))
    assert seen == entries


def test_the_last_need_not_be_there() -> None:
    assert page(["a", "c"], "/", last="b").entries == ["c"]


def test_none_wanted_none_shown() -> None:
    assert page(["a"], "/", n="0") == page([], "/")


def test_without_a_number_there_is_still_a_limit() -> None:
    entries = [f"{number:06}" for number in range(MAX_ENTRIES + 1)]
    shown = page(entries, "/")
    assert (len(shown.entries), bool(shown.link)) == (MAX_ENTRIES, True)


@pytest.mark.parametrize("n", ["", "-1", "x", "1.5", "٣", "9" * 50])
def test_a_number_that_is_none(n: str) -> None:
    with pytest.raises(Refusal) as refused:
        page(["a"], "/", n=n)
    assert (refused.value.answer_status, refused.value.code) == (400, "PAGINATION_NUMBER_INVALID")
