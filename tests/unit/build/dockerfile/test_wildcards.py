from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.build.dockerfile.wildcards import BadPattern, has_wildcard, path_pattern, shell_pattern


# The table of Go's path/match_test.go, as far as it tells cases apart.
@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("abc", "abc", True), ("*", "abc", True), ("*c", "abc", True), ("a*", "a", True), ("a*", "ab/c", False),
        ("a*/b", "abc/b", True), ("a*/b", "a/c/b", False), ("a*b*c*d*e*/f", "axbxcxdxe/f", True),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", False), ("ab[c]", "abc", True), ("ab[b-d]", "abc", True),
        ("ab[e-g]", "abc", False), ("ab[^c]", "abc", False), ("ab[^e-g]", "abc", True), ("a\\*b", "a*b", True),
        ("a\\*b", "ab", False), ("a?b", "a☺b", True), ("a[^a]b", "a☺b", True), ("a???b", "a☺b", False),
        ("[a-é]*", "b", True), ("*[a-é]", "A", False), ("a?b", "a/b", False), ("a*b", "a/b", False),
        ("[\\]a]", "]", True), ("[\\-x]", "-", True), ("[x\\-]", "z", False), ("*x", "xxx", True), ("", "", True),
        ("[^a]", "/", False),
    ],
)  # fmt: skip
def test_paths_match_as_in_go(pattern: str, name: str, expected: bool) -> None:
    assert path_pattern(pattern).matches(name) is expected


@pytest.mark.parametrize("pattern", ["[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "[", "[^", "[^bc", "a[", "\\"])
def test_bad_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        path_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("**", "a/b", True), ("**/b", "b", True), ("**/b", "a/c/b", True), ("**/b", "ab", False),
        ("a/**", "a/b/c", True),
        ("a/**/c", "a/c", True), ("a/**/c", "a/b/x/c", True), ("**/*.py", "a/b.py", True), ("a**", "ab/c", True),
        ("**/", "a/b", True), ("*", "a/b", False),
    ],
)  # fmt: skip
def test_two_stars_cross_folders(pattern: str, name: str, expected: bool) -> None:
    assert path_pattern(pattern, deep=True).matches(name) is expected


def test_shell_patterns_cross_slashes_and_escape() -> None:
    assert shell_pattern("a*c?", "\\").matches("a/b/cd")
    assert shell_pattern("\\*", "\\").matches("*")
    assert not shell_pattern("\\*", "\\").matches("x")


def test_reversed_patterns_match_reversed_texts() -> None:
    assert shell_pattern("a*?c", "\\").reversed().matches("abbc"[::-1])


def test_wildcards_are_seen_unless_escaped() -> None:
    assert [has_wildcard(text) for text in ("a*", "a?", "[a]", "a\\*", "a]")] == [True, True, True, False, False]


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    started = time.perf_counter()
    assert not path_pattern("*a" * 60 + "b").matches("a" * 255)
    assert time.perf_counter() - started < 1


@given(st.text(alphabet="ab*?[]^-\\/", max_size=12), st.text(alphabet="ab/", max_size=8), st.booleans())
def test_any_pattern_answers_or_is_bad(pattern: str, name: str, deep: bool) -> None:
    try:
        path_pattern(pattern, deep=deep).matches(name)
    except BadPattern:
        pass
