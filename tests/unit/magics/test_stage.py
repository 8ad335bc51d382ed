"""Tests of magics.stage: when a widget is offered, and where pictures go. In a browser: tests/browser/test_stop.py."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_containers.magics.stage import DELAY_SECONDS, KEPT_SECONDS, Audience, Stage
from jupyter_containers.widgets import mounts

FORMS = {"text/plain": "x", "text/html": "<b>x</b>"}


class Handle:
    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []

    def update(self, forms: dict[str, Any], *, raw: bool) -> None:
        self.shown.append(forms)


class Scene:
    """A stage with a clock that is set by hand."""

    def __init__(self, audience: Audience | None = None) -> None:
        self.now, self.handle = 0.0, Handle()
        self.audience = audience or Audience()
        self.stage = Stage(self.handle, "run", lambda: "now", self.audience, clock=lambda: self.now)

    def offer(self) -> None:
        self.now = DELAY_SECONDS
        assert self.stage.wants(False)
        self.stage.draw(FORMS)

    @property
    def view(self) -> Any:
        return self.stage._view


@pytest.fixture
def scene() -> Any:
    scene = Scene()
    yield scene
    scene.stage.close()


def test_what_is_quick_is_a_display_only(scene: Scene) -> None:
    assert not scene.stage.wants(False)
    assert scene.stage.wants(True)
    assert scene.stage.draw(FORMS) == len("x<b>x</b>")
    assert scene.handle.shown == [FORMS]


def test_after_half_a_second_a_widget_is_offered_once_and_waited_for(scene: Scene) -> None:
    scene.offer()
    assert set(scene.handle.shown[0]) == {*FORMS}
    assert scene.handle.shown[0]["text/html"] == f'<b>x</b><span class="jc-at-{scene.view.model_id}"></span>'
    assert not scene.stage.wants(False)
    assert scene.stage.wants(True)
    scene.stage.draw({**FORMS, "text/html": "y"})
    assert scene.handle.shown[1]["text/html"] == f'y<span class="jc-at-{scene.view.model_id}"></span>'


def test_with_a_browser_pictures_go_to_the_widget(scene: Scene) -> None:
    scene.offer()
    sent: list[Any] = []
    scene.view.send = lambda content, buffers=None: sent.append(content)
    assert scene.view.actions()["here"]({}) == "now"
    assert scene.stage.wants(True)
    scene.stage.draw(FORMS)
    assert sent == [{"event": "picture", "html": "<b>x</b>"}]
    assert len(scene.handle.shown) == 1


def test_the_display_has_the_picture_now_and_then_too(scene: Scene) -> None:
    scene.offer()
    scene.view.actions()["here"]({})
    scene.now += KEPT_SECONDS
    scene.stage.draw(FORMS)
    assert scene.handle.shown[1] == scene.handle.shown[0]
    scene.stage.draw(FORMS)
    assert len(scene.handle.shown) == 2


def test_a_page_that_keeps_outputs_apart_is_told_the_widget(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSCODE_PID", "1")
    scene.offer()
    assert set(scene.handle.shown[0]) == {*FORMS, mounts.REFERENCE}
    assert not scene.stage.wants(True)
    scene.view.actions()["here"]({})
    scene.now += KEPT_SECONDS
    scene.stage.draw(FORMS)
    assert len(scene.handle.shown) == 1


def test_without_one_the_display_goes_on_and_after_two_nobody_is_waited_for(scene: Scene) -> None:
    scene.offer()
    scene.now += 10
    assert scene.stage.wants(True)
    scene.stage.draw(FORMS)
    assert scene.handle.shown[-1] == FORMS
    assert scene.view is None
    second = Scene(scene.audience)
    second.offer()
    second.now += 10
    second.stage.draw(FORMS)
    third = Scene(scene.audience)
    third.now = DELAY_SECONDS
    assert not third.stage.wants(False)


def test_who_has_come_once_is_asked_again() -> None:
    audience = Audience()
    audience.has_come()
    for _ in range(5):
        audience.has_not_come()
    assert audience.may_come


def test_where_nobody_is_there_no_widget_is_made() -> None:
    scene = Scene(Audience(lambda: False))
    scene.now = DELAY_SECONDS
    assert not scene.stage.wants(False)
    scene.stage.draw(FORMS)
    assert scene.handle.shown == [FORMS]
