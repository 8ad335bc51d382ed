"""What pictures are tested with: hostile words, and a reader that refuses what JupyterLab would take out."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from jupyter_containers.commands.results import LiveResult, Result
from jupyter_containers.pictures import picture

EVIL = "<script>alert(1)</script>\x1b[31m<img src=x onerror=y>\x1b[0m"
KEPT_ELEMENTS = {
    "div", "span", "pre", "code", "b", "u", "table", "thead", "tbody", "tr", "th", "td", "details", "summary",
    "progress",
}  # fmt: skip
KEPT_ATTRIBUTES = {"style", "value", "max"}


def after(result: LiveResult, *events: object) -> LiveResult:
    for event in events:
        list(result.apply(event))
    return result


class Checker(HTMLParser):
    """Refuses what JupyterLab would take out, and elements that are not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            # Has no end, and is a picture that is in the notebook, with words for who does not see it.
            values = dict(attrs)
            assert values.keys() <= {"src", "alt", "style", "width", "height"}, attrs
            assert str(values["src"]).startswith("data:image/"), attrs
            assert values["alt"]
            return
        assert tag in KEPT_ELEMENTS, tag
        assert {name for name, _ in attrs} <= KEPT_ATTRIBUTES, attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def words(result: Result) -> str:
    """Return a picture's text."""
    return re.sub(r"<[^>]*>", "", picture(result))


def check(html: str) -> None:
    """Raise AssertionError for HTML that would not stay in a notebook that nobody trusts."""
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert checker.open == []
