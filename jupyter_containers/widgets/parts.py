"""Widgets to compose pages of one's own from, in a VBox or whatever ipywidgets has: a table, a chart, logs.

    table, logs = ContainerTable(), LogView()
    jslink((table, "selected"), (logs, "container"))
    VBox([table, UsageChart("web"), UsageChart("web", measure="cpu"), logs])

Each has a plain text for where no front end is. What a cell displays, a part or a box of ipywidgets with parts in it,
is settled as a picture when it is closed (a box with the last of its parts) and at the end of the kernel (boxes.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traitlets import Unicode

from jupyter_containers.client import Client
from jupyter_containers.commands.board import Board
from jupyter_containers.commands.containers import Logs
from jupyter_containers.commands.dashboard import Dashboard
from jupyter_containers.commands.results import Json, Message, Result
from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.widgets import closeups
from jupyter_containers.widgets.boards import BoardView, board_of
from jupyter_containers.widgets.static import module, sheet
from jupyter_containers.widgets.view import Action

MEASURES = ("memory", "cpu", "network", "disk", "processes")
_TAIL = "200"


class Part(BoardView):
    """A part of a page. `result` is what it shows as text and as a picture."""

    def __init__(self, client: Client | None, names: tuple[str, ...] = (), **traits: Any) -> None:
        super().__init__(board_of(client, names), **traits)

    def result(self) -> Result:
        """Return what it shows now. Raises ContainersError when the daemon does not tell."""
        return Dashboard(self.board)

    def text(self) -> str:
        """Return what it shows now, in lines for people."""
        try:
            return self.result().text()
        except ContainersError as error:
            return error.message

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.label!r})"

    def _repr_mimebundle_(self, **options: Any) -> tuple[Json, Json] | None:
        shown: tuple[Json, Json] | None = super()._repr_mimebundle_(**options)
        if shown is not None:
            shown[0]["text/plain"] = self.text()
        return shown


class ContainerTable(Part):
    """The table of all containers, or of those called `names`. `selected` is the name that was pressed last."""

    _esm = module("charts.js", "board.js", "table.js")
    _css = sheet("board.css")
    selected = Unicode().tag(sync=True)

    def __init__(self, *names: str, client: Client | None = None) -> None:
        super().__init__(client, names, label="containers")


class UsageChart(Part):
    """What one container used in the last hour of `measure`: memory, cpu, network, disk or processes.

    `container` is its name, and may be changed. Raises NotFound, InvalidParameter.
    """

    _esm = module("charts.js", "board.js", "usage.js")
    _css = sheet("board.css")
    container = Unicode().tag(sync=True)
    measure = Unicode().tag(sync=True)

    def __init__(self, container: str = "", *, measure: str = "memory", client: Client | None = None) -> None:
        if measure not in MEASURES:
            raise InvalidParameter(f"nothing is measured as {measure!r}; there are {', '.join(MEASURES)}")
        super().__init__(client, label=f"{measure} of {container}", container=container, measure=measure)
        if container:
            self.client.containers.inspect(container)

    def result(self) -> Result:
        if not self.container:
            return Message(("no container is chosen",))
        return Dashboard(Board(self.client, [self.container]))


class LogView(Part):
    """What one container wrote, with search. `container` is its name, and may be changed. Raises NotFound."""

    _esm = module("charts.js", "board.js", "tabs.js", "closeup.js", "logs.js")
    _css = sheet("board.css")
    container = Unicode().tag(sync=True)

    def __init__(self, container: str = "", *, client: Client | None = None) -> None:
        super().__init__(client, label=f"logs of {container}", container=container)
        if container:
            self.client.containers.inspect(container)

    def actions(self) -> Mapping[str, Action]:
        return {"logs": closeups.actions(self.client)["logs"]}

    def watch(self) -> None:
        """Logs are read when they are asked for."""

    def result(self) -> Result:
        logs = Logs(self.container)
        if self.container:
            for piece in self.client.containers.logs(self.container, tail=_TAIL):
                logs.apply(piece)
        return logs
