"""Tests of widgets.boxes: which parts are in a box, and when it ends. In a browser: tests/browser/test_dashboard.py."""

from __future__ import annotations

from typing import Any

import pytest
from ipywidgets import IntSlider, Tab, VBox

from jupyter_containers.commands.results import Message, Result
from jupyter_containers.errors import NotFound
from jupyter_containers.widgets.boxes import ShownBox, page_of, parts_in
from jupyter_containers.widgets.parts import Part


class Said(Part):
    """A part without a daemon."""

    def __init__(self, said: str) -> None:
        self.said = said
        super(Part, self).__init__(Nothing())

    def result(self) -> Result:
        if not self.said:
            raise NotFound("no container called web")
        return Message((self.said,))


class Nothing:
    """A board of nothing."""

    client: Any = None


def made() -> tuple[Any, list[Part]]:
    one, two = Said("one"), Said("")
    return VBox([IntSlider(), one, Tab([VBox([two]), one])]), [one, two]


def test_a_box_is_a_page_of_what_its_parts_show() -> None:
    box, _ = made()
    assert page_of(box).text().split() == ["one", "no", "container", "called", "web"]
    with pytest.raises(NotImplementedError):
        page_of(VBox([IntSlider()]))


def test_parts_are_found_in_boxes_of_boxes_each_once() -> None:
    box, parts = made()
    assert parts_in(box) == parts
    assert parts_in(VBox([IntSlider()])) == []


def test_its_picture_is_those_of_its_parts_and_what_cannot_be_told_is_said() -> None:
    box, parts = made()
    assert ShownBox(box, parts).result().text() == "one\n\nno container called web"


def test_it_ends_with_the_last_of_its_parts() -> None:
    box, parts = made()
    shown, settled = ShownBox(box, parts), []
    shown.on_settle = lambda: settled.append([part.ended.is_set() for part in parts])
    parts[0].settle()
    assert settled == []
    parts[1].settle()
    shown.settle()
    assert settled == [[True, True]]
    assert box.comm is None


def test_its_end_is_that_of_its_parts() -> None:
    box, parts = made()
    shown, settled = ShownBox(box, parts), []
    shown.on_settle = lambda: settled.append(True)
    shown.settle()
    assert settled == [True]
    assert all(part.comm is None for part in parts)
