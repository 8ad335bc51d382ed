"""Tests of magics.slow."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_containers.magics.slow import DELAY_SECONDS, Slow
from tests.support.eventually import eventually


class Display:
    """Keeps what was done with it."""

    def __init__(self) -> None:
        self.done: list[Any] = []

    def __enter__(self) -> Display:
        self.done.append("entered")
        return self

    def leave(self, forms: Callable[[], dict[str, Any]]) -> None:
        self.done.append(forms())


def interrupted_at_once(monkeypatch: pytest.MonkeyPatch, thread: threading.Thread) -> None:
    def join(timeout: float | None = None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(thread, "join", join)


def test_what_is_quick_is_never_displayed() -> None:
    display = Display()
    assert Slow(lambda: display).end(lambda: {"text/plain": "x"}) is False  # type: ignore[arg-type, return-value]
    assert display.done == []


def test_what_takes_long_is_displayed_and_becomes_its_result() -> None:
    display = Display()
    slow = Slow(lambda: display)  # type: ignore[arg-type, return-value]
    assert eventually(lambda: display.done == ["entered"], within_seconds=DELAY_SECONDS * 20)
    assert slow.end(lambda: {"text/plain": "x"}) is True
    assert display.done == ["entered", {"text/plain": "x"}]
    assert slow.end(dict) is False


def test_an_interrupt_while_it_ends_leaves_no_display_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    display = Display()
    slow = Slow(lambda: display)  # type: ignore[arg-type, return-value]
    assert eventually(lambda: display.done == ["entered"], within_seconds=DELAY_SECONDS * 20)
    interrupted_at_once(monkeypatch, slow._thread)
    with pytest.raises(KeyboardInterrupt):
        slow.end(lambda: {"text/plain": "x"})
    assert display.done == ["entered", {"text/plain": "x"}]
