from __future__ import annotations

import pytest

from jupyter_containers.layers.fields import number
from jupyter_containers.layers.member import InvalidLayer


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"0000644\0", 0o644), (b"    644 ", 0o644), (b"644 \0\0\0\0", 0o644), (bytes(8), 0),
        (b"\x80" + (1 << 40).to_bytes(11, "big"), 1 << 40), (b"77777777777\0", 0o77777777777),
    ],
)  # fmt: skip
def test_numbers_are_octal_text_or_binary(field: bytes, value: int) -> None:
    assert number(field, "size") == value


def test_times_may_be_negative_and_nothing_else() -> None:
    field = b"\xff" * 11 + b"\xf6"
    assert number(field, "mtime") == -10
    with pytest.raises(InvalidLayer, match="impossible size: -10"):
        number(field, "size")


@pytest.mark.parametrize(
    "field", [b"12x4567\0", b"0o644\0\0\0", b"-000001\0", b"+000001\0", b"9999999\0", b"1_0\0\0\0\0\0"]
)
def test_what_python_would_take_for_a_number_is_refused(field: bytes) -> None:
    with pytest.raises(InvalidLayer):
        number(field, "size")
