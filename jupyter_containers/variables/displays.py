"""What Python in a container showed: pictures and tables as values that are safe to draw."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

MAX_DISPLAYS, MAX_PNG_BYTES, MAX_TEXT, MAX_CELLS = 100, 8 << 20, 20_000, 5_000
# What would move a terminal's cursor, or worse.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Display:
    """One thing shown. `text` is always there; nothing of it is HTML, whatever it looks like."""

    text: str
    png: bytes | None = None
    titles: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def parse(content: bytes) -> list[Display]:
    """Return the displays in the lines of JSON that a container wrote; what is none of ours is told as text."""
    lines = [line for line in content.split(b"\n") if line.strip()]
    found = [_display(line) for line in lines[:MAX_DISPLAYS]]
    if len(lines) > MAX_DISPLAYS:
        found.append(Display(f"[{len(lines) - MAX_DISPLAYS} more displays are not shown]"))
    return found


def _display(line: bytes) -> Display:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        return Display("[a display that cannot be read]")
    text = _CONTROL.sub("", str(record.get("text/plain", ""))[:MAX_TEXT])
    png, problem = _png(record.get("image/png"))
    if problem:
        return Display(f"{text}\n[{problem}]")
    titles, rows = _table(record.get("table"))
    return Display(text, png, titles, rows)


def _png(encoded: Any) -> tuple[bytes | None, str]:
    if encoded is None:
        return None, ""
    if not isinstance(encoded, str) or len(encoded) > MAX_PNG_BYTES * 4 // 3:
        return None, f"a picture larger than {MAX_PNG_BYTES >> 20} MiB is not shown"
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    return (content, "") if content.startswith(_PNG) else (None, "a picture that is no PNG is not shown")


def _table(table: Any) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    if not isinstance(table, dict):
        return (), ()
    titles, rows = table.get("titles"), table.get("rows")
    if not isinstance(titles, list) or not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        return (), ()
    if any(len(row) != len(titles) for row in rows) or max(len(titles), 1) * len(rows) > MAX_CELLS:
        return (), ()
    return _texts(titles), tuple(map(_texts, rows))


def _texts(values: list[Any]) -> tuple[str, ...]:
    return tuple(_CONTROL.sub("", str(value)[:1000]) for value in values)
