"""Tests of magics.panels: a panel without a widget is left to its picture. With one: tests/browser/test_views.py."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.commands.results import Message, Panel, Result
from jupyter_containers.errors import NotFound
from jupyter_containers.magics import panels as magics_panels
from jupyter_containers.magics.panels import OpenPanels
from jupyter_containers.widgets import mounts
from jupyter_containers.widgets.view import View
from tests.support.eventually import eventually


def test_a_panel_without_a_widget_is_not_opened() -> None:
    panels = OpenPanels()
    assert panels.open(Panel()) is False
    panels.settle_all()


def test_what_a_daemon_does_not_tell_at_the_end_is_a_sentence_there(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, Any]] = []
    handle = SimpleNamespace(update=lambda forms, raw: shown.append(forms))
    monkeypatch.setattr(magics_panels, "display", lambda forms, **_: handle)
    results: list[Result] = [Message(("here",)), Message(("here",))]

    def result() -> Result:
        if not results:
            raise NotFound("no container called web")
        return results.pop()

    panels, views = OpenPanels(), [View(), View()]
    for view in views:
        panels.open_view(view, result)
    panels.settle_all()
    assert [forms["text/plain"] for forms in shown] == ["no container called web"] * 2
    assert all(view.comm is None for view in views)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """All forms that an output has had; pictures are drawn as often as can be."""
    shown: list[dict[str, Any]] = []
    handle = SimpleNamespace(update=lambda forms, raw: shown.append(forms))
    monkeypatch.setattr(magics_panels, "display", lambda forms, **_: shown.append(forms) or handle)
    monkeypatch.setattr(magics_panels, "KEPT_SECONDS", 0.01)
    return shown


def test_an_open_panel_is_drawn_anew_when_it_has_changed(shown: list[dict[str, Any]]) -> None:
    panels, view, lines = OpenPanels(), View(), ["one"]
    panels.open_view(view, lambda: Message((lines[0],)))
    assert view.mount is not None
    mark = f'<span class="jc-at-{view.model_id}"></span>'
    view.mount.seen.set()
    lines[0] = "two"
    assert eventually(lambda: len(shown) == 2)
    view.settle()
    assert [forms["text/plain"] for forms in shown] == ["one", "two", "two"]
    assert [forms["text/html"].endswith(mark) for forms in shown] == [True, True, False]


class Course(Message):
    """Something whose numbers change all the time, and whose gist does not."""

    def gist(self) -> object:
        return self.items


def test_a_course_is_drawn_anew_with_its_gist_or_once_a_minute(
    shown: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    panels, view, asked = OpenPanels(), View(), list[int]()
    current = [Course(("1 %",), ("running",))]

    def result() -> Result:
        asked.append(1)
        return current[0]

    panels.open_view(view, result)
    assert view.mount is not None
    view.mount.seen.set()
    current[0] = Course(("2 %",), ("running",))
    seen = len(asked)
    assert eventually(lambda: len(asked) > seen + 2)
    assert len(shown) == 1
    current[0] = Course(("3 %",), ("exited",))
    assert eventually(lambda: len(shown) == 2)
    monkeypatch.setattr(magics_panels, "COURSE_SECONDS", 0.0)
    current[0] = Course(("4 %",), ("exited",))
    assert eventually(lambda: len(shown) == 3)
    assert [forms["text/plain"] for forms in shown] == ["1 %", "3 %", "4 %"]
    view.settle()


def test_where_no_page_takes_the_widget_it_is_named(
    shown: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(magics_panels, "PATIENCE_SECONDS", 0.0)
    panels, view = OpenPanels(), View()
    panels.open_view(view, lambda: Message(("one",)))
    assert eventually(lambda: len(shown) == 2)
    assert mounts.REFERENCE in shown[1]
    panels.settle_all()
    assert mounts.REFERENCE not in shown[-1]
