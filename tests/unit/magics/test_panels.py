"""Tests of magics.panels: a panel without a widget is left to its picture. With one: tests/browser/test_views.py."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.commands.results import Message, Panel, Result
from jupyter_containers.errors import NotFound
from jupyter_containers.magics import panels as magics_panels
from jupyter_containers.magics.panels import OpenPanels
from jupyter_containers.widgets.view import View


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
