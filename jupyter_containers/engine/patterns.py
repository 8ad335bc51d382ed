"""Regular expressions of strangers, matched in time that grows with the text alone, as Go's are. Pure.

`docker ps --filter name=…` takes an expression, and so does everybody who may only look. Python's own matcher tries all
ways one after the other, and keeps the interpreter to itself meanwhile: `(.|.|.|.)*!` would end the daemon. Here all
ways are tried at once, character by character; Python only takes the expression apart. What Go has not (references
back, looking around) is no expression. Source: Russ Cox, "Regular Expression Matching: the Virtual Machine Approach".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from jupyter_containers.errors import InvalidParameter

# Of all expressions that are tried together.
LONGEST = 4096
# More than anybody types; a repetition counts as often as it may be repeated.
_MOST_STEPS = 2000
# What is repeated may have no step at all, and a step may ask for one of many: both take their time.
_MOST_PARTS = 10_000
_WORD = re.compile(r"\w")
_SPACE = re.compile(r"\s")
_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    codes.CATEGORY_DIGIT: str.isdecimal,
    codes.CATEGORY_NOT_DIGIT: lambda character: not character.isdecimal(),
    codes.CATEGORY_WORD: lambda character: _is_word(character),  # noqa: PLW0108 - it is defined below
    codes.CATEGORY_NOT_WORD: lambda character: not _is_word(character),
    codes.CATEGORY_SPACE: lambda character: _SPACE.match(character) is not None,
    codes.CATEGORY_NOT_SPACE: lambda character: _SPACE.match(character) is None,
}
# One of: ("character", test), ("at", test of text and place), ("split", next, next), ("go", next), ("found",).
Step = tuple[Any, ...]


class NoPattern(ValueError):
    """Not an expression, or one that is too long."""


def check(patterns: Collection[str]) -> None:
    """Raise InvalidParameter for more expressions than anybody needs: each step of each takes its time."""
    length = sum(map(len, patterns))
    if length > LONGEST:
        raise InvalidParameter(f"the expressions of a filter have {length} characters together, more than {LONGEST}")


def parse(pattern: str) -> None:
    """Raise NoPattern, which says why, for an expression that is none here."""
    _compiled(pattern)


def occurs(pattern: str, text: str) -> bool:
    """Tell whether the expression matches a part of the text; one that is none matches nothing."""
    try:
        steps = _compiled(pattern)
    except NoPattern:
        return False
    ways: list[int] = []
    for place in range(len(text) + 1):
        # A match may begin anywhere.
        ways, is_found = _reached(steps, [*ways, 0], text, place)
        if is_found:
            return True
        if place < len(text):
            ways = [way + 1 for way in ways if steps[way][1](text[place])]
    return False


def _reached(steps: Sequence[Step], ways: list[int], text: str, place: int) -> tuple[list[int], bool]:
    """Follow all steps that take no character; return those that wait for one, and whether a match has ended."""
    seen, waiting, left = set[int](), list[int](), ways[::-1]
    while left:
        way = left.pop()
        if way in seen:
            continue
        seen.add(way)
        kind, *rest = steps[way]
        if kind == "found":
            return [], True
        if kind == "character":
            waiting.append(way)
        elif kind == "at":
            left += [way + 1] if rest[0](text, place) else []
        else:
            left += rest
    return waiting, False


@lru_cache(64)
def _compiled(pattern: str) -> tuple[Step, ...]:
    try:
        parsed = parser.parse(pattern)
        program = _Program(is_caseless=bool(parsed.state.flags & re.IGNORECASE))
        if parsed.state.flags & (re.MULTILINE | re.VERBOSE):
            raise NoPattern("flags m and x are not supported")
        program.add(parsed)
    except (re.error, OverflowError, RecursionError) as error:
        raise NoPattern(str(error)) from error
    return (*program.steps, ("found",))


class _Program:
    """Steps under construction."""

    def __init__(self, *, is_caseless: bool) -> None:
        self.steps: list[Step] = []
        self._is_caseless = is_caseless
        self._parts = 0

    def add(self, parsed: Any) -> None:
        """Add the steps of a sequence. Raises NoPattern."""
        self._count(1)
        for code, content in parsed:
            self._count(len(content) if code is codes.IN else 1)
            if code in (codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN):
                self.steps.append(("character", self._test(code, content)))
            elif code is codes.AT and content in _PLACES:
                self.steps.append(("at", _PLACES[content]))
            elif code is codes.SUBPATTERN and not content[1] and not content[2]:
                self.add(content[3])
            elif code is codes.BRANCH:
                self._branch(content[1])
            elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
                self._repeat(*content)
            else:
                raise NoPattern(f"{str(code).lower()} is not supported")

    def _branch(self, alternatives: Sequence[Any]) -> None:
        ends = []
        for alternative in alternatives[:-1]:
            place = self._later()
            self.add(alternative)
            ends.append(self._later())
            self.steps[place] = ("split", place + 1, len(self.steps))
        self.add(alternatives[-1])
        for end in ends:
            self.steps[end] = ("go", len(self.steps))

    def _count(self, parts: int) -> None:
        self._parts += parts
        if self._parts > _MOST_PARTS or len(self.steps) > _MOST_STEPS:
            raise NoPattern("too long")

    def _repeat(self, least: int, most: Any, repeated: Any) -> None:
        for _ in range(least):
            self.add(repeated)
        if most is codes.MAXREPEAT:
            place = self._later()
            self.add(repeated)
            self.steps.append(("go", place))
            self.steps[place] = ("split", place + 1, len(self.steps))
            return
        places = []
        for _ in range(most - least):
            places.append(self._later())
            self.add(repeated)
        for place in places:
            self.steps[place] = ("split", place + 1, len(self.steps))

    def _later(self) -> int:
        """Leave room for a step that is not known yet; return where."""
        self.steps.append(())
        return len(self.steps) - 1

    def _test(self, code: Any, content: Any) -> Callable[[str], bool]:
        if code is codes.ANY:
            return lambda character: character != "\n"
        items = content if code is codes.IN else [(codes.LITERAL, content)]
        is_negated = code is codes.NOT_LITERAL or items[0][0] is codes.NEGATE
        tests = [_item(*item) for item in items if item[0] is not codes.NEGATE]

        def test(character: str) -> bool:
            forms = {character, character.lower(), character.upper()} if self._is_caseless else {character}
            return any(one(form) for one in tests for form in forms) is not is_negated

        return test


def _item(code: Any, content: Any) -> Callable[[str], bool]:
    if code is codes.LITERAL:
        return lambda character: character == chr(content)
    if code is codes.RANGE:
        first, last = map(chr, content)
        return lambda character: first <= character <= last
    return _CATEGORIES[content]


def _is_word(character: str) -> bool:
    return _WORD.match(character) is not None


def _is_between_words(text: str, place: int) -> bool:
    return (place > 0 and _is_word(text[place - 1])) != (place < len(text) and _is_word(text[place]))


_PLACES: dict[Any, Callable[[str, int], bool]] = {
    codes.AT_BEGINNING: lambda _text, place: place == 0,
    codes.AT_BEGINNING_STRING: lambda _text, place: place == 0,
    codes.AT_END: lambda text, place: place == len(text),
    codes.AT_END_STRING: lambda text, place: place == len(text),
    codes.AT_BOUNDARY: _is_between_words,
    codes.AT_NON_BOUNDARY: lambda text, place: not _is_between_words(text, place),
}
