"""Tests of bootstrap.resolver."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.bootstrap.packages import Index
from jupyter_containers.bootstrap.resolver import Unresolvable, Variant, choose
from jupyter_containers.errors import InvalidParameter, NotFound
from tests.unit.bootstrap.test_packages import entry, indexed

BASE = (entry("base", Essential="yes", Depends="libc"), entry("libc"), entry("apt"), entry("tool", Priority="required"))


def names(*entries: str, variant: Variant = Variant.ESSENTIAL, include: tuple[str, ...] = ()) -> list[str]:
    return [package.name for package in choose(indexed(*BASE, *entries), variant, include)]


def test_how_much_is_the_variant() -> None:
    assert names() == ["base", "libc"]
    assert names(variant=Variant.MINBASE) == ["apt", "base", "libc", "tool"]
    assert (Variant.named("minbase"), Variant.named("essential")) == (Variant.MINBASE, Variant.ESSENTIAL)
    with pytest.raises(InvalidParameter, match="no variant is called 'buildd'; there are essential, minbase"):
        Variant.named("buildd")


def test_what_is_included_brings_what_it_needs() -> None:
    more = (entry("more", **{"Pre-Depends": "deep"}), entry("deep", Depends="deeper (>= 2)"), entry("deeper", "2"))
    assert names(*more, include=("more",)) == ["base", "deep", "deeper", "libc", "more"]


def test_a_circle_ends() -> None:
    assert names(entry("a", Depends="b"), entry("b", Depends="a, a"), include=("a",)) == ["a", "b", "base", "libc"]


@pytest.mark.parametrize(
    ("depends", "taken"),
    [
        ("one | two", "one"),
        ("missing | two", "two"),
        ("one (>= 9) | two", "two"),
        ("virtual", "one"),
        ("virtual (>= 2)", "two"),
        ("old (<< 2)", "old"),
    ],
)
def test_the_first_alternative_that_is_there_is_taken(depends: str, taken: str) -> None:
    others = (
        entry("one", Provides="virtual"), entry("two", Provides="virtual (= 2)"), entry("old", "3"), entry("old", "1"),
    )  # fmt: skip
    assert names(entry("x", Depends=depends), *others, include=("x",)) == sorted(["base", "libc", "x", taken])


def test_what_must_be_there_anyway_is_taken_before_an_alternative() -> None:
    entries = (entry("x", Depends="one | two, y"), entry("y", Depends="z"), entry("z", Depends="two"))
    assert names(*entries, entry("one"), entry("two"), include=("x",)) == ["base", "libc", "two", "x", "y", "z"]


def test_the_root_is_merged_so_that_nothing_comes_to_merge_it() -> None:
    init = entry("init", Essential="yes", Depends="usrmerge | usr-is-merged")
    assert names(init, entry("usrmerge"), entry("usr-is-merged")) == ["base", "init", "libc", "usr-is-merged"]
    assert names(init, entry("usrmerge")) == ["base", "init", "libc", "usrmerge"]
    assert names(entry("usr-is-merged")) == ["base", "libc"]


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ((entry("x", Depends="gone | gone2 (>= 1)"),), r"x needs gone or gone2 \(>= 1\), which there is not"),
        ((entry("x", Depends="libc (>= 2)"),), "x needs libc"),
        ((entry("x", Conflicts="libc"),), "x and libc cannot be installed together"),
        ((entry("x", Breaks="libc (<< 2)"),), "x and libc cannot be installed together"),
        ((entry("x", Conflicts="v", Depends="y"), entry("y", Provides="v")), "x and y cannot be installed together"),
    ],
)
def test_what_makes_no_whole_is_refused(entries: tuple[str, ...], words: str) -> None:
    with pytest.raises(Unresolvable, match=words):
        names(*entries, include=("x",))


def test_who_conflicts_with_what_he_provides_stands_alone() -> None:
    assert "x" in names(entry("x", Provides="v", Conflicts="v"), include=("x",))


def test_an_unknown_package_is_told() -> None:
    with pytest.raises(NotFound, match="no package nope in this suite"):
        names(include=("nope",))


def test_indexes_of_something_else_are_refused() -> None:
    with pytest.raises(Unresolvable, match="no essential package"):
        choose(Index("amd64"), Variant.MINBASE)


@given(st.lists(st.tuples(st.integers(0, 7), st.lists(st.integers(0, 7), min_size=1, max_size=3)), max_size=14))
def test_what_is_chosen_is_closed(edges: list[tuple[int, list[int]]]) -> None:
    """Every package that is chosen finds what it needs among them, whatever the relations are."""
    depends = {number: [" | ".join(f"p{one}" for one in group) for start, group in edges if start == number]
               for number in range(8)}  # fmt: skip
    entries = [entry(f"p{number}", Depends=", ".join(groups)) for number, groups in depends.items()]
    chosen = choose(indexed(*BASE, *entries), Variant.ESSENTIAL, ("p0",))
    for package in chosen:
        for group in package.needs:
            assert any(other.satisfies(relation) for other in chosen for relation in group)
