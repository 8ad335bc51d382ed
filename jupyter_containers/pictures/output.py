"""What a process wrote, drawn: its colours kept, its end open, what came before a click away."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_containers.client.streams import STDERR
from jupyter_containers.commands.output import OPEN_LINES
from jupyter_containers.pictures import ansi
from jupyter_containers.pictures.html import Html, details, joined, pre, themed

# Of output that still grows.
LIVE_CHARACTERS = 8000
_STDERR = f"border-left:2px solid {themed('charts-yellow', 'warn-color1', '#b26a00')};padding-left:6px"


def draw_output(pieces: Sequence[tuple[int, str]], open_lines: int = OPEN_LINES) -> Html:
    """Return output with its colours; standard error has a rule at its side. `open_lines` of its end are open."""
    before, after = _split(pieces, open_lines)
    if not before:
        return _output(after)
    count = sum(text.count("\n") for _, text in before)
    return joined([details(f"{count} earlier lines", _output(before)), _output(after)])


def _output(pieces: Sequence[tuple[int, str]]) -> Html:
    parts = []
    for stream, text in pieces:
        parts.append(pre(ansi.to_html(text.removesuffix("\n")), style=_STDERR if stream == STDERR else ""))
    return joined(parts)


def _split(pieces: Sequence[tuple[int, str]], lines: int) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return the pieces before the last lines, and those lines."""
    before, after = list(pieces), list[tuple[int, str]]()
    while before and lines > 0:
        stream, text = before.pop()
        parts = text.splitlines(keepends=True)
        if len(parts) > lines:
            before.append((stream, "".join(parts[:-lines])))
            text = "".join(parts[-lines:])
        after.insert(0, (stream, text))
        lines -= len(parts)
    return before, after
