"""Tests of widgets.live."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from jupyter_containers.widgets import live
from jupyter_containers.widgets.live import LiveView, interrupt
from tests.support.eventually import eventually


@pytest.fixture
def view() -> Iterator[LiveView]:
    pressed: list[str] = []
    view = LiveView("run running", lambda: "<b>x</b>", lambda: pressed.append("stop"))
    view.pressed = pressed
    yield view
    view.settle()


def test_a_browser_that_is_here_gets_the_picture_of_this_moment(view: LiveView) -> None:
    assert not view.here.is_set()
    assert view.actions()["here"]({}) == "<b>x</b>"
    assert view.here.is_set()


def test_each_press_is_an_interrupt_and_says_so(view: LiveView) -> None:
    stop = view.actions()["stop"]
    assert stop({}) == "interrupted; Stop again kills what does not end"
    assert stop({}) == "stopped"
    assert stop({}) == "stopped"
    assert view.pressed == ["stop"] * 3


def test_a_press_that_comes_late_interrupts_nothing(view: LiveView) -> None:
    view.settle()
    assert view.actions()["stop"]({}) == "it has ended"
    assert view.pressed == []


def test_a_browser_that_may_still_load_it_has_the_time(view: LiveView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOADING_SECONDS", 0.05)
    view.leave()
    assert view.comm is not None
    assert view.actions()["stop"]({}) == "it has ended"
    eventually(lambda: view.comm is None)


def test_where_a_browser_shows_it_it_goes_at_once(view: LiveView) -> None:
    view.actions()["here"]({})
    view.leave()
    assert view.comm is None


def test_an_interrupt_is_a_signal_for_the_thread_that_runs_cells() -> None:
    got: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: got.append(number))
    try:
        interrupt()
    finally:
        signal.signal(signal.SIGINT, before)
    assert got == [signal.SIGINT]
