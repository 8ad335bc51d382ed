"""Signals as people type them."""

from __future__ import annotations

import signal

import pytest

from jupyter_containers.engine.containers.signals import signal_number
from jupyter_containers.errors import InvalidParameter


@pytest.mark.parametrize(
    ("text", "number"),
    [("KILL", 9), ("sigkill", 9), ("9", 9), ("SIGTERM", 15), ("RTMIN+3", int(signal.SIGRTMIN) + 3), ("SIGRTMAX-2", 62)],
)
def test_names_and_numbers_are_understood(text: str, number: int) -> None:
    assert signal_number(text) == number


@pytest.mark.parametrize("text", ["", "0", "99", "BAD", "-1", "RTMIN+90", "RTMAX-x", "SIGRTMAX+1"])
def test_anything_else_is_refused_in_dockers_words(text: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        signal_number(text)
    assert caught.value.message == f"Invalid signal: {text}"
