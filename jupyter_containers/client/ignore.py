"""`.dockerignore`, as far as the sender of a context needs it: what is not sent cannot leak and costs no time.

The daemon applies the file again. Source: the Dockerfile reference, section .dockerignore file; Go's path.Match.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from jupyter_containers.errors import InvalidParameter

FILE_NAME = ".dockerignore"


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """Rules in their order; the last that matches a path or one of its parents decides."""

    rules: tuple[tuple[re.Pattern[str], bool], ...] = ()

    @classmethod
    def parse(cls, text: str) -> IgnoreRules:
        """Read an ignore file. Raises InvalidParameter naming the line of a bad pattern."""
        rules = []
        for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
            pattern = "" if line.startswith("#") else line.strip()
            includes = pattern.startswith("!")
            bare = pattern.removeprefix("!").strip()
            if pattern:
                try:
                    if not bare:
                        raise re.error("it names nothing")
                    rules.append((path_pattern(posixpath.normpath(bare).lstrip("/")), includes))
                except re.error as error:
                    raise InvalidParameter(f"{FILE_NAME} line {number}: bad pattern {pattern!r}: {error}") from error
        return cls(tuple(rules))

    @property
    def may_include_again(self) -> bool:
        """True if something inside an ignored folder may not be ignored."""
        return any(includes for _, includes in self.rules)

    def ignores(self, path: str) -> bool:
        """Say whether `path`, relative to the context, is left out."""
        ignored = False
        candidates = tuple(_with_parents(path))
        for pattern, includes in self.rules:
            if includes == ignored and any(pattern.fullmatch(candidate) for candidate in candidates):
                ignored = not includes
        return ignored


def path_pattern(pattern: str) -> re.Pattern[str]:
    """Return Go's path.Match with `**` as a regular expression. Raises re.error."""
    pieces: list[str] = []
    position = 0
    while position < len(pattern):
        piece, position = _piece(pattern, position)
        pieces.append(piece)
    return re.compile("".join(pieces), re.S)


def _piece(pattern: str, position: int) -> tuple[str, int]:
    """Return the expression for what stands at a position, and where the next begins."""
    if pattern.startswith("**", position):
        position += 3 if pattern.startswith("**/", position) else 2
        return (".*" if position == len(pattern) else "(?:.*/)?"), position
    char = pattern[position]
    if char == "[":
        return _class(pattern, position + 1)
    if char == "\\":
        return re.escape(_taken(pattern, position + 1)), position + 2
    return {"*": "[^/]*", "?": "[^/]"}.get(char) or re.escape(char), position + 1


def _class(pattern: str, position: int) -> tuple[str, int]:
    """Read `[^a-z]` after its bracket. In Go a range may be empty, and a class never takes a slash."""
    is_negated = pattern.startswith("^", position)
    position += is_negated
    ranges: list[tuple[str, str]] = []
    while not ranges or not pattern.startswith("]", position):
        low, position = _class_character(pattern, position)
        high = low
        if pattern.startswith("-", position):
            high, position = _class_character(pattern, position + 1)
        ranges.append((low, high))
    inner = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in ranges if low <= high)
    if not inner:
        return ("[^/]" if is_negated else "(?!)"), position + 1
    return f"(?!/)[{'^' if is_negated else ''}{inner}]", position + 1


def _class_character(pattern: str, position: int) -> tuple[str, int]:
    char = _taken(pattern, position)
    if char == "\\":
        return _taken(pattern, position + 1), position + 2
    if char in "-]":
        raise re.error("a [ with nothing in it, or a range without its end")
    return char, position + 1


def _taken(pattern: str, position: int) -> str:
    if position >= len(pattern):
        raise re.error("a [ that is not closed, or a backslash at the end")
    return pattern[position]


def _with_parents(path: str) -> Iterator[str]:
    yield path
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
