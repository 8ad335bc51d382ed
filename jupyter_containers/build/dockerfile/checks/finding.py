"""What a rule finds, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from jupyter_containers.build.dockerfile.instructions import From, Statement
from jupyter_containers.build.dockerfile.lines import Document, Line


@dataclass(frozen=True, slots=True)
class Finding:
    """`rule` is BuildKit's name; `lines` are first and last, from 1, both inclusive."""

    rule: str
    text: str
    lines: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Group:
    """A stage as written: FROM and what follows, up to the next."""

    opening: Statement
    statements: tuple[Statement, ...]

    @property
    def base(self) -> From:
        assert isinstance(self.opening.instruction, From)
        return self.opening.instruction


@dataclass(frozen=True, slots=True)
class Subject:
    """A parsed Dockerfile. `source` are its physical lines.

    `environments` are the variables that base images set, by the images' names: what stands on an image that is not
    there is not judged by its variables. `ignores` says which paths of the context an ignore file leaves out.
    """

    document: Document
    source: tuple[str, ...]
    head: tuple[Statement, ...]
    groups: tuple[Group, ...]
    environments: Mapping[str, Collection[str]]
    ignores: Callable[[str], bool]

    @property
    def statements(self) -> tuple[Statement, ...]:
        return (*self.head, *(s for group in self.groups for s in (group.opening, *group.statements)))


def as_written(line: Line) -> str:
    """Return the instruction's word in the case that it has in the file."""
    return line.text.split(maxsplit=1)[0]


def found(rule: str, line: Line, text: str) -> Finding:
    return Finding(rule, text, line.lines)
