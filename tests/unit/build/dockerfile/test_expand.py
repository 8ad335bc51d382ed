from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.build.dockerfile.expand import (
    ExpansionError,
    expand,
    expand_content,
    expand_words,
    split_words,
    unquote,
)

VARIABLES = {"v": "a/b/a.c", "empty": "", "words": "one  two", "star": "x*y"}
PIECES = st.sampled_from(
    ["$", "{", "}", "v", "empty", "none", ":", "-", "+", "?", "#", "%", "/", "*", "'", '"', "\\", " "]
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"), ("$v", "a/b/a.c"), ("${v}x", "a/b/a.cx"), ("$none", ""), ("$", "$"), ("a$ b", "a$ b"),
        ("'$v'", "$v"), ('"$v"', "a/b/a.c"), ("\\$v", "$v"), ('"\\$v"', "$v"), ('"\\n"', "\\n"), ("'\\'", "\\"),
        ("a\\ b", "a b"), ("end\\", "end"), ('""', ""),
        ("${v:-w}", "a/b/a.c"), ("${none:-w}", "w"), ("${empty:-w}", "w"), ("${empty-w}", ""), ("${none-w}", "w"),
        ("${v:+w}", "w"), ("${empty:+w}", ""), ("${empty+w}", "w"), ("${none+w}", ""), ("${v:?no}", "a/b/a.c"),
        ("${none:-${v}}", "a/b/a.c"), ("${none:-'}'}", "}"), ("${none:-\"a b\"}", "a b"), ("${none:-\\}}", "}"),
        ("${v#*/}", "b/a.c"), ("${v##*/}", "a.c"), ("${v%/*}", "a/b"), ("${v%%/*}", "a"), ("${v#none}", "a/b/a.c"),
        ("${v/a/X}", "X/b/a.c"), ("${v//a/X}", "X/b/X.c"), ("${v//\\//-}", "a-b-a.c"), ("${v/?\\/b/X}", "X/a.c"),
        ("${v//a}", "/b/.c"), ("${star/\\*/-}", "x-y"), ("${star#x\\*}", "y"), ("${empty/*/x}", ""), ("${v//*/x}", "x"),
        ("$1$@x", "x"),
    ],
)  # fmt: skip
def test_words_expand_as_in_a_shell(text: str, expected: str) -> None:
    assert expand(text, VARIABLES) == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("${none:?give it}", "none: give it"), ("${none?}", "not allowed to be unset"), ("${v", "missing '}'"),
        ("${}", "bad substitution"), ("${v!x}", "unsupported modifier"), ("'open", "single-quote"),
        ('"open', "double-quote"),
    ],
)  # fmt: skip
def test_broken_words_say_why(text: str, complaint: str) -> None:
    with pytest.raises(ExpansionError, match=complaint):
        expand(text, VARIABLES)


def test_another_escape_character_leaves_the_backslash_alone() -> None:
    assert expand("c:\\x `$v $v", VARIABLES, "`") == "c:\\x $v a/b/a.c"


def test_words_are_divided_by_blanks_from_variables_but_not_in_quotes() -> None:
    assert expand_words('$words "$words" a\\ b ""', VARIABLES) == ["one", "two", "one  two", "a b", ""]


def test_a_heredoc_keeps_quotes_and_hides_only_dollars() -> None:
    assert expand_content("'$v' \"x\" \\$v \\n \\\\", VARIABLES) == "'a/b/a.c' \"x\" $v \\n \\"


def test_splitting_leaves_quotes_and_escapes_in_place() -> None:
    assert split_words("a='b c' d\\ e \"f g\"h  'open x") == ["a='b c'", "d\\ e", '"f g"h', "'open x"]


def test_unquoting_knows_no_variables() -> None:
    assert unquote("'a'\"b\"\\c$d") == "abc$d"
    assert unquote("'open") == "'open"


def test_growth_by_variables_has_a_limit() -> None:
    value = "x" * 100_000
    with pytest.raises(ExpansionError, match="more than"):
        expand("$v" * 11, {"v": value})


def test_nesting_has_a_limit() -> None:
    with pytest.raises(ExpansionError, match="nested"):
        expand("${a:-" * 50 + "}" * 50, {})


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join)))
def test_any_word_expands_or_is_refused(text: str) -> None:
    for function in (expand, expand_words, expand_content):
        try:
            function(text, VARIABLES)
        except ExpansionError:
            pass


@given(st.text(alphabet="ab ", max_size=20))
def test_single_quotes_keep_everything(text: str) -> None:
    assert expand(f"'{text}'", VARIABLES) == text
