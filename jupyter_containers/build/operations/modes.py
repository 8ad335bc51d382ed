"""Modes of --chmod: octal, or changes in letters as chmod has them (`u+x,go-w`). Pure.

Source: POSIX, chmod, Extended Description. Letters without a "who" mean everybody: a build has no umask.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_OCTAL = re.compile(r"[0-7]+")
_MAX_MODE = 0o7777
_CLAUSE = re.compile(r"([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)")
_ACTION = re.compile(r"([-+=])([ugo]|[rwxXst]*)")
_SHIFTS = {"u": 6, "g": 3, "o": 0}
_BITS = {"r": 4, "w": 2, "x": 1}
_SPECIAL = {"u": 0o4000, "g": 0o2000}
_STICKY = 0o1000


@dataclass(frozen=True, slots=True)
class ModeChange:
    """`text` as written; `number` is the mode itself when it is octal."""

    text: str
    number: int | None = None

    @classmethod
    def parse(cls, text: str) -> ModeChange | None:
        """Return what a --chmod says, None for what is no mode."""
        if _OCTAL.fullmatch(text):
            number = int(text, 8)
            return cls(text, number) if number <= _MAX_MODE else None
        clauses = text.split(",")
        return cls(text) if all(_CLAUSE.fullmatch(clause) for clause in clauses) else None

    def of(self, mode: int, *, is_directory: bool) -> int:
        """Return what becomes of permission bits."""
        if self.number is not None:
            return self.number
        for clause in self.text.split(","):
            match = _CLAUSE.fullmatch(clause)
            assert match is not None, self.text
            who = set(match[1]) or {"a"}
            who = {"u", "g", "o"} if "a" in who else who
            for action in _ACTION.finditer(match[2]):
                mode = _changed(mode, who, action[1], action[2], is_directory=is_directory)
        return mode


def _changed(mode: int, who: set[str], sign: str, letters: str, *, is_directory: bool) -> int:
    taken, mask = 0, 0
    for name in who:
        shift = _SHIFTS[name]
        mask |= (7 << shift) | _SPECIAL.get(name, 0)
        taken |= _bits(mode, letters, is_directory=is_directory) << shift
        if "s" in letters:
            taken |= _SPECIAL.get(name, 0)
    # The sticky bit goes with the others' bits, as GNU chmod has it.
    if "o" in who:
        mask |= _STICKY
        taken |= _STICKY if "t" in letters else 0
    if sign == "+":
        return mode | taken
    if sign == "-":
        return mode & ~taken
    # chmod leaves the set-ID bits of directories alone unless they are named.
    kept = 0o6000 if is_directory else 0
    return (mode & ~(mask & ~kept)) | taken


def _bits(mode: int, letters: str, *, is_directory: bool) -> int:
    if letters in _SHIFTS:
        return mode >> _SHIFTS[letters] & 7
    found = 0
    for letter in letters:
        found |= _BITS.get(letter, 0)
        if letter == "X" and (is_directory or mode & 0o111):
            found |= 1
    return found
