"""Panels that are open in this kernel: displayed as widgets, and settled into pictures when they are closed.

What is displayed is a bundle with the widget and its picture: front ends without widgets show the picture.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from IPython.display import display

from jupyter_containers.commands.results import Message, Panel, Result
from jupyter_containers.errors import ContainersError
from jupyter_containers.pictures import bundle

if TYPE_CHECKING:
    from jupyter_containers.widgets.view import View

_WIDGET = "application/vnd.jupyter.widget-view+json"


class OpenPanels:
    """The views that this kernel shows. At its end all of them are settled, so that no notebook keeps a dead one."""

    def __init__(self) -> None:
        self._views: set[View] = set()

    def open(self, panel: Panel) -> bool:
        """Display a panel's widget; return False when it has none."""
        # ipywidgets takes longer to load than everything else together: only who opens a panel waits for it.
        from jupyter_containers.widgets.choice import view_of

        view = view_of(panel)
        if view is None:
            return False
        self.open_view(view, lambda: panel)
        return True

    def open_view(self, view: View, result: Callable[[], Result]) -> None:
        """Display a widget; `result` is asked for what is to be seen in its place, now and when it ends."""
        if not self._views:
            atexit.register(self.settle_all)
        forms = bundle(result(), is_settled=False)
        self._views.add(view)
        handle = display({**forms, **_reference(view)}, raw=True, display_id=True)

        def settle() -> None:
            self._views.discard(view)
            try:
                last = result()
            except ContainersError as error:
                last = Message((error.message,))
            handle.update(bundle(last), raw=True)

        view.on_settle = settle
        view.begin()

    def settle_all(self) -> None:
        """Put pictures in the place of all widgets."""
        atexit.unregister(self.settle_all)
        for view in list(self._views):
            view.settle()


def _reference(view: View) -> dict[str, Any]:
    return {_WIDGET: {"version_major": 2, "version_minor": 0, "model_id": view.model_id}}
