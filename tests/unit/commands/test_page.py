"""Tests of commands.page."""

from __future__ import annotations

from jupyter_containers.commands.page import Page
from jupyter_containers.commands.results import Message


def test_a_page_is_what_is_on_it() -> None:
    page = Page((Message(("one", "two")), Message(("three",))))
    assert page.text() == "one\ntwo\n\nthree"
    assert [one["kind"] for one in page.data()["results"]] == ["message", "message"]
    assert page.summary() == "; ".join(one.summary() for one in page.results)


def test_the_gist_is_that_of_all_or_none() -> None:
    class Gist(Message):
        def gist(self) -> object:
            return self.items

    page = Page((Gist(("a",), ("x",)), Gist(("b",), ("y",))))
    assert page.gist() == [("x",), ("y",)]
    assert Page((*page.results, Message(("c",)))).gist() is None
