"""The dashboard: the table of containers, one of them seen closely, networks and volumes, and the disk."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from jupyter_containers.commands.dashboard import Dashboard
from jupyter_containers.widgets import closeups, places
from jupyter_containers.widgets.boards import BoardView
from jupyter_containers.widgets.static import module, sheet
from jupyter_containers.widgets.view import Action, Json


class DashboardView(BoardView):
    """The widget of a Dashboard."""

    _esm = module("tabs.js", "charts.js", "board.js", "closeup.js", "places.js", "dashboard.js")
    _css = sheet("board.css")

    def __init__(self, panel: Dashboard) -> None:
        super().__init__(panel.board, label="containers")

    def actions(self) -> Mapping[str, Action]:
        looks = closeups.actions(self.client)
        return {**super().actions(), **looks, **places.actions(self.client), "act": partial(self._act, looks["act"])}

    def _act(self, act: Action, given: Json) -> Any:
        """Do something to a container, and show at once what has become of it."""
        try:
            return act(given)
        finally:
            self._look()


def view(panel: Dashboard) -> DashboardView:
    return DashboardView(panel)
