"""Tests of bootstrap.versions."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.bootstrap.versions import Version
from jupyter_containers.errors import InvalidParameter

TEXTS = st.from_regex(r"([0-9]:)?[0-9][0-9a-z.+~]{0,6}(-[0-9a-z.+~]{1,4})?", fullmatch=True)
VERSIONS = TEXTS.map(Version.parse)

# Each is later than the one before; checked with dpkg --compare-versions.
ORDER = [
    "0~~", "0~~a", "0~", "0", "0a", "0+", "1~rc1", "1", "1-0+b1", "1-1~deb12u1", "1-1", "1-1+b1", "1-1.1", "1a", "1+",
    "1.0+dfsg", "1.2", "1.10", "2:0", "2:0.9-1", "2:0.10-1", "10:0",
]  # fmt: skip


def test_the_later_version_is_the_greater_one() -> None:
    versions = [Version.parse(text) for text in ORDER]
    for one, other in pairwise(versions):
        assert one < other, (one, other)
        assert other > one


@pytest.mark.parametrize(("one", "other"), [("1.0", "1.00"), ("0:1", "1"), ("1-0", "1"), ("1.", "1.0"), ("007", "7")])
def test_texts_that_differ_may_be_one_version(one: str, other: str) -> None:
    assert Version.parse(one) == Version.parse(other)


def test_parts_are_told_apart() -> None:
    assert Version.parse("1:2.3-4-5~x") == Version(1, "2.3-4", "5~x")
    found = Version.parse("1:2:3-4")
    assert (found.epoch, found.upstream, found.revision) == (1, "2:3", "4")


@pytest.mark.parametrize("text", ["", "1 2", "1_2", "-1", "1-", ":1", "a:1", "1:", "1\n", "ä", "9" * 10 + ":1"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="not a version"):
        Version.parse(text)


@pytest.mark.parametrize(
    ("operator", "true_of"),
    [("<<", "1"), ("<=", "12"), ("=", "2"), (">=", "23"), (">>", "3")],
)
def test_a_relation_holds_of_some(operator: str, true_of: str) -> None:
    assert "".join(text for text in "123" if Version.parse(text).satisfies(operator, Version.parse("2"))) == true_of


def test_an_unknown_relation_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="'~'"):
        Version.parse("1").satisfies("~", Version.parse("1"))


def test_a_strangers_number_of_a_million_digits_costs_no_arithmetic() -> None:
    assert Version.parse("1" * 1_000_000) > Version.parse("9" * 999_999)


@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_is_one(one: Version, two: Version, three: Version) -> None:
    assert (one.compare(two) > 0) == (two.compare(one) < 0)
    assert one.compare(one) == 0
    first, second, third = sorted((one, two, three))
    assert first <= second <= third
    assert first <= third


@given(st.text(max_size=20))
def test_rubbish_is_a_version_or_refused(text: str) -> None:
    try:
        found = Version.parse(text)
    except InvalidParameter:
        return
    assert found.upstream
