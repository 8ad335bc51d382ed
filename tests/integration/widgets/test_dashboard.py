"""The dashboard's widget: what it offers, and how it ends."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_containers.client import Client
from jupyter_containers.commands.board import Board
from jupyter_containers.commands.dashboard import FRESH_SECONDS, Dashboard
from jupyter_containers.widgets import boards, closeups
from jupyter_containers.widgets.choice import view_of
from jupyter_containers.widgets.dashboard import DashboardView
from tests.support.api_client import Api
from tests.support.eventually import eventually


def test_it_is_the_widget_of_a_dashboard_with_all_its_actions(client: Client) -> None:
    view = view_of(Dashboard(Board(client)))
    assert isinstance(view, DashboardView)
    assert set(view.actions()) == {
        "begin", "visible", "course", "logs", "processes", "changes", "folder", "events", "inspect", "act", "map",
        "disk", "prune",
    }  # fmt: skip
    view.settle()


def test_what_is_done_is_seen_at_once(client: Client, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    container = api.run("sleep", "60", name="web")
    monkeypatch.setattr(boards, "INTERVAL_SECONDS", 60.0)
    view, sent = DashboardView(Dashboard(Board(client))), list[Any]()
    monkeypatch.setattr(view, "send", lambda content, buffers=None: sent.append(content))
    view.actions()["visible"]({"is": True})
    view.actions()["begin"]({})
    view._take(view, {"call": "act", "id": 7, "with": {"id": container, "verb": "pause"}}, [])
    assert eventually(lambda: [one for one in sent if one.get("answers") == 7])[0]["value"] == {"said": "paused web"}
    assert [one["lines"][0]["state"] for one in sent if one.get("event") == "looked"] == ["paused"]
    view.actions()["act"]({"id": container, "verb": "unpause"})
    view.settle()


def test_one_that_takes_long_keeps_nobody_waiting(client: Client, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    stubborn = api.run("sh", "-c", "trap '' TERM; while true; do sleep 1; done", name="stubborn")
    monkeypatch.setattr(closeups, "STOP_SECONDS", 3)
    view, sent = DashboardView(Dashboard(Board(client))), list[Any]()
    monkeypatch.setattr(view, "send", lambda content, buffers=None: sent.append(content.get("answers")))
    view._take(view, {"call": "act", "id": 1, "with": {"id": stubborn, "verb": "stop"}}, [])
    view._take(view, {"call": "map", "id": 2}, [])
    eventually(lambda: 2 in sent)
    assert 1 not in sent
    eventually(lambda: 1 in sent, within_seconds=30)
    view.settle()


def test_it_ends_with_how_things_are_then(client: Client, api: Api) -> None:
    panel = Dashboard(Board(client))
    view = DashboardView(panel)
    api.create("true", name="late")
    panel.board.asked_at -= FRESH_SECONDS
    shown: list[str] = []
    view.on_settle = lambda: shown.append(panel.text())
    view.settle()
    assert "late" in shown[0]
