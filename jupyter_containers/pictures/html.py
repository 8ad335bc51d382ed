"""HTML out of the subset that stays in notebooks that nobody trusts: tables, details, pre, inline style.

No style or script element, no svg, no id, class, role, aria or data attribute: JupyterLab removes them there, and a
saved picture must look the same to whoever opens it. Colours follow the theme of Lab or VS Code, and are never the
only sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape

from jupyter_containers.commands.results import ORDER


def themed(editor: str, lab: str, value: str) -> str:
    """Return a colour of the page's theme: VS Code's name for it, Lab's, and a value for where there is neither.

    VS Code's comes first: beside a widget its notebooks have Lab's variables too, those of the light theme.
    """
    return f"var(--vscode-{editor},var(--jp-{lab},{value}))"


def legible(colour: str, part: int = 65) -> str:
    """Return a colour that can be read wherever text can: so many hundredths of it, and the rest the text's own."""
    return f"color-mix(in srgb,{colour} {part}%,currentColor)"


COLOURS: Mapping[str, str] = {
    "good": legible(themed("charts-green", "success-color0", "#1b5e20")),
    "bad": legible(themed("charts-red", "error-color0", "#b71c1c")),
    "busy": legible(themed("charts-blue", "brand-color0", "#0d47a1")),
    "quiet": legible(themed("descriptionForeground", "ui-font-color2", "#5f5f5f")),
    "warning": legible(themed("charts-yellow", "warn-color0", "#8a4b00")),
}
_CELL = "text-align:left;vertical-align:top;padding:2px 12px 2px 0;white-space:pre-wrap"
# What cannot be seen: control codes, what changes the order in which the letters around it are read, and halves of
# characters, which no message can carry.
_UNSEEN = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{ORDER}\ud800-\udfff]")
_PRE = "margin:0;padding:0;white-space:pre-wrap;overflow-wrap:anywhere;background:transparent"


class Html(str):
    """Text that is HTML already; all other text is escaped where it is put in."""

    __slots__ = ()


def element(name: str, *content: str, style: str = "", **attributes: str | float) -> Html:
    """Return an element with its content."""
    given = {**({"style": style} if style else {}), **attributes}
    words = "".join(f' {key}="{escape(_plain(str(value)))}"' for key, value in given.items())
    return Html(f"<{name}{words}>{joined(content)}</{name}>")


def joined(content: Iterable[str]) -> Html:
    """Return content one after the other; what is no Html is text, and shows as nothing else."""
    return Html("".join(part if isinstance(part, Html) else escape(_plain(part), quote=False) for part in content))


def _plain(text: str) -> str:
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub("\ufffd", text)


def coloured(colour: str, *content: str) -> Html:
    """Return content in one of COLOURS."""
    return element("span", *content, style=f"color:{COLOURS[colour]}")


def pre(*content: str, style: str = "") -> Html:
    return element("pre", *content, style=f"{_PRE};{style}" if style else _PRE)


def block(*content: str, style: str = "") -> Html:
    return element("div", *content, style=style)


def details(title: str, *content: str) -> Html:
    """Return content that a click opens."""
    return element("details", element("summary", title, style="cursor:pointer"), *content)


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> Html:
    """Return a table that can be read without any style, too."""
    head = element("thead", element("tr", *(element("th", title, style=_CELL) for title in titles)))
    body = element("tbody", *(element("tr", *(element("td", cell, style=_CELL) for cell in row)) for row in rows))
    return element("table", head, body, style="border-collapse:collapse;margin:0")
