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
_TOKEN = re.compile(
    r"\*\*/?|\*|\?|\[(?P<negated>\^?)(?P<class>\]?(?:\\.|[^\]\\])*)\]|\\(?P<escaped>.)|(?P<plain>.)", re.S
)


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """Rules in their order; the last that matches a path or one of its parents decides."""

    rules: tuple[tuple[re.Pattern[str], bool], ...] = ()

    @classmethod
    def parse(cls, text: str) -> IgnoreRules:
        """Read an ignore file. Raises InvalidParameter naming the line of a bad pattern."""
        rules = []
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
            pattern = "" if line.startswith("#") else line.strip()
            includes = pattern.startswith("!")
            cleaned = posixpath.normpath(pattern.removeprefix("!").strip()).lstrip("/")
            if pattern:
                try:
                    rules.append((path_pattern(cleaned), includes))
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
    return re.compile("".join(_expression(match, pattern) for match in _TOKEN.finditer(pattern)), re.S)


def _expression(match: re.Match[str], pattern: str) -> str:
    token = match[0]
    if token.startswith("**"):
        return ".*" if match.end() == len(pattern) else "(?:.*/)?"
    if token == "*":
        return "[^/]*"
    if token == "?":
        return "[^/]"
    if match["class"] is not None:
        return f"(?!/)[{'^' if match['negated'] else ''}{match['class'].replace('[', chr(92) + '[')}]"
    if token in ("[", "\\"):
        raise re.error("a [ that is not closed, or a backslash at the end")
    return re.escape(match["escaped"] or match["plain"])


def _with_parents(path: str) -> Iterator[str]:
    yield path
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
