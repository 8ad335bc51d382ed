"""Tests of widgets.choice."""

from __future__ import annotations

from importlib import import_module

from jupyter_containers.commands.results import Panel
from jupyter_containers.widgets.choice import VIEWS, view_of


def test_a_panel_of_no_widget_has_none() -> None:
    assert view_of(Panel()) is None


def test_every_widget_that_the_table_names_is_there() -> None:
    for name in VIEWS.values():
        assert callable(import_module(f"jupyter_containers.widgets.{name}").view)
