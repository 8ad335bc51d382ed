"""Tests of compose.source."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_containers.compose import source
from jupyter_containers.compose.source import WrongFile, plain, read


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reader of events that PyYAML may have."""
    monkeypatch.setattr(source, "_LOADER", getattr(yaml, request.param))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        ("# nothing", {}),
        ("a: 1", {"a": 1}),
        ("a: [x, 'y', \"z\"]", {"a": ["x", "y", "z"]}),
        ("a: on\nb: yes\nc: True\nd: false", {"a": "on", "b": "yes", "c": True, "d": False}),
        ("a: 22:22\nb: 2001-01-01", {"a": "22:22", "b": "2001-01-01"}),
        ("a: 0440\nb: 0o17\nc: 0x1f\nd: 089", {"a": 0o440, "b": 0o17, "c": 31, "d": 89}),
        ("a: 1.5\nb: -2\nc: 1e3\nd: 1.\ne: .5", {"a": 1.5, "b": -2, "c": 1000.0, "d": 1.0, "e": 0.5}),
        ("a: ~\nb:\nc: null\nd: ''", {"a": None, "b": None, "c": None, "d": ""}),
        ("a: !!str 12\nb: !!int '12'", {"a": "12", "b": 12}),
        ("a: 123456789012345678901234567890", {"a": "123456789012345678901234567890"}),
        ("a: 1e999", {"a": "1e999"}),
        ("1: x\ntrue: y", {"1": "x", "true": "y"}),
        ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
        ("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3", {"a": {"p": 1, "q": 2}, "b": {"q": 3, "p": 1}}),
        ("a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc: {<<: [*x, *y]}",
         {"a": {"p": 1}, "b": {"p": 2, "q": 2}, "c": {"p": 1, "q": 2}}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
    ],
)  # fmt: skip
def test_values_are_those_of_compose(text: str, value: object) -> None:
    assert plain(read(text, "f")) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", ": this is no YAML: "),
        ("a: 1\nb:\n  c: 2\n  c: 3\n", "f, line 4: c is there twice, in line 3, too"),
        ("a: *x", "f, line 1: "),
        ("a: &x [*x]", "f, line 1: "),
        ("a: !secret x", "f, line 1: unknown tag !secret; there are !reset and !override"),
        ("a: 1\n---\nb: 2\n", "a second document"),
        ("? [a]\n: 1\n", "f, line 1: a key is a word"),
        ("a:\n  <<: 3\n", "f, line 2: << takes a mapping"),
        ("a: \0", "f, line 1: this is no YAML"),
        ("[" * 50 + "]" * 50, "nested more than 40 levels deep"),
        ("a: !!python/object/apply:os.system [ls]", "f, line 1: unknown tag"),
    ],
)
def test_what_is_no_compose_file_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(WrongFile) as caught:
        read(text, "f")
    assert message in caught.value.message


def test_keys_know_their_lines() -> None:
    tree = read("a:\n  b: 1\n\n  c:\n    - x\n    - y\n", "the cell")
    inner = tree.mapping["a"].mapping
    assert str(inner["b"].place) == "the cell, line 2"
    assert [item.place.line for item in inner["c"].items] == [5, 6]


def test_orders_for_merging_are_kept() -> None:
    tree = read("a: !reset null\nb: !override [1]\n", "f").mapping
    assert (tree["a"].order, tree["a"].value) == ("reset", None)
    assert (tree["b"].order, plain(tree["b"])) == ("override", [1])


def test_a_file_that_grows_by_its_aliases_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    with pytest.raises(WrongFile, match="more than 100000 values, with those that aliases repeat"):
        read("\n".join(lines), "f")


def test_merge_keys_count_as_well() -> None:
    lines = ["a: &a {" + ", ".join(f"k{n}: {n}" for n in range(2000)) + "}"]
    lines += [f"b{n}: {{<<: *a}}" for n in range(60)]
    with pytest.raises(WrongFile, match="more than 100000 values"):
        read("\n".join(lines), "f")


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(WrongFile, match="at most 1048576 bytes"):
        read("# " + "x" * source.MAX_BYTES, "f")


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab:-[]{},&*!|>'\"#? \n\t0~<x\0\ud800\u2028"), max_size=60))
def test_any_text_is_a_tree_or_a_wrong_file(text: str) -> None:
    try:
        read(text, "f")
    except WrongFile:
        pass
