"""Tests of variables.displays."""

from __future__ import annotations

import base64
import json

import pytest

from jupyter_containers.variables.displays import MAX_CELLS, MAX_DISPLAYS, Display, parse

PNG = b"\x89PNG\r\n\x1a\nrest"


def line(**record: object) -> bytes:
    return json.dumps(record).encode() + b"\n"


def test_pictures_and_tables() -> None:
    picture = line(**{"text/plain": "fig", "image/png": base64.b64encode(PNG).decode(), "text/html": "<script>"})
    table = line(**{"text/plain": "t", "table": {"titles": ["", "a"], "rows": [[0, 1]]}})
    assert parse(picture + table) == [Display("fig", PNG), Display("t", None, ("", "a"), (("0", "1"),))]


@pytest.mark.parametrize("png", ["", "!!!", base64.b64encode(b"<svg/>").decode(), 5, "A" * 20_000_000])
def test_what_is_no_picture_is_text(png: object) -> None:
    (display,) = parse(line(**{"text/plain": "fig", "image/png": png}))
    assert display.png is None
    assert "is not shown]" in display.text


@pytest.mark.parametrize(
    "table",
    [
        5,
        {},
        {"titles": ["a"], "rows": 1},
        {"titles": ["a"], "rows": [[1, 2]]},
        {"titles": ["a"], "rows": ["b"]},
        {"titles": [], "rows": [[]] * (MAX_CELLS + 1)},
    ],
)
def test_what_is_no_table_is_text(table: object) -> None:
    assert parse(line(**{"text/plain": "t", "table": table})) == [Display("t")]


@pytest.mark.parametrize("content", [b"rubbish", b"[]", b"[" * 200_000, b"\xff"])
def test_rubbish_is_told(content: bytes) -> None:
    assert parse(content) == [Display("[a display that cannot be read]")]


def test_nothing_steers_a_terminal() -> None:
    assert parse(line(**{"text/plain": "a\x1b[2J\x9b\r\nb"})) == [Display("a[2J\nb")]


def test_a_flood_is_cut() -> None:
    shown = parse(line() * (MAX_DISPLAYS + 7))
    assert len(shown) == MAX_DISPLAYS + 1
    assert shown[-1].text == "[7 more displays are not shown]"
