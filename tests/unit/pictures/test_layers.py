"""Tests of pictures.layers."""

from __future__ import annotations

import pytest

from jupyter_containers.client.saved_layers import read_image
from jupyter_containers.commands.layers import ImageLayers
from jupyter_containers.pictures import bundle
from jupyter_containers.pictures import layers as drawing
from tests.support.saved_tars import saved

HOSTILE = "<img src=x onerror=alert(1)>"


def result(count: int = 3) -> ImageLayers:
    files = {"d": None, **{f"d/{HOSTILE}{number}": b"12" for number in range(count)}}
    content = saved(files, {f"d/{HOSTILE}0": b"3"}, steps=("ADD <b> /", f"RUN {HOSTILE}"))
    return ImageLayers("<i>", read_image([content]), lambda: None, {})  # type: ignore[arg-type, return-value]


def test_it_is_a_tree_of_text_with_letters() -> None:
    html = str(bundle(result())["text/html"])
    assert "<img" not in html and "<b> /" not in html
    assert "Layer 2 · 1B · RUN &lt;img" in html
    assert "C </span><code>&lt;img src=x onerror=alert(1)&gt;0</code>" in html
    assert "2B wasted by files that later layers change or remove" in html


def test_what_does_not_fit_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "SETTLED_FILES", 3)
    html = str(bundle(result(10))["text/html"])
    assert html.count("onerror=alert(1)&gt;") < 8
    assert "… 8 more, 16B" in html
