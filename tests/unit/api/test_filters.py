"""The filters parameter in both of Docker's forms, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.api.filters import boolean, label_matches, labels_match, parse_text, pattern_matches, until
from jupyter_containers.errors import InvalidParameter


def test_both_forms_mean_the_same() -> None:
    new = parse_text('{"status": ["running", "paused"]}', {"status"})
    old = parse_text('{"status": {"running": true, "paused": true, "dead": false}}', {"status"})
    assert new == old == {"status": ("running", "paused")}


def test_nothing_is_no_filter() -> None:
    assert parse_text("", {"status"}) == {}


WRONG = ["[1]", "{", '{"status": 3}', '{"status": [1]}', '{"colour": ["red"]}', "null", "[" * 9999]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_known_filter_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter):
        parse_text(text, {"status"})


def test_an_unknown_filter_is_named_in_the_error() -> None:
    with pytest.raises(InvalidParameter, match="invalid filter 'colour'"):
        parse_text('{"colour": ["red"]}', {"status"})


def test_labels_match_by_key_and_by_value() -> None:
    labels = {"course": "os", "empty": ""}
    assert label_matches(labels, ("course", "course=os", "empty="))
    assert not label_matches(labels, ("course=db",))
    assert not label_matches(labels, ("absent",))


@given(st.text())
def test_no_text_makes_it_crash(text: str) -> None:
    try:
        parse_text(text, {"status"})
    except InvalidParameter:
        pass


def test_a_prune_can_want_labels_and_not_want_others() -> None:
    labels = {"course": "os"}
    assert labels_match(labels, {})
    assert labels_match(labels, {"label": ("course",), "label!": ("keep",)})
    assert not labels_match(labels, {"label!": ("keep", "course=os")})
    assert not labels_match(labels, {"label": ("keep",)})


def test_a_filter_that_is_true_or_false_is_nothing_else() -> None:
    assert boolean({"dangling": ("true",)}, "dangling") is boolean({"dangling": ("1", "True")}, "dangling") is True
    assert boolean({"dangling": ("0",)}, "dangling") is False
    assert boolean({}, "dangling") is None
    for wrong in (("maybe",), ("true", "false"), ()):
        with pytest.raises(InvalidParameter, match="invalid filter 'dangling="):
            boolean({"dangling": wrong}, "dangling")


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        (None, True),
        (["rid"], True),
        (["^bridge$"], True),
        (["^b", "x"], True),
        (["x"], False),
        ([], False),
        (["("], False),
    ],
)
def test_names_match_regular_expressions(wanted: list[str] | None, matches: bool) -> None:
    assert pattern_matches("bridge", wanted) is matches


def test_what_is_no_regular_expression_matches_itself() -> None:
    assert pattern_matches("(", ["("])


def test_no_expression_keeps_the_daemon_from_others() -> None:
    """Python's own matcher would be at it for years, and whoever may only look may ask for it."""
    assert not pattern_matches("0" * 64, ["(.|.|.|.|.|.|.|.)*!"])


def test_until_is_one_moment() -> None:
    assert until({}, now=0) is None
    assert until({"until": ("10",)}, now=0) == 10 * 10**9
    assert until({"until": ("10s",)}, now=100 * 10**9) == 90 * 10**9
    with pytest.raises(InvalidParameter, match="more than one until filter"):
        until({"until": ("1h", "2h")}, now=0)
    with pytest.raises(InvalidParameter, match='failed to parse value as time or duration: "x"'):
        until({"until": ("x",)}, now=0)


def test_more_expressions_than_anybody_needs_are_refused() -> None:
    assert not pattern_matches("bridge", ["x" * 8] * 512)
    with pytest.raises(InvalidParameter, match="have 4097 characters together, more than 4096"):
        pattern_matches("bridge", ["x" * 4097])
