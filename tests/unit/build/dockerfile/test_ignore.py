from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.build.dockerfile.ignore import MAX_RULES, IgnoreRules
from jupyter_containers.errors import InvalidParameter


def left(text: str, *paths: str) -> list[str]:
    rules = IgnoreRules.parse(text)
    return [path for path in paths if not rules.ignores(path)]


def test_without_rules_nothing_is_ignored() -> None:
    assert left("# only a comment\n\n", "a", "b/c") == ["a", "b/c"]


def test_a_name_hides_what_is_under_it_but_not_the_same_name_elsewhere() -> None:
    assert left("a", "a", "a/b/c", "b/a", "ab") == ["b/a", "ab"]


def test_the_last_matching_rule_decides() -> None:
    assert left("*.md\n!README.md", "x.md", "README.md") == ["README.md"]
    assert left("!README.md\n*.md", "x.md", "README.md") == []


def test_something_in_an_ignored_folder_can_be_included_again() -> None:
    assert left("a\n!a/keep", "a/x", "a/keep", "a/keep/below") == ["a/keep", "a/keep/below"]


@pytest.mark.parametrize("pattern", ["/a", "a/", "./a", "/a/", " a ", "b/../a"])
def test_slashes_dots_and_blanks_around_a_pattern_do_not_count(pattern: str) -> None:
    assert left(pattern, "a", "b") == ["b"]


def test_only_a_line_feed_ends_a_line() -> None:
    assert left("a\x0cb\r\nc", "a\x0cb", "b", "c") == ["b"]


def test_two_stars_reach_every_depth() -> None:
    assert left("**/*.pyc\n!**/keep.pyc", "a.pyc", "x/y/a.pyc", "x/keep.pyc") == ["x/keep.pyc"]


def test_a_byte_order_mark_is_not_part_of_the_first_rule() -> None:
    assert left("\ufeffa", "a", "b") == ["b"]


@pytest.mark.parametrize("text", ["ok\n[a", "\n!"])
def test_a_bad_rule_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(InvalidParameter) as failure:
        IgnoreRules.parse(text)
    assert failure.value.details["line"] == 2


def test_there_are_not_too_many_rules() -> None:
    assert left("a\n!a\n" * (MAX_RULES // 2), "a") == ["a"]
    with pytest.raises(InvalidParameter, match="more than 2000 patterns") as caught:
        left("a\n!a\n" * MAX_RULES, "a")
    assert caught.value.details["line"] == MAX_RULES + 1


def test_only_rules_that_include_again_make_ignored_folders_worth_a_look() -> None:
    assert not IgnoreRules.parse("a\nb").may_include_again
    assert IgnoreRules.parse("a\n!a/b").may_include_again


@given(st.text(max_size=80), st.text(alphabet="ab/.", min_size=1, max_size=8))
def test_any_file_is_read_or_refused(text: str, path: str) -> None:
    try:
        IgnoreRules.parse(text).ignores(path)
    except InvalidParameter:
        pass
