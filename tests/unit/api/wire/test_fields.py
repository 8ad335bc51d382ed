"""Reading Docker's JSON field by field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jupyter_containers.api.wire import fields
from jupyter_containers.errors import InvalidParameter, Unsupported


@pytest.mark.parametrize("body", [{}, {"X": None}])
def test_missing_and_null_are_the_zero_value(body: dict[str, Any]) -> None:
    assert fields.text(body, "X") == ""
    assert fields.flag(body, "X") is False
    assert fields.number(body, "X") == 0
    assert fields.optional_number(body, "X") is None
    assert fields.texts(body, "X") is None
    assert fields.mapping(body, "X") == {}
    assert fields.objects(body, "X") == ()
    assert fields.given_objects(body, "X", len) is None
    assert fields.pair(body, "X") == (0, 0)


def test_a_name_may_begin_with_a_small_letter() -> None:
    body = {"detachKeys": "ctrl-p", "tty": True, "cmd": ["a"], "size": [1, 2]}
    assert fields.text(body, "DetachKeys") == "ctrl-p"
    assert fields.flag(body, "Tty") is True
    assert fields.texts(body, "Cmd") == ("a",)
    assert fields.pair(body, "Size") == (1, 2)
    assert fields.text({"X": "large", "x": "small"}, "X") == "large"
    with pytest.raises(Unsupported, match="Links"):
        fields.refuse({"links": ["a"]}, ("Links",))


def test_values_of_the_right_kind_are_taken() -> None:
    body = {"t": "a", "f": True, "n": 5, "l": ["a"], "s": "one", "m": {"k": "v"}, "o": [{}], "p": [1, 2]}
    assert fields.text(body, "t") == "a"
    assert fields.flag(body, "f") is True
    assert fields.number(body, "n") == 5
    assert fields.texts(body, "l") == ("a",)
    assert fields.command(body, "s") == ("one",)
    assert fields.command(body, "l") == ("a",)
    assert fields.given_objects(body, "o", len) == (0,)
    assert fields.text_mapping(body, "m") == {"k": "v"}
    assert fields.objects(body, "o") == ({},)
    assert fields.pair(body, "p") == (1, 2)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (fields.text, 5), (fields.flag, "yes"), (fields.number, "5"), (fields.number, True), (fields.number, 1.5),
        (fields.optional_number, "x"), (fields.texts, [1]), (fields.texts, {}), (fields.texts, "one"),
        (fields.command, [1]), (fields.mapping, []),
        (fields.text_mapping, {"a": 1}), (fields.objects, ["a"]), (fields.objects, {}), (fields.pair, [1]),
        (fields.pair, [-1, 2]), (fields.pair, "ab"),
    ],
)  # fmt: skip
def test_values_of_another_kind_are_refused_by_name(read: Callable[[Any, str], object], value: object) -> None:
    with pytest.raises(InvalidParameter, match="Thing"):
        read({"Thing": value}, "Thing")


def test_what_we_cannot_keep_is_refused_with_its_value() -> None:
    fields.refuse({"Links": [], "Cgroup": "", "N": 0, "B": False, "M": {}}, ("Links", "Cgroup", "N", "B", "M", "Z"))
    with pytest.raises(Unsupported, match=r"Links \['a:b'\] is not supported"):
        fields.refuse({"Links": ["a:b"]}, ("Links",))


@pytest.mark.parametrize("value", [1 << 63, -(1 << 63) - 1, 10**30])
def test_a_number_that_no_client_of_docker_could_read_again_is_refused(value: int) -> None:
    with pytest.raises(InvalidParameter, match=r"Memory must be an integer of 64 bits, not -?[0-9]{19,40}$"):
        fields.number({"Memory": value}, "Memory")
    assert fields.number({"Memory": (1 << 63) - 1}, "Memory") == (1 << 63) - 1
