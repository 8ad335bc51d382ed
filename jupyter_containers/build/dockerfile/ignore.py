"""The ignore file of a context. Source: the Dockerfile reference, section .dockerignore file; moby's patternmatcher."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from jupyter_containers.build.dockerfile.wildcards import BadPattern, Wildcards, path_pattern
from jupyter_containers.errors import InvalidParameter

FILE_NAME = ".dockerignore"
# Each file of a context is held against all of them.
MAX_RULES = 2000


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: Wildcards
    includes: bool


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """Rules in their order; the last that matches a path or one of its parents decides."""

    rules: tuple[_Rule, ...] = ()

    @classmethod
    def parse(cls, text: str) -> IgnoreRules:
        """Read an ignore file. Raises InvalidParameter naming the line of a bad pattern."""
        rules: list[_Rule] = []
        for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
            # A comment begins in the first column only; blanks around a pattern do not count.
            pattern = "" if line.startswith("#") else line.strip()
            if not pattern:
                continue
            try:
                rule = _rule(pattern)
            except BadPattern as error:
                raise InvalidParameter(f"{FILE_NAME} line {number}: {error}", line=number) from error
            rules.append(rule)
            if len(rules) > MAX_RULES:
                raise InvalidParameter(f"{FILE_NAME} has more than {MAX_RULES} patterns; use wildcards", line=number)
        return cls(tuple(rules))

    @classmethod
    def of(cls, patterns: Iterable[str]) -> IgnoreRules:
        """Return the rules of bare patterns. Raises BadPattern."""
        return cls(tuple(_rule(pattern) for pattern in patterns))

    @property
    def may_include_again(self) -> bool:
        """True if something inside an ignored directory may not be ignored."""
        return any(rule.includes for rule in self.rules)

    def ignores(self, path: str) -> bool:
        """Say whether `path`, relative to the context's root and without `.` parts, is left out."""
        if not self.rules:
            return False
        ignored = False
        candidates = tuple(_with_parents(path))
        for rule in self.rules:
            # Only a rule that would change the answer needs to be asked.
            if rule.includes == ignored and any(rule.pattern.matches(candidate) for candidate in candidates):
                ignored = not rule.includes
        return ignored


def _rule(pattern: str) -> _Rule:
    includes = pattern.startswith("!")
    text = pattern[1:].strip() if includes else pattern
    if not text:
        raise BadPattern('illegal exclusion pattern: "!" names nothing')
    return _Rule(path_pattern(_clean(text), deep=True), includes)


def _clean(pattern: str) -> str:
    """As Go's filepath.Clean, and without the leading slash: `/a/`, `./a` and `a` are one."""
    cleaned = posixpath.normpath(pattern)
    return cleaned.lstrip("/") or "."


def _with_parents(path: str) -> Iterable[str]:
    yield path
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
