"""Widgets: what a person works with in a notebook while its kernel runs, over the client.

    Panel (a result) ─▶ choice.view_of ─▶ a View: python here, its module in static/NAME.js ─▶ shown by the front
    browser: await call("stop", {name}) ─▶ View.actions()["stop"]({"name": …}) ─▶ the answer, or the error's sentence
    Close, or the kernel's end ─▶ View.settle ─▶ the panel's own bundle: a picture that needs no kernel

A widget is a bad record: a notebook that is opened again shows "model not found" in its place. So a View always ends
as the settled bundle of its Panel, and all that must last is the Panel's. Modules are plain ES modules, put together
from the few files they name (static.py); no bundler, nothing fetched. All text of containers is put in as text
(`textContent`), never as HTML.

Imports client, commands (values) and ipywidgets through anywidget; never IPython: the front (magics) displays a View
and hands it the way to update what it displayed. Start at view.py, and static/shared.js beside it.
"""
