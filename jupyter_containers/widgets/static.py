"""The modules and style sheets of widgets: files of static/, put together in the order in which they are named."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static"


@cache
def module(*names: str) -> str:
    """Return the text of an ES module made of files of static/; shared.js comes first, and is in each."""
    return "\n".join((FOLDER / name).read_text() for name in ("shared.js", *names))


@cache
def sheet(*names: str) -> str:
    """Return a style sheet made of files of static/; shared.css comes first, and is in each."""
    return "\n".join((FOLDER / name).read_text() for name in ("shared.css", *names))
