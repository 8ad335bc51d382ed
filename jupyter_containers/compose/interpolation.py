"""`$NAME` and `${NAME:-default}` in the values of a Compose file.

Source: Compose Specification, "Interpolation".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from jupyter_containers.compose.source import Node, WrongFile
from jupyter_containers.errors import InvalidParameter

MAX_DEPTH = 20
MAX_CHARACTERS = 1 << 20
# Of all values of a file together.
MAX_TOTAL = 16 << 20

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-?+]")

Missing = Callable[[str], None]


class Budget:
    """Counts the characters of values: a long variable in many places is refused before it fills the memory."""

    def __init__(self) -> None:
        self._spent = 0

    def spend(self, text: str) -> str:
        self._spent += len(text)
        if self._spent > MAX_TOTAL:
            raise BadTemplate(f"all values together have more than {MAX_TOTAL} characters with their variables")
        return text


class BadTemplate(InvalidParameter):
    """A `$` that begins nothing, a brace that is not closed, or a variable that must be set and is not."""


def substitute(text: str, variables: Mapping[str, str], missing: Missing = lambda _: None) -> str:
    """Return text with its variables replaced; `missing` is told each that is not set. Raises BadTemplate."""
    if "$" not in text:
        return text
    return _Reader(text, variables, missing).whole()


def interpolated(
    node: Node, variables: Mapping[str, str], missing: Missing, path: str = "", budget: Budget | None = None
) -> Node:
    """Return a tree with the variables in its values replaced; its keys stay. Raises WrongFile."""
    budget = budget or Budget()
    if isinstance(node.value, str):
        try:
            return node.with_value(budget.spend(substitute(node.value, variables, missing)))
        except BadTemplate as error:
            raise WrongFile(node.place, f"{path}: {error.message}" if path else error.message) from None
    if isinstance(node.value, dict):
        return node.with_value({
            key: interpolated(child, variables, missing, f"{path}.{key}" if path else key, budget)
            for key, child in node.value.items()
        })  # fmt: skip
    if isinstance(node.value, tuple):
        return node.with_value(tuple(interpolated(child, variables, missing, path, budget) for child in node.value))
    return node


class _Reader:
    def __init__(self, text: str, variables: Mapping[str, str], missing: Missing) -> None:
        self._text = text
        self._variables = variables
        self._missing = missing
        self._at = 0

    def whole(self) -> str:
        return self._until("", depth=0, is_wanted=True)

    def _until(self, end: str, *, depth: int, is_wanted: bool) -> str:
        """Read up to a closing brace, or to the end of the text. What is not wanted is read over."""
        if depth > MAX_DEPTH:
            raise BadTemplate(f"variables in variables, more than {MAX_DEPTH} levels deep")
        parts: list[str] = []
        length = 0
        while self._at < len(self._text):
            character = self._text[self._at]
            if end and character == end:
                self._at += 1
                return "".join(parts)
            self._at += 1
            part = self._variable(depth, is_wanted=is_wanted) if character == "$" else character
            length += len(part)
            if length > MAX_CHARACTERS:
                raise BadTemplate(f"it has more than {MAX_CHARACTERS} characters with its variables")
            parts.append(part)
        if end:
            raise BadTemplate(f"a ${{ without its }} in {self._shown()}")
        return "".join(parts)

    def _variable(self, depth: int, *, is_wanted: bool) -> str:
        if self._text[self._at : self._at + 1] == "$":
            self._at += 1
            return "$"
        if self._text[self._at : self._at + 1] == "{":
            self._at += 1
            return self._braced(depth, is_wanted=is_wanted)
        return self._value(self._name(), is_wanted=is_wanted)

    def _braced(self, depth: int, *, is_wanted: bool) -> str:
        name = self._name()
        match = _OPERATOR.match(self._text, self._at)
        if match is None:
            if self._text[self._at : self._at + 1] != "}":
                raise BadTemplate(f"${{{name} is followed by neither }} nor one of :- - :? ? :+ + in {self._shown()}")
            self._at += 1
            return self._value(name, is_wanted=is_wanted)
        self._at = match.end()
        value = self._variables.get(name)
        is_set = bool(value) if match[0].startswith(":") else value is not None
        kind = match[0][-1]
        takes_word = is_set if kind == "+" else not is_set
        word = self._until("}", depth=depth + 1, is_wanted=is_wanted and takes_word)
        if kind == "?" and not is_set and is_wanted:
            raise BadTemplate(f"{name} must be set: {word or 'it is missing'}")
        if kind == "+":
            return word if is_set else ""
        return (value or "") if is_set else word

    def _name(self) -> str:
        match = _NAME.match(self._text, self._at)
        if match is None:
            raise BadTemplate(f"a $ that begins no variable in {self._shown()}; write $$ for the sign itself")
        self._at = match.end()
        return match[0]

    def _value(self, name: str, *, is_wanted: bool) -> str:
        if name not in self._variables and is_wanted:
            self._missing(name)
        return self._variables.get(name, "")

    def _shown(self) -> str:
        return repr(self._text if len(self._text) <= 60 else f"{self._text[:57]}…")
