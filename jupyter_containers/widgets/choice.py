"""Which widget a panel has: by its kind, loaded when it is first shown."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from jupyter_containers.commands.results import Panel
from jupyter_containers.widgets.view import View

# A panel's kind, and the module of this room whose `view` makes its widget.
VIEWS: Mapping[str, str] = {
    "dashboard": "dashboard",
    "diagram": "diagrams",
    "log-view": "log_view",
    "sandbox-files": "sandboxes",
    "layers": "layers_view",
    "terminal": "terminal_view",
}


def view_of(panel: Panel) -> View | None:
    """Return a new widget for a panel; None when its kind has none, and its picture is all there is."""
    for base in type(panel).__mro__:
        module = VIEWS.get(getattr(base, "kind", ""))
        if module is not None:
            view: View = import_module(f"{__package__}.{module}").view(panel)
            return view
    return None
