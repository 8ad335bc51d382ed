"""What a process wrote, kept for people and programs: in its order, with its stream, and not more than fits."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable

from jupyter_containers.client.streams import STDERR, STDOUT, Decoder
from jupyter_containers.commands.results import ORDER

KEPT_CHARACTERS = 64 * 1024 * 1024
# What a picture holds: it is saved in the notebook, and drawn again and again.
SHOWN_LINES, SHOWN_CHARACTERS = 1000, 256 * 1024
OPEN_LINES = 40

_COLOUR = r"\[[0-9;:]*m"
# Everything that moves the cursor, changes the terminal or asks it something; only colours are left in (ECMA-48).
_CONTROL = re.compile(
    rf"\x1b(?!{_COLOUR})(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])?"
    r"|[\x00-\x08\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]"
)
# Pictures show the same in its place.
_ORDER = re.compile(f"[{ORDER}]")
# A line erased at its beginning; written as one character, which no text to be shown has.
_ERASURE = re.compile(r"\x1b\[2K\r|\r\x1b\[[02]?K")
_ERASED = "\x0b"


class Output:
    """Text of a process. The oldest is forgotten beyond `limit` characters, and `forgotten` counts it."""

    def __init__(self, limit: int = KEPT_CHARACTERS) -> None:
        self._limit = limit
        self._pieces: deque[tuple[int, str]] = deque()
        self._decoder = Decoder()
        self._size = 0
        self.lines = 0
        # The end that a picture shows at once; what is before it, a click opens.
        self.open_lines = OPEN_LINES
        self.forgotten = 0

    def add(self, stream: int, content: bytes) -> str:
        """Take bytes in; return their text."""
        text = self._decoder.decode(stream, content)
        self.add_text(stream, text)
        return text

    def add_text(self, stream: int, text: str) -> None:
        if not text:
            return
        self._pieces.append((stream, text))
        self._size += len(text)
        self.lines += text.count("\n")
        while self._size > self._limit and len(self._pieces) > 1:
            length = len(self._pieces.popleft()[1])
            self._size -= length
            self.forgotten += length

    def __bool__(self) -> bool:
        return bool(self._pieces)

    @property
    def stdout(self) -> str:
        return "".join(text for stream, text in self._pieces if stream != STDERR)

    @property
    def stderr(self) -> str:
        return "".join(text for stream, text in self._pieces if stream == STDERR)

    def last(self, lines: int = SHOWN_LINES, characters: int = SHOWN_CHARACTERS) -> list[tuple[int, str]]:
        """Return the end of the text in pieces of one stream each, at most so many lines and characters of it."""
        found: list[tuple[int, str]] = []
        # An end of line at the very end of all opens no other line.
        ends = lines + (1 if self._pieces and self._pieces[-1][1].endswith("\n") else 0)
        for stream, text in reversed(self._pieces):
            cut, ends = _end_of(text[-characters:] if characters else "", ends)
            characters -= len(cut)
            if cut:
                found.append((stream, cut))
            if len(cut) < len(text):
                break
        return _joined(reversed(found))


def _end_of(text: str, ends: int) -> tuple[str, int]:
    """Return what is behind the last so many ends of lines, and how many are still to be found before it."""
    place = len(text)
    while ends:
        place = text.rfind("\n", 0, place)
        if place < 0:
            return text, ends
        ends -= 1
    return text[place + 1 :], 0


def _joined(pieces: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    joined: list[tuple[int, list[str]]] = []
    for stream, text in pieces:
        if joined and joined[-1][0] == stream:
            joined[-1][1].append(text)
        else:
            joined.append((stream, [text]))
    return [(stream, settled("".join(texts))) for stream, texts in joined]


def settled(text: str) -> str:
    """Return what is to be seen when all has been written: progress bars in their last state, nothing but colours."""
    text = _ERASURE.sub(_ERASED, text.replace(_ERASED, "").replace("\r\n", "\n"))
    text = _ORDER.sub("\ufffd", _CONTROL.sub("", text))
    if "\r" not in text and _ERASED not in text:
        return text
    return "\n".join(_overwritten(line) for line in text.split("\n"))


def _overwritten(line: str) -> str:
    pieces, length = list[str](), 0
    # From the last: of what was before it only what is longer is still to be seen.
    for part in reversed(line.rpartition(_ERASED)[2].split("\r")):
        if len(part) > length:
            pieces.append(part[length:])
            length = len(part)
    return "".join(pieces)


def plain(pieces: Iterable[tuple[int, str]]) -> str:
    return "".join(text for _, text in pieces)


__all__ = ["STDERR", "STDOUT", "Output", "plain", "settled"]
