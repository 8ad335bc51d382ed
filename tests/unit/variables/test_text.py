"""Tests of variables.text."""

from __future__ import annotations

import pytest

from jupyter_containers.variables.text import BYTES, TEXT


def test_text_and_bytes_come_back() -> None:
    assert TEXT.unpack(TEXT.pack("ä\n")) == "ä\n"
    assert BYTES.unpack(BYTES.pack(b"\0\xff")) == b"\0\xff"


def test_a_string_of_another_class_is_not_text() -> None:
    assert not TEXT.takes(type("Name", (str,), {})("x"))


def test_what_is_not_utf_8_is_not_text() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        TEXT.unpack(b"\xff")
