"""The dashboard's widget: what it offers, and how it ends."""

from __future__ import annotations

from jupyter_containers.client import Client
from jupyter_containers.commands.dashboard import Dashboard
from jupyter_containers.widgets.choice import view_of
from jupyter_containers.widgets.dashboard import DashboardView
from tests.support.api_client import Api


def test_it_is_the_widget_of_a_dashboard_with_all_its_actions(client: Client) -> None:
    view = view_of(Dashboard(client))
    assert isinstance(view, DashboardView)
    assert set(view.actions()) == {
        "begin", "visible", "course", "logs", "processes", "changes", "folder", "events", "inspect", "act", "map",
        "disk", "prune",
    }  # fmt: skip
    view.settle()


def test_it_ends_with_how_things_are_then(client: Client, api: Api) -> None:
    panel = Dashboard(client)
    view = DashboardView(panel)
    api.create("true", name="late")
    shown: list[str] = []
    view.on_settle = lambda: shown.append(panel.text())
    view.settle()
    assert "late" in shown[0]
