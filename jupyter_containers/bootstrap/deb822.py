"""Paragraphs of fields, as control files, indexes and sources have them. Pure. Source: deb822(5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from jupyter_containers.errors import InvalidParameter

# Names of fields are in lower case; a value keeps the line breaks of its continuation lines, without their first blank.
Paragraph: TypeAlias = Mapping[str, str]

_NAME = re.compile(r"[!-9;-~]+")
_EMPTY_LINES = re.compile(rb"\n\n+")


def paragraphs(text: str, what: str) -> Iterator[Paragraph]:
    """Yield the paragraphs of a document; `what` names it in errors. Lines that begin with # are comments.

    Raises InvalidParameter for a line that is no field, and for a field that comes twice in a paragraph.
    """
    fields: dict[str, str] = {}
    last = ""
    # Only these line ends count: str.splitlines would see more of them, inside of values.
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.startswith("#"):
            continue
        if not line.strip(" \t"):
            if fields:
                yield fields
            fields, last = {}, ""
        elif line[0] in " \t":
            if not last:
                raise InvalidParameter(f"{what} has a line that continues no field: {line:.80}")
            fields[last] += "\n" + line[1:].rstrip(" \t")
        else:
            last = _add(fields, line, what)
    if fields:
        yield fields


def _add(fields: dict[str, str], line: str, what: str) -> str:
    name, colon, value = line.partition(":")
    if not colon or not _NAME.fullmatch(name) or name[0] == "-":
        raise InvalidParameter(f"{what} has a line that is no field: {line:.80}")
    name = name.lower()
    if name in fields:
        raise InvalidParameter(f"{what} has the field {name} twice in one paragraph")
    fields[name] = value.strip(" \t")
    return name


def single(text: str, what: str) -> Paragraph:
    """Return the only paragraph of a document. Raises InvalidParameter when there is none, or another."""
    found = list(paragraphs(text, what))
    if len(found) != 1:
        raise InvalidParameter(f"{what} has {len(found)} paragraphs instead of one")
    return found[0]


def places(content: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """Yield where the paragraphs of a large index begin and end, unread; between them are lines that are empty."""
    start = 0
    for found in _EMPTY_LINES.finditer(content):
        yield start, found.start()
        start = found.end()
    if start < len(content):
        yield start, len(content)
