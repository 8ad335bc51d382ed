"""Tests of magics.panels: a panel without a widget is left to its picture. With one: tests/browser/test_views.py."""

from __future__ import annotations

from jupyter_containers.commands.results import Panel
from jupyter_containers.magics.panels import OpenPanels


def test_a_panel_without_a_widget_is_not_opened() -> None:
    panels = OpenPanels()
    assert panels.open(Panel()) is False
    panels.settle_all()
