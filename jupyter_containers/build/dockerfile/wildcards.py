"""Patterns with wildcards, matched in time proportional to pattern times text.

A Dockerfile and its ignore file come from strangers: a regular expression made from `*a*a*a*a*b` could keep the daemon
busy for years, this walks the text once per token. Sources: Go's path.Match; moby's patternmatcher for `**`;
POSIX Shell Command Language 2.13 for the shell's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

_Accepts = Callable[[str], bool]


class BadPattern(ValueError):
    """A pattern cannot be understood."""


class Stars(Enum):
    """A token that takes any number of characters."""

    ANYTHING = "any characters"
    IN_SEGMENT = "any characters but /"
    FOLDERS = "nothing, or anything that ends in /"


_Token = _Accepts | Stars


@dataclass(frozen=True, slots=True)
class Wildcards:
    tokens: tuple[_Token, ...]

    def matches(self, text: str) -> bool:
        """Say whether the whole text fits."""
        return len(text) in self.ends(text)

    def ends(self, text: str, start: int = 0) -> frozenset[int]:
        """Return every position at which a match that begins at `start` can end."""
        positions = frozenset({start})
        for token in self.tokens:
            if not positions:
                break
            if isinstance(token, Stars):
                positions = _spread(token, text, positions)
            else:
                positions = frozenset(at + 1 for at in positions if at < len(text) and token(text[at]))
        return positions

    def reversed(self) -> Wildcards:
        """Return the pattern for texts written backwards (without FOLDERS)."""
        return Wildcards(self.tokens[::-1])


def path_pattern(pattern: str, *, deep: bool = False) -> Wildcards:
    """Return Go's path.Match: `*` and `?` stop at `/`; with `deep` also `**`. Raises BadPattern."""
    tokens: list[_Token] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "*":
            token, position = _star(pattern, position) if deep else (Stars.IN_SEGMENT, position)
            tokens.append(token)
        elif char == "?":
            tokens.append(lambda c: c != "/")
        elif char == "[":
            accepts, position = _class(pattern, position)
            tokens.append(accepts)
        elif char == "\\":
            if position >= len(pattern):
                raise BadPattern(f"syntax error in pattern {pattern!r}: nothing follows the backslash")
            tokens.append(pattern[position].__eq__)
            position += 1
        else:
            tokens.append(char.__eq__)
    return Wildcards(tuple(tokens))


def shell_pattern(pattern: str, escape: str) -> Wildcards:
    """Return the shell's `*` and `?`, as in `${name#pattern}`; `/` is a character like others."""
    tokens: list[_Token] = []
    characters = iter(pattern)
    for char in characters:
        if char == "*":
            tokens.append(Stars.ANYTHING)
        elif char == "?":
            tokens.append(lambda _: True)
        else:
            tokens.append((next(characters, escape) if char == escape else char).__eq__)
    return Wildcards(tuple(tokens))


def has_wildcard(text: str) -> bool:
    """Say whether a path is a pattern; a backslash hides the next character. Source: docker's containsWildcards."""
    characters = iter(text)
    for char in characters:
        if char == "\\":
            next(characters, "")
        elif char in "*?[":
            return True
    return False


def _spread(token: Stars, text: str, positions: frozenset[int]) -> frozenset[int]:
    first = min(positions)
    if token is Stars.ANYTHING:
        return frozenset(range(first, len(text) + 1))
    if token is Stars.FOLDERS:
        return positions | frozenset(at + 1 for at in range(first, len(text)) if text[at] == "/")
    reached, is_open = set[int](), False
    for at in range(first, len(text) + 1):
        is_open = is_open or at in positions
        if is_open:
            reached.add(at)
        if at < len(text) and text[at] == "/":
            is_open = False
    return frozenset(reached)


def _star(pattern: str, position: int) -> tuple[Stars, int]:
    if pattern[position : position + 1] != "*":
        return Stars.IN_SEGMENT, position
    position += 1
    if pattern[position : position + 1] == "/":
        position += 1
    return (Stars.ANYTHING if position == len(pattern) else Stars.FOLDERS), position


def _class(pattern: str, position: int) -> tuple[_Accepts, int]:
    """Read `[^a-z]` after its bracket; return what it accepts and where it ends. It never accepts `/`."""
    is_negated = pattern[position : position + 1] == "^"
    position += is_negated
    ranges: list[tuple[str, str]] = []
    while pattern[position : position + 1] != "]" or not ranges:
        low, position = _class_character(pattern, position)
        high = low
        if pattern[position : position + 1] == "-":
            high, position = _class_character(pattern, position + 1)
        ranges.append((low, high))

    def accepts(char: str) -> bool:
        return char != "/" and any(low <= char <= high for low, high in ranges) != is_negated

    return accepts, position + 1


def _class_character(pattern: str, position: int) -> tuple[str, int]:
    char = pattern[position : position + 1]
    if char == "\\":
        position += 1
        char = pattern[position : position + 1]
    elif char in ("-", "]"):
        char = ""
    if not char:
        raise BadPattern(f"syntax error in pattern {pattern!r}: the [ class is not closed, or empty")
    return char, position + 1
