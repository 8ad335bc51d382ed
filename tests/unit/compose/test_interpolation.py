"""Tests of compose.interpolation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.compose.interpolation import BadTemplate, interpolated, substitute
from jupyter_containers.compose.source import WrongFile, plain, read

VARIABLES = {"A": "one", "EMPTY": "", "B_2": "$A"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("$A ${A}", "one one"),
        ("$$A $${A} $$", "$A ${A} $"),
        ("${B_2}", "$A"),
        ("$A-x ${A}x", "one-x onex"),
        ("${NO:-b} ${NO-b} ${EMPTY:-b} ${EMPTY-b}.", "b b b ."),
        ("${A:-b} ${A-b}", "one one"),
        ("${A:+b} ${A+b} ${EMPTY:+b} ${EMPTY+b} ${NO:+b}${NO+b}.", "b b  b ."),
        ("${A:?x} ${EMPTY?x}.", "one ."),
        ("${NO:-${A}} ${NO:-${ALSO_NO:-deep}}", "one deep"),
        ("${NO:-a:b/c?d}", "a:b/c?d"),
        ("${NO:-$$5}", "$5"),
        ("${A:-${NO:?never asked}}", "one"),
        ("$NO.", "."),
    ],
)
def test_variables_are_replaced(text: str, result: str) -> None:
    assert substitute(text, VARIABLES) == result


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$", "a $ that begins no variable"),
        ("$5", "write $$ for the sign itself"),
        ("${}", "begins no variable"),
        ("${A", "is followed by neither"),
        ("${A:-b", "a ${ without its }"),
        ("${A%b}", "${A is followed by neither } nor one of"),
        ("${NO:?tell me}", "NO must be set: tell me"),
        ("${EMPTY:?}", "EMPTY must be set: it is missing"),
        ("${NO?${A}}", "NO must be set: one"),
        ("${A:-" * 30, "more than 20 levels deep"),
    ],
)
def test_what_is_no_template_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadTemplate) as caught:
        substitute(text, VARIABLES)
    assert message in caught.value.message


def test_a_text_does_not_grow_without_end() -> None:
    with pytest.raises(BadTemplate, match="more than 1048576 characters"):
        substitute("$X" * 2000, {"X": "x" * 1000})


def test_many_values_together_do_not_either() -> None:
    tree = read("a: [" + ", ".join(["$X"] * 100) + "]", "f")
    with pytest.raises(WrongFile, match="all values together have more than 16777216 characters"):
        interpolated(tree, {"X": "x" * 500_000}, lambda _: None)


def test_what_is_not_set_is_told_and_only_where_it_counts() -> None:
    missing: list[str] = []
    substitute("$NO ${NO2} ${A:-$NO3} ${NO4:-x} ${NO5:+$NO6}", VARIABLES, missing.append)
    assert missing == ["NO", "NO2"]


def test_values_of_a_tree_are_replaced_and_its_keys_are_not() -> None:
    tree = read("$A: [$A, {k: '${A}2'}, 3]", "f")
    assert plain(interpolated(tree, VARIABLES, lambda _: None)) == {"$A": ["one", {"k": "one2"}, 3]}


def test_an_error_names_line_and_key() -> None:
    tree = read("services:\n  web:\n    image: $\n", "the cell")
    with pytest.raises(WrongFile, match=r"^the cell, line 3: services\.web\.image: a \$ that begins no variable"):
        interpolated(tree, {}, lambda _: None)


@given(st.text(st.sampled_from("$${}AB:-?+_ x"), max_size=40))
def test_any_text_is_replaced_or_refused(text: str) -> None:
    try:
        substitute(text, VARIABLES)
    except BadTemplate:
        pass
