"""The layer explorer: layers, the tree of what each changes, and its files opened, compared and put into variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traitlets import List, Unicode

from jupyter_containers.commands.layers import ImageLayers
from jupyter_containers.commands.results import Panel, visible
from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.widgets.static import module, sheet
from jupyter_containers.widgets.view import Action, Json, View

# How many files of a folder are shown; who wants more has the DataFrame.
FOLDER_FILES = 500


def view(panel: Panel) -> View:
    """Return the widget of an image's layers."""
    assert isinstance(panel, ImageLayers)
    return LayersView(panel)


class LayersView(View):
    """The widget of ImageLayers. The tree comes folder by folder, as they are opened."""

    _esm = module("layers.js")
    _css = sheet("layers.css")
    summary = Unicode().tag(sync=True)
    layers = List().tag(sync=True)

    def __init__(self, panel: ImageLayers) -> None:
        shown = [
            {"size": layer.size, "instruction": visible(layer.instruction)[:300], "counts": panel.counts(number)}
            for number, layer in enumerate(panel.layering.layers)
        ]
        label = f"layers of {visible(panel.image)}"
        super().__init__(label=label, summary=visible(panel.summary()), layers=shown)
        self.panel = panel

    def actions(self) -> Mapping[str, Action]:
        return {"folder": self._folder, "open": self._open, "compare": self._compare, "keep": self._keep}

    def _folder(self, given: Json) -> Json:
        """Return what is in a folder of a layer, or of the whole image."""
        path = str(given.get("path", ""))
        with self.lock:
            folder = self.panel.tree(_layer(given)).folder(path)
        if folder is None:
            raise NotFound(f"no folder {visible(path)} here")
        nodes = folder.sorted()
        return {
            "nodes": [
                {"name": visible(node.name), "path": node.path, "letter": node.letter, "kind": node.kind,
                 "size": node.size, "files": node.files, "opens": bool(node.children)}
                for node in nodes[:FOLDER_FILES]
            ],
            "more": max(len(nodes) - FOLDER_FILES, 0),
        }  # fmt: skip

    def _open(self, given: Json) -> Json:
        found = self.panel.preview(str(given.get("path", "")), _layer(given))
        return {"text": found.text, "isText": found.is_text, "more": found.more}

    def _compare(self, given: Json) -> Any:
        layer = _layer(given)
        if layer is None:
            raise InvalidParameter("choose a layer: the whole image has none below it")
        return self.panel.compare(str(given.get("path", "")), layer)

    def _keep(self, given: Json) -> str:
        return self.panel.into_variable(str(given.get("name", "")), str(given.get("path", "")), _layer(given))


def _layer(given: Json) -> int | None:
    layer = given.get("layer")
    return None if layer is None else int(layer)
