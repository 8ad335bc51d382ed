"""Tests of widgets.layers_view: what the browser is told of. What it shows is in tests/browser."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.client.saved_layers import read_image
from jupyter_containers.commands.layers import ImageLayers
from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.widgets import layers_view
from jupyter_containers.widgets.layers_view import LayersView, view
from tests.support.saved_tars import saved

CONTENT = saved({"etc": None, "etc/a\x1b": b"1"}, {"etc/a\x1b": b"23"}, steps=("ADD \x1b[1m", "RUN x"))


@pytest.fixture
def shown() -> LayersView:
    client: Any = SimpleNamespace(
        images=SimpleNamespace(save=lambda _: iter([CONTENT]), lists_layers=False), close=lambda: None
    )
    made = view(ImageLayers("app", read_image([CONTENT]), lambda: client, {}))
    assert isinstance(made, LayersView)
    return made


def do(shown: LayersView, action: str, /, **given: Any) -> Any:
    return shown.actions()[action](given)


def test_the_layers_are_there_from_the_beginning(shown: LayersView) -> None:
    assert [layer["instruction"] for layer in shown.layers] == ["ADD ?[1m", "RUN x"]
    assert shown.layers[1]["counts"] == {"A": 0, "C": 1, "D": 0}


def test_folders_come_one_by_one(shown: LayersView, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [node["name"] for node in do(shown, "folder", layer=0, path="")["nodes"]] == ["etc"]
    (node,) = do(shown, "folder", layer=1, path="etc")["nodes"]
    assert node == {
        "name": "a?",
        "path": "etc/a\x1b",
        "letter": "C",
        "kind": "file",
        "size": 2,
        "files": 1,
        "opens": False,
    }
    with pytest.raises(NotFound):
        do(shown, "folder", layer=1, path="usr")
    monkeypatch.setattr(layers_view, "FOLDER_FILES", 0)
    assert do(shown, "folder", layer=None, path="etc") == {"nodes": [], "more": 1}


def test_files_are_opened_compared_and_kept(shown: LayersView) -> None:
    assert do(shown, "open", layer=0, path="etc/a\x1b") == {"text": "1", "isText": True, "more": False}
    assert "+23" in do(shown, "compare", layer=1, path="etc/a\x1b")
    assert do(shown, "keep", layer=None, path="etc/a\x1b", name="a") == "a is str, 2B"
    assert shown.panel.namespace == {"a": "23"}
    with pytest.raises(InvalidParameter, match="none below it"):
        do(shown, "compare", layer=None, path="etc/a\x1b")
