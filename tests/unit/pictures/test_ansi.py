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
        ("31", "color:var(--ansi-red,var(--vscode-terminal-ansiRed,#b03030))"),
        ("92", "color:var(--ansi-green,var(--vscode-terminal-ansiGreen,#006b40))"),
        ("44", "background:var(--ansi-blue,var(--vscode-terminal-ansiBlue,#1d6fb8))"),
        # VS Code's own could not be told from its dark pages.
        ("30", "color:var(--ansi-black,#4e535f)"),
        ("1;4", "font-weight:bold;text-decoration:underline"),
        ("3", "font-style:italic"),
        ("38;5;196", "color:rgb(255,0,0)"),
        ("38;5;244", "color:rgb(128,128,128)"),
        ("38;5;1", "color:var(--ansi-red,var(--vscode-terminal-ansiRed,#b03030))"),
        ("48;2;1;2;3", "background:rgb(1,2,3)"),
        ("31;39;1", "font-weight:bold"),
        ("38:5:196", "color:rgb(255,0,0)"),
        ("48:2::1:2:3", "background:rgb(1,2,3)"),
        ("48:2:1:2:3", "background:rgb(1,2,3)"),
        ("4:3", "text-decoration:underline"),
        ("1;58:5:3", "font-weight:bold"),
    ],
)
def test_a_code_is_a_style(codes: str, style: str) -> None:
    # A colour is mixed with the text's own, so that it can be read in every theme.
    part = 45 if style.startswith("color:rgb") else 65
    mixed = re.sub(r"^color:(.+)$", rf"color:color-mix(in srgb,\1 {part}%,currentColor)", style)
    assert styles(f"{ESC}{codes}mx{ESC}0m") == [mixed]


@pytest.mark.parametrize("codes", ["0", "", "1;22", "4;24", "38;5", "38;9;1", "99", "58;5;3", "5" * 5000])
def test_some_codes_are_no_style(codes: str) -> None:
    assert to_html(f"{ESC}{codes}mx") == "x"


def test_a_style_ends() -> None:
    assert to_html(f"a{ESC}1mb{ESC}mc") == 'a<span style="font-weight:bold">b</span>c'


def test_inverse_swaps_the_colours() -> None:
    green = "var(--ansi-green,var(--vscode-terminal-ansiGreen,#006b40))"
    red = "var(--ansi-red,var(--vscode-terminal-ansiRed,#b03030))"
    assert styles(f"{ESC}31;42;7mx") == [f"color:{green};background:{red}"]


def test_inverse_without_colours_is_the_page_on_its_text() -> None:
    page = "var(--vscode-editor-background,var(--jp-layout-color0,#fff))"
    text = "var(--vscode-editor-foreground,var(--jp-content-font-color0,#000))"
    assert styles(f"{ESC}7mx") == [f"color:{page};background:{text}"]


@pytest.mark.parametrize(("code", "colour"), [("37", "#ffffff"), ("97", "#ffffff"), ("30", "#000000")])
def test_black_and_white_on_a_colour_are_no_grey(code: str, colour: str) -> None:
    assert styles(f"{ESC}{code};48;2;1;2;3mx") == [f"color:{colour};background:rgb(1,2,3)"]


def test_text_is_escaped() -> None:
    assert to_html(f"{ESC}1m<script>{ESC}0m&") == '<span style="font-weight:bold">&lt;script&gt;</span>&amp;'


def test_colours_can_be_taken_out() -> None:
    assert without(f"{ESC}1;31mx{ESC}0m") == "x"
