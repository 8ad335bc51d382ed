"""The checks over a text, with one base image that is known."""

from __future__ import annotations

from collections.abc import Collection

from jupyter_containers.build.dockerfile.checks.check import check
from jupyter_containers.build.dockerfile.checks.finding import Finding
from jupyter_containers.build.dockerfile.instructions import parse
from jupyter_containers.build.dockerfile.lines import read


def findings(text: str, ignored: Collection[str] = ()) -> tuple[Finding, ...]:
    document = read(text)
    statements = [parse(line) for line in document.lines]
    return check(text, document, statements, environments={"known": ["HOST"]}, ignores=lambda path: path in ignored)


def checked(text: str, ignored: Collection[str] = ()) -> list[str]:
    """Return rules with their lines."""
    return [f"{found.rule} {found.lines[0]}-{found.lines[1]}" for found in findings(text, ignored)]
