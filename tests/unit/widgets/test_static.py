"""Tests of widgets.static."""

from __future__ import annotations

import re

from jupyter_containers.widgets.static import FOLDER, module, sheet


def test_what_is_shared_comes_first() -> None:
    assert module().startswith("// What all widgets share.")
    assert module("shared.js").count("function caller") == 2
    assert sheet().startswith("/* Colours follow")


def test_no_module_puts_in_html_or_fetches() -> None:
    for path in FOLDER.glob("*.js"):
        text = path.read_text()
        assert not re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?://(?!www\.w3)", text
        ), path
