"""Widgets: what a person works with in a notebook while its kernel runs, over the client.

    Panel (a result) ─▶ choice.view_of ─▶ a View: python here, its module in static/NAME.js ─▶ shown by the front
    browser: await call("stop", {name}) ─▶ View.actions()["stop"]({"name": …}) ─▶ the answer, or the error's sentence
    Close, or the kernel's end ─▶ View.settle ─▶ the panel's own bundle: a picture that needs no kernel

A widget is a bad record: a notebook that is opened again shows "model not found" in its place. So outputs are pictures,
and a View is put beside its picture while its kernel lives (mounts.py); it always ends as the settled bundle of its
Panel, and all that must last is the Panel's. Modules are plain ES modules, put together
from the few files they name (static.py); no bundler, nothing fetched. All text of containers is put in as text
(`textContent`), never as HTML.

    from jupyter_containers.widgets import ContainerTable, UsageChart, LogView    parts of pages of one's own: parts.py

Imports client, commands (values) and ipywidgets through anywidget; never IPython: the front (magics) displays a View
and hands it the way to update what it displayed. Start at view.py, and static/shared.js beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_containers.widgets.parts import ContainerTable, LogView, UsageChart

__all__ = ["ContainerTable", "LogView", "UsageChart"]


def __getattr__(name: str) -> Any:
    """Load the parts when one is asked for: ipywidgets takes longer to load than everything else together."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from jupyter_containers.widgets import parts

    return getattr(parts, name)
