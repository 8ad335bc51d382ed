"""Expressions of strangers: as Python's, and never long."""

from __future__ import annotations

import re
import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_containers.engine.patterns import check, occurs
from jupyter_containers.errors import InvalidParameter

ATOMS = st.sampled_from(["a", "b", "_", ".", "[ab]", "[^a]", "[a-c_]", r"\w", r"\d", r"\W", "^", "$", r"\b", r"\B"])
ENDINGS = st.sampled_from(["", "", "*", "+", "?", "*?", "{2}", "{0,2}", "{1,}"])


def _repeated(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    alternatives = st.lists(inner, min_size=1, max_size=3).map("|".join)
    groups = st.tuples(st.sampled_from(["(", "(?:", "(?P<n>"]), alternatives).map(lambda two: f"{two[0]}{two[1]})")
    return st.lists(st.tuples(groups | ATOMS, ENDINGS).map("".join), max_size=4).map("".join)


PATTERNS = st.recursive(ATOMS, _repeated, max_leaves=8)


@settings(max_examples=300, deadline=None)
@given(PATTERNS, st.text("abc_1 ", min_size=1, max_size=8))
def test_what_matches_is_what_python_matches(pattern: str, text: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = re.search(pattern, text) is not None
    except re.error:
        expected = False
    assert occurs(pattern, text) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^/?web$", "/web", True),
        ("(?i)WEB", "my-web-1", True),
        ("(?i)[A-C]+$", "xabc", True),
        ("w.b", "w\nb", False),
        (r"web\.1", "web.1", True),
        (r"web\.1", "web-1", False),
        ("a{3}", "aa", False),
        ("", "anything", True),
    ],
)
def test_what_people_type_is_understood(pattern: str, text: str, found: bool) -> None:
    assert occurs(pattern, text) is found


@pytest.mark.parametrize(
    "pattern",
    ["(", "*", "(a)\\1", "a(?=b)", "(?<!x)a", "(?>a)", "a*+", "(?m)^a", "a{1000}{1000}", "(" * 5000, "a{99999999999}"],
)
def test_what_go_has_not_and_what_is_too_long_matches_nothing(pattern: str) -> None:
    assert not occurs(pattern, "ab")


@pytest.mark.parametrize(
    "pattern", ["(.|.|.|.|.|.|.|.)*!", "(a+)+!", ".*.*.*.*.*.*.*.*.*.*!", "(a*)*!", "(a?){90}a{90}!"]
)
def test_no_expression_takes_long(pattern: str) -> None:
    """Python's own matcher would be at the first ones for longer than there are stars."""
    began = time.monotonic()
    assert not occurs(pattern, "a" * 255)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:(?:(?:){65535}){65535}){65535}",
        "(?:(?:a{0}){65535}){65535}",
        "(?:(?:(?:){0,65535}){0,65535}){0,65535}",
        "(?:" * 9 + "".join("){100}" for _ in range(9)),
        "(?:(?:|){40000}){40000}",
    ],
)
def test_an_expression_of_nothing_that_is_repeated_takes_no_time_either(pattern: str) -> None:
    began = time.monotonic()
    assert not occurs(pattern, "a")
    assert time.monotonic() - began < 5


def test_a_set_counts_with_all_that_is_in_it() -> None:
    """Else each character of a text is compared with 3800 others, in each of 1900 steps."""
    began = time.monotonic()
    assert not occurs(f"[{'%&' * 1900}a]{{1900}}", "a" * 20)
    assert time.monotonic() - began < 5
    assert occurs(f"^[{'%&' * 90}a]{{20}}$", "a" * 20)


def test_expressions_are_limited_together() -> None:
    check(["x" * 2048, "y" * 2048])
    with pytest.raises(InvalidParameter, match="have 4097 characters together"):
        check(["x" * 2048, "y" * 2049])
