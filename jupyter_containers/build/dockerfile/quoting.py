"""Texts as Go's %q prints them: BuildKit's history entries are made with it, and tools read those."""

from __future__ import annotations

from collections.abc import Iterable

_SHORT = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v", "\\": r"\\"}


def go_quote(text: str) -> str:
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f'"{"".join(_escaped(char, chr(34)) for char in text)}"'


def go_rune(number: int) -> str:
    """Print a number as %q does: as the character it would be."""
    is_character = number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
    return f"'{_escaped(chr(number) if is_character else chr(0xFFFD), chr(39))}'"


def go_list(texts: Iterable[str]) -> str:
    return f"[{' '.join(go_quote(text) for text in texts)}]"


def _escaped(char: str, quote: str) -> str:
    if char == quote:
        return f"\\{char}"
    if char in _SHORT:
        return _SHORT[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
