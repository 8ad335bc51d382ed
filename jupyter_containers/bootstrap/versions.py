"""Versions of packages, and which is the later. Pure. Source: Debian policy, 5.6.12; deb-version(7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from itertools import zip_longest
from typing import Self

from jupyter_containers.errors import InvalidParameter

_FORM = re.compile(r"(?:(?P<epoch>\d{1,9}):)?(?P<upstream>[0-9A-Za-z.+~:-]+)", re.ASCII)
_REVISION = re.compile(r"[0-9A-Za-z.+~]+", re.ASCII)
_PARTS = re.compile(r"(\D*)(\d*)", re.ASCII)


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """`[epoch:]upstream[-revision]`. Different texts may be equal versions: 1.0 and 1.00, 1 and 1-0."""

    epoch: int
    upstream: str
    revision: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the version in `text`. Raises InvalidParameter."""
        head, dash, revision = text.rpartition("-")
        found = _FORM.fullmatch(head if dash else text)
        # Only an epoch makes a colon possible.
        if found is None or (dash and not _REVISION.fullmatch(revision)) or (not found["epoch"] and ":" in text):
            raise InvalidParameter(f"not a version of a package: {text!r:.80}")
        return cls(int(found["epoch"] or 0), found["upstream"], revision if dash else "")

    def compare(self, other: Version) -> int:
        """Return a number below, at or above 0 as this one is earlier than the other, the same or later."""
        return (
            (self.epoch > other.epoch) - (self.epoch < other.epoch)
            or _compare(self.upstream, other.upstream)
            or _compare(self.revision, other.revision)
        )

    def satisfies(self, operator: str, other: Version) -> bool:
        """Tell whether a relation such as `>= other` is true of this. Raises InvalidParameter for no operator."""
        order = self.compare(other)
        answers = {"<<": order < 0, "<=": order <= 0, "=": order == 0, ">=": order >= 0, ">>": order > 0}
        if operator not in answers:
            raise InvalidParameter(f"no relation between versions is written {operator!r}")
        return answers[operator]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.compare(other) == 0

    def __lt__(self, other: Version) -> bool:
        return self.compare(other) < 0

    # Equal versions have texts that differ, and nobody needs them in a set.
    __hash__ = None  # type: ignore[assignment]


def _compare(one: str, other: str) -> int:
    """Compare two parts: stretches without digits by _weights, then numbers as numbers, in turn."""
    for (text, number), (other_text, other_number) in zip_longest(
        _PARTS.findall(one), _PARTS.findall(other), fillvalue=("", "")
    ):
        order = _compare_text(text, other_text)
        if not order:
            # Leading zeros off, the longer number is the larger: no stranger's million digits become an integer.
            digits, other_digits = number.lstrip("0"), other_number.lstrip("0")
            key, other_key = (len(digits), digits), (len(other_digits), other_digits)
            order = (key > other_key) - (key < other_key)
        if order:
            return order
    return 0


def _compare_text(one: str, other: str) -> int:
    for character, other_character in zip_longest(one, other, fillvalue=""):
        weight, other_weight = _weight(character), _weight(other_character)
        if weight != other_weight:
            return weight - other_weight
    return 0


def _weight(character: str) -> int:
    """A tilde is before everything, the end too; letters are before all other characters."""
    if not character:
        return 0
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256
