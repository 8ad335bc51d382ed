"""Tests of pictures.image_diffs."""

from __future__ import annotations

from jupyter_containers.client.saved_layers import read_image
from jupyter_containers.commands.image_diff import ImageDiff
from jupyter_containers.pictures import bundle
from jupyter_containers.pictures import image_diffs as drawing
from tests.support.saved_tars import saved


def html(a: bytes, b: bytes) -> str:
    return str(bundle(ImageDiff(("<a>", "b"), read_image([a]), read_image([b])))["text/html"])


def test_names_and_values_are_text() -> None:
    shown = html(saved({}), saved({"<img src=x>": b"1"}, config={"Env": ["X=<script>"]}))
    assert "<img" not in shown and "<script" not in shown
    assert "<code>/&lt;img src=x&gt;</code>" in shown and "&lt;script&gt;" in shown
    assert "packages: no difference" in shown and "files: 1 added" in shown


def test_many_files_are_counted(monkeypatch: object) -> None:
    shown = html(saved({}), saved({str(number): b"" for number in range(drawing._FILES + 7)}))
    assert shown.count("<code>/") == drawing._FILES and "… 7 more are in result.files" in shown
