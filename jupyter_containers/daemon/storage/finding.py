"""A finding: what is wrong with one thing in the store, and what helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` is the kind of object and `name` which one; `remedy` is what mend() does, or what a person can do.

    Without `mend` nothing can be done about it here. `in_rows`: mending changes nothing but rows, so that an
    examination does it in its copy of them, and what comes after sees what a repair would see.
    """

    what: str
    name: str
    problem: str
    remedy: str
    mend: Callable[[], object] | None = None
    in_rows: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finding and what became of it: `mended`, and `failure` when mending went wrong."""

    finding: Finding
    mended: bool = False
    failure: str = ""
