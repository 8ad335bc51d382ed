"""Tests of pictures.pages."""

from __future__ import annotations

from jupyter_containers.commands.page import Page
from jupyter_containers.commands.results import Message
from jupyter_containers.pictures import picture
from tests.support.pictures import check


def test_each_result_has_its_picture() -> None:
    html = str(picture(Page((Message(("<b>one",)), Message(("two",))))))
    check(html)
    assert html.index("&lt;b&gt;one") < html.index("two")
