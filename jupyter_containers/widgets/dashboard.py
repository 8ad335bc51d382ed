"""The dashboard: the table of containers, one of them seen closely, networks and volumes, and the disk."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_containers.commands.dashboard import Dashboard
from jupyter_containers.widgets import closeups, places
from jupyter_containers.widgets.boards import BoardView
from jupyter_containers.widgets.static import module, sheet
from jupyter_containers.widgets.view import Action


class DashboardView(BoardView):
    """The widget of a Dashboard."""

    _esm = module("tabs.js", "charts.js", "board.js", "closeup.js", "places.js", "dashboard.js")
    _css = sheet("board.css")

    def __init__(self, panel: Dashboard) -> None:
        super().__init__(panel.board, label="containers")
        self._panel = panel

    def actions(self) -> Mapping[str, Action]:
        return {**super().actions(), **closeups.actions(self.client), **places.actions(self.client)}

    def settle(self) -> None:
        if not self.ended.is_set():
            self._panel.update()
        super().settle()


def view(panel: Dashboard) -> DashboardView:
    return DashboardView(panel)
