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


def test_a_class_is_styled_by_one_sheet() -> None:
    """All sheets that a page has seen are in force together: what is styled twice looks different by chance."""
    owners: dict[str, set[str]] = {}
    for path in FOLDER.glob("*.css"):
        if path.name == "shared.css":
            continue
        selectors = re.findall(r"([^{}]+)\{", re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL))
        for name in re.findall(r"\.(jc-[a-z-]+)", " ".join(selectors)):
            owners.setdefault(name, set()).add(path.name)
    assert {name: places for name, places in owners.items() if len(places) > 1 and name != "jc-view"} == {}
