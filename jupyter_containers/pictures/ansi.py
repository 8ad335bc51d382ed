"""Colours that programs write for terminals (ECMA-48 SGR), as HTML with inline style."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jupyter_containers.pictures.html import Html, element, joined, legible, themed

_SGR = re.compile(r"\x1b\[([0-9;:]*)m")
_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
# Lab and VS Code define these for their own renderers of text; the values are for elsewhere.
_COLOURS = ("#4e535f", "#b03030", "#006b40", "#8a5a00", "#1d6fb8", "#8a3fa0", "#0f7f86", "#6f7680")
_PAGE = themed("editor-background", "layout-color0", "#fff")
_TEXT = themed("editor-foreground", "content-font-color0", "#000")
_CUBE = (0, 95, 135, 175, 215, 255)


@dataclass(frozen=True, slots=True)
class _Style:
    foreground: str = ""
    background: str = ""
    bold: bool = False
    faint: bool = False
    italic: bool = False
    underline: bool = False
    inverse: bool = False

    def css(self) -> str:
        front, back = self.foreground, self.background
        if self.inverse:
            front, back = back or _PAGE, front or _TEXT
        # On a background of its own a colour is what the program wants it to be.
        # What it chooses out of all colours can be as light or dark as the page, so less of that is taken.
        if back:
            front = _STARK.get(front, front)
        elif front:
            front = legible(front, 45 if front.startswith("rgb") else 65)
        rules = [f"color:{front}" if front else "", f"background:{back}" if back else ""]
        rules += ["font-weight:bold" if self.bold else "", "opacity:0.75" if self.faint else ""]
        rules += ["font-style:italic" if self.italic else "", "text-decoration:underline" if self.underline else ""]
        return ";".join(filter(None, rules))


def to_html(text: str) -> Html:
    """Return text with its colours; other control sequences must have been taken out."""
    return joined(element("span", piece, style=css) if css else piece for piece, css in pieces(text))


def without(text: str) -> str:
    """Return text without its colours."""
    return _SGR.sub("", text)


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield the text in pieces of one look each, with its CSS."""
    style, place = _Style(), 0
    for match in _SGR.finditer(text):
        if match.start() > place:
            yield text[place : match.start()], style.css()
        style = _changed(style, [code for part in match[1].split(";") for code in _codes(part)])
        place = match.end()
    if place < len(text):
        yield text[place:], style.css()


def _codes(text: str) -> list[int]:
    """Read a code, with what belongs to it behind colons: of a colour also a colour space, which is left out."""
    # Longer numbers mean nothing, and would take long to read.
    numbers = [int(number[:5] or 0) for number in text.split(":")]
    if len(numbers) == 1 or numbers[0] not in (38, 48):
        # The way of an underline, say.
        return numbers[:1]
    return [*numbers[:2], *numbers[3:]] if numbers[1] == 2 and len(numbers) > 5 else numbers


def _changed(style: _Style, codes: Sequence[int]) -> _Style:
    place = 0
    while place < len(codes):
        code = codes[place]
        place += 1
        if code in (38, 48, 58):
            colour, place = _extended(codes, place)
            # 58 is the colour of an underline, which is not shown.
            if code != 58:
                style = replace(style, foreground=colour) if code == 38 else replace(style, background=colour)
        else:
            style = _simple(style, code)
    return style


def _simple(style: _Style, code: int) -> _Style:
    attributes = {1: "bold", 2: "faint", 3: "italic", 4: "underline", 7: "inverse"}
    if code == 0:
        return _Style()
    if code in attributes:
        return _with(style, attributes[code], True)
    if code == 22:
        return replace(style, bold=False, faint=False)
    if code in (23, 24, 27):
        return _with(style, attributes[code - 20], False)
    if 30 <= code <= 37 or 90 <= code <= 97:
        return replace(style, foreground=_named(code % 10))
    if 40 <= code <= 47 or 100 <= code <= 107:
        return replace(style, background=_named(code % 10))
    if code in (39, 49):
        return replace(style, foreground="") if code == 39 else replace(style, background="")
    return style


def _with(style: _Style, attribute: str, value: bool) -> _Style:
    changes: dict[str, Any] = {attribute: value}
    return replace(style, **changes)


def _extended(codes: Sequence[int], place: int) -> tuple[str, int]:
    """Read `5;N` or `2;R;G;B`; return the colour and where it ends."""
    if codes[place : place + 1] == [5] and place + 1 < len(codes):
        return _indexed(codes[place + 1] & 255), place + 2
    if codes[place : place + 1] == [2] and place + 3 < len(codes):
        return "rgb({},{},{})".format(*(code & 255 for code in codes[place + 1 : place + 4])), place + 4
    return "", len(codes)


def _indexed(number: int) -> str:
    if number < 16:
        return _named(number % 8)
    if number >= 232:
        grey = 8 + 10 * (number - 232)
        return f"rgb({grey},{grey},{grey})"
    red, rest = divmod(number - 16, 36)
    return f"rgb({_CUBE[red]},{_CUBE[rest // 6]},{_CUBE[rest % 6]})"


def _named(number: int) -> str:
    name, value = _NAMES[number], _COLOURS[number]
    # VS Code's black is that of its dark pages.
    return f"var(--ansi-{name},{value if name == 'black' else f'var(--vscode-terminal-ansi{name.title()},{value})'})"


# On a background these two are what they are called: those for pages that may be dark or light are grey.
_STARK = {_named(0): "#000000", _named(7): "#ffffff"}
