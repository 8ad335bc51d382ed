"""Tests of compose.shapes."""

from __future__ import annotations

import pytest

from jupyter_containers.compose import shapes
from jupyter_containers.compose.source import Place, WrongFile, plain, planted, read

HERE = Place("f", 7)


@pytest.mark.parametrize(
    ("reader", "value", "found"),
    [
        (shapes.text, "x", "x"),
        (shapes.text, 1000, "1000"),
        (shapes.scalar, True, "true"),
        (shapes.scalar, 1.5, "1.5"),
        (shapes.scalar, 2.0, "2"),
        (shapes.scalar, None, None),
        (shapes.flag, "yes", True),
        (shapes.flag, "False", False),
        (shapes.flag, True, True),
        (shapes.integer, "12", 12),
        (shapes.integer, 3.0, 3),
        (shapes.integer, -1, -1),
        (shapes.number, "0.5", 0.5),
        (shapes.number, 2, 2.0),
        (shapes.size, "64m", 64 << 20),
        (shapes.size, "1.5G", 3 << 29),
        (shapes.size, "2kb", 2048),
        (shapes.size, 1024, 1024),
        (shapes.size, "-1", -1),
        (shapes.mode, "0440", 0o440),
        (shapes.mode, 0o440, 0o440),
        (shapes.duration, "1m30s", "1m30s"),
        (shapes.duration, 0, "0s"),
        (shapes.microseconds, "950ms", 950_000),
        (shapes.microseconds, 95_000, 95_000),
        (shapes.microseconds, "95000", 95_000),
        (shapes.command, "a b", "a b"),
        (shapes.command, ["a", 1], ["a", "1"]),
        (shapes.pairs, ["A=1", "B", "C="], {"A": "1", "B": None, "C": ""}),
        (shapes.pairs, {"A": 1, "B": None}, {"A": "1", "B": None}),
        (shapes.one_or_more(shapes.text), "x", ["x"]),
        (shapes.one_or_more(shapes.text), ["x", "y"], ["x", "y"]),
        (shapes.short("k", shapes.section({"k": shapes.text})), "x", {"k": "x"}),
        (shapes.names_or(shapes.section({"k": shapes.text})), ["x", "y"], {"x": {}, "y": {}}),
        (shapes.section({"k": shapes.text}), {"k": None, "x-any": [1]}, {}),
    ],
)
def test_values_in_their_long_form(reader: shapes.Read, value: object, found: object) -> None:
    assert plain(reader(planted(value, HERE), "k")) == found


@pytest.mark.parametrize(
    ("reader", "value", "message"),
    [
        (shapes.text, 1.1, "f, line 7: k: 1.1 is not a text; write it in quotes"),
        (shapes.text, ["x"], "k: a list is not a text"),
        (shapes.flag, "maybe", "k: 'maybe' is not true or false"),
        (shapes.flag, 2, "k: 2 is not true or false"),
        (shapes.integer, "1.5", "k: '1.5' is not a whole number"),
        (shapes.integer, True, "k: true is not a whole number"),
        (shapes.number, "x", "is not a number"),
        (shapes.microseconds, "soon", "k: 'soon' is not a number of microseconds, or a time such as 950ms"),
        (shapes.size, "many", "is not a size such as 64m"),
        (shapes.mode, "0999", "is not permissions such as 0440"),
        (shapes.duration, 30, "k: 30 is not a time with its unit, such as 90s"),
        (shapes.duration, "1x", "is not a time"),
        (shapes.duration, "s", "is not a time"),
        (shapes.command, {"a": 1}, "k: a mapping is not a text"),
        (shapes.command, [None], "k[0]: nothing is not a text"),
        (shapes.pairs, "A=1", "is not a mapping, or a list of NAME=VALUE"),
        (shapes.pairs, ["=1"], "k[0]: '=1' is not NAME=VALUE"),
        (shapes.pairs, {"A": [1]}, "k.A: a list is not a text or a number"),
        (shapes.listing(shapes.text), "x", "k: 'x' is not a list"),
        (shapes.choice("a", "b"), "c", "k: 'c' is not one of a, b"),
        (shapes.section({"image": shapes.text}), {"imag": "x"}, "k.imag: there is no key 'imag'; did you mean image?"),
        (shapes.section({}, required=("k",)), {}, "k: k is missing"),
        (shapes.section({}), [1], "k: a list is not a mapping"),
        (shapes.named(shapes.text), {"a b": "x"}, "k: 'a b' is no name"),
        (shapes.named(shapes.text), ["x"], "is not a mapping of names"),
    ],
)  # fmt: skip
def test_what_is_wrong_names_its_place_and_key(reader: shapes.Read, value: object, message: str) -> None:
    with pytest.raises(WrongFile) as caught:
        reader(planted(value, HERE), "k")
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("text", "count"),
    [("1m30s", 90 * 10**9), ("500ms", 5 * 10**8), ("1.5h", 5400 * 10**9), ("10us", 10**4), ("1d", 86400 * 10**9)],
)
def test_times_in_nanoseconds(text: str, count: int) -> None:
    assert shapes.nanoseconds(text) == count


def test_what_is_to_be_reset_is_not_looked_at() -> None:
    tree = read("image: !reset []\n", "f")
    assert shapes.section({"image": shapes.text})(tree, "").mapping["image"].order == "reset"


def test_the_nearest_names_or_all_if_they_are_few() -> None:
    assert shapes.near("servces", ["services", "volumes"]) == "; did you mean services?"
    assert shapes.near("zzz", ["b", "a"]) == "; there are a, b"
    assert shapes.near("zzz", map(str, range(100))) == ""
