"""Tests of bootstrap.relations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.bootstrap.relations import Relation, parse
from jupyter_containers.bootstrap.versions import Version
from jupyter_containers.errors import InvalidParameter


def test_a_field_is_groups_of_alternatives() -> None:
    groups = parse("libc6 (>= 2.34), debconf (>= 0.5) | debconf-2.0,\n perl:any, x(<<1)", "it")
    assert [[str(one) for one in group] for group in groups] == [
        ["libc6 (>= 2.34)"], ["debconf (>= 0.5)", "debconf-2.0"], ["perl"], ["x (<< 1)"],
    ]  # fmt: skip
    assert groups[2][0].arch == "any"


def test_an_empty_field_and_a_comma_too_many_are_nothing() -> None:
    assert parse("", "it") == ()
    assert len(parse("a,, b,", "it")) == 2


@pytest.mark.parametrize(("old", "new"), [("<", "<="), (">", ">=")])
def test_old_operators_mean_what_they_always_meant(old: str, new: str) -> None:
    assert parse(f"a ({old} 1)", "it")[0][0].operator == new


@pytest.mark.parametrize("value", ["A", "a b", "a (1)", "a (>= )", "a (>= 1", "a |", "| a", "a (== 1)", "a (>= 1 2)"])
def test_what_is_no_list_is_refused(value: str) -> None:
    with pytest.raises(InvalidParameter, match=r"not a (list of packages|version)"):
        parse(value, "depends of x")


def test_a_version_that_is_not_known_satisfies_only_who_does_not_ask() -> None:
    plain, versioned = Relation("a"), parse("a (>= 1:2-3)", "it")[0][0]
    assert (plain.accepts(None), versioned.accepts(None)) == (True, False)
    assert (versioned.accepts(Version.parse("1:2-3")), versioned.accepts(Version.parse("9"))) == (True, False)
    assert str(versioned) == "a (>= 1:2-3)"


@given(st.text("ab1 ,|()<>=:.-", max_size=40))
def test_rubbish_is_read_or_refused(value: str) -> None:
    try:
        groups = parse(value, "it")
    except InvalidParameter:
        return
    assert all(group and all(one.name for one in group) for group in groups)
