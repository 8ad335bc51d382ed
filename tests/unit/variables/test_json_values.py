"""Tests of variables.json_values."""

from __future__ import annotations

import pytest

from jupyter_containers.variables.json_values import JSON, LINES


def test_a_list_of_scalars_is_a_line_each() -> None:
    assert LINES.takes([3, "ä"])
    assert LINES.pack([3, "ä"]) == b'3\n"\xc3\xa4"\n'
    assert LINES.unpack(b"1\n\n2") == [1, 2]


@pytest.mark.parametrize("value", [[], [[1]], (1,), {}])
def test_other_lists_are_not(value: object) -> None:
    assert not LINES.takes(value)
    assert JSON.takes(value)


@pytest.mark.parametrize("value", [{1: 2}, {1}, object(), [object()]])
def test_what_would_not_come_back_the_same_is_not_json(value: object) -> None:
    assert not JSON.takes(value)


def test_a_list_in_itself_is_not_json() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert not JSON.takes(endless)


def test_what_is_nested_too_deeply_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        JSON.unpack(b"[" * 200_000)
