"""Tests of pictures.tables."""

from __future__ import annotations

from jupyter_containers.commands.results import Table
from tests.support.pictures import words


def test_an_empty_list_says_so() -> None:
    assert words(Table("things", ("A",), ())) == "no things"


def test_titles_are_capitals() -> None:
    assert words(Table("things", ("SIZE",), (("3",),))) == "Size3"
