"""Tests of pictures.ansi."""

from __future__ import annotations

import re

import pytest

from jupyter_containers.pictures.ansi import to_html, without

ESC = "\x1b["


def styles(text: str) -> list[str]:
    return re.findall(r'<span style="([^"]*)">', to_html(text))


@pytest.mark.parametrize(
    ("codes", "style"),
    [
        ("31", "color:var(--ansi-red,#b03030)"),
        ("92", "color:var(--ansi-green,#006b40)"),
        ("44", "background:var(--ansi-blue,#1d6fb8)"),
        ("1;4", "font-weight:bold;text-decoration:underline"),
        ("3", "font-style:italic"),
        ("38;5;196", "color:rgb(255,0,0)"),
        ("38;5;244", "color:rgb(128,128,128)"),
        ("38;5;1", "color:var(--ansi-red,#b03030)"),
        ("48;2;1;2;3", "background:rgb(1,2,3)"),
        ("31;39;1", "font-weight:bold"),
    ],
)
def test_a_code_is_a_style(codes: str, style: str) -> None:
    # A colour is mixed with the text's own, so that it can be read in every theme.
    part = 45 if style.startswith("color:rgb") else 65
    mixed = re.sub(r"^color:(.+)$", rf"color:color-mix(in srgb,\1 {part}%,currentColor)", style)
    assert styles(f"{ESC}{codes}mx{ESC}0m") == [mixed]


@pytest.mark.parametrize("codes", ["0", "", "1;22", "4;24", "38;5", "38;9;1", "99"])
def test_some_codes_are_no_style(codes: str) -> None:
    assert to_html(f"{ESC}{codes}mx") == "x"


def test_a_style_ends() -> None:
    assert to_html(f"a{ESC}1mb{ESC}mc") == 'a<span style="font-weight:bold">b</span>c'


def test_inverse_swaps_the_colours() -> None:
    assert styles(f"{ESC}31;42;7mx") == ["color:var(--ansi-green,#006b40);background:var(--ansi-red,#b03030)"]


def test_text_is_escaped() -> None:
    assert to_html(f"{ESC}1m<script>{ESC}0m&") == '<span style="font-weight:bold">&lt;script&gt;</span>&amp;'


def test_colours_can_be_taken_out() -> None:
    assert without(f"{ESC}1;31mx{ESC}0m") == "x"
