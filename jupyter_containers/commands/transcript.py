"""What a terminal has shown, as lines with colours: what is left of it when it is closed.

A small terminal without a screen of its own: it follows the cursor as far as shells and simple programs move it.
What full-screen programs draw (on the alternate screen) is left out; a cleared screen stays, above the new one.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator, Mapping

# Lines that are kept, and those of them that a picture has.
KEPT_LINES, SHOWN_LINES = 5000, 1000
# The longest control sequence that is waited for; what is longer is none.
_SEQUENCE_CHARACTERS = 4096
_TAB = 8
_TOKEN = re.compile(
    r"\x1b\[(?P<numbers>[0-?]*)[ -/]*(?P<verb>[@-~])"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[ -/]+[0-~]|\x1b(?P<short>[0-OQ-WYZ\\`-~])"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f-\x9f])|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
)
_ALTERNATE = {"?47", "?1047", "?1049"}
# What a code of SGR is about: a later one about the same takes its place.
_ABOUT: Mapping[int, str] = {1: "bold", 2: "bold", 3: "italic", 4: "underline", 7: "inverse"}
_ENDS: Mapping[int, str] = {22: "bold", 23: "italic", 24: "underline", 27: "inverse", 39: "front", 49: "back"}


class _Line:
    """Cells of (character, style); a wide character is followed by an empty one. `goes_on`: the next is its rest."""

    __slots__ = ("cells", "goes_on")

    def __init__(self) -> None:
        self.cells: list[tuple[str, str]] = []
        self.goes_on = False

    def put(self, column: int, character: str, style: str) -> None:
        self.cells.extend([(" ", "")] * (column - len(self.cells)))
        self.cells[column : column + 1] = [(character, style)]

    def text(self) -> str:
        """Return the characters, with SGR sequences around those that have a style."""
        parts, last = [], ""
        for character, style in self.cells:
            if style != last:
                parts.append(("\x1b[0m" if last else "") + (f"\x1b[{style}m" if style else ""))
                last = style
            parts.append(character)
        return "".join(parts).rstrip() + ("\x1b[0m" if last else "")


class Transcript:
    """Takes in what a terminal is sent. Lines beyond KEPT_LINES are forgotten, and `forgotten` counts them."""

    def __init__(self, rows: int = 24, columns: int = 80) -> None:
        self._rows, self._columns = rows, columns
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._lines = [_Line()]
        self._row = self._column = self._top = 0
        self._saved = (0, 0)
        self._styles: dict[str, str] = {}
        self._style = ""
        self._is_alternate = False
        self.forgotten = 0

    def resize(self, rows: int, columns: int) -> None:
        """Take in the size of the terminal, in characters."""
        self._rows, self._columns = max(rows, 1), max(columns, 2)
        self._top = max(self._top, self._row - self._rows + 1)

    def feed(self, content: bytes) -> None:
        """Take in what the terminal is sent; a character or sequence that was cut waits for its rest."""
        text = self._rest + self._decoder.decode(content)
        place = 0
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                if len(text) - place < _SEQUENCE_CHARACTERS:
                    break
                place += 1
                continue
            place = match.end()
            self._take(match)
        self._rest = text[place:]

    def lines(self, count: int = SHOWN_LINES) -> list[str]:
        """Return the last lines, with SGR sequences for colours and nothing else."""
        lines, begun = [], ""
        for line in self._lines:
            begun += line.text()
            if not line.goes_on:
                lines.append(begun)
                begun = ""
        lines.append(begun)
        while lines and not lines[-1]:
            lines.pop()
        return lines[-count:]

    def text(self, count: int = KEPT_LINES) -> str:
        """Return the last lines without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(self.lines(count)))

    def _take(self, match: re.Match[str]) -> None:
        if (verb := match["verb"]) is not None:
            self._sequence(verb, match["numbers"])
        elif self._is_alternate:
            return
        elif (text := match["text"]) is not None:
            if text.isascii():
                self._print_plain(text)
                return
            for character in text:
                self._print(character)
        elif (control := match["control"]) is not None:
            self._control(control)
        elif match["short"] == "7":
            self._saved = (self._row - self._top, self._column)
        elif match["short"] == "8":
            self._move(*self._saved)

    def _print_plain(self, text: str) -> None:
        """Print ASCII, a line at once: programs can write a lot."""
        place = 0
        while place < len(text):
            if self._column >= self._columns:
                self._wrap()
            piece = text[place : place + self._columns - self._column]
            cells, end = self._lines[self._row].cells, self._column + len(piece)
            cells.extend([(" ", "")] * (self._column - len(cells)))
            cells[self._column : end] = [(character, self._style) for character in piece]
            self._column, place = end, place + len(piece)

    def _wrap(self) -> None:
        self._lines[self._row].goes_on = True
        self._column = 0
        self._down()

    def _print(self, character: str) -> None:
        line = self._lines[self._row]
        if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
            if line.cells and 0 < self._column <= len(line.cells):
                before, style = line.cells[self._column - 1]
                line.cells[self._column - 1] = ((before + character)[:8], style)
            return
        width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if self._column + width > self._columns:
            self._wrap()
            line = self._lines[self._row]
        line.put(self._column, character, self._style)
        if width == 2:
            line.put(self._column + 1, "", self._style)
        self._column += width

    def _control(self, control: str) -> None:
        if control == "\r":
            self._column = 0
        elif control in "\n\x0b\x0c":
            self._lines[self._row].goes_on = False
            self._down()
        elif control == "\b":
            self._column = max(self._column - 1, 0)
        elif control == "\t":
            self._column = min((self._column // _TAB + 1) * _TAB, self._columns - 1)

    def _down(self) -> None:
        self._row += 1
        if self._row == len(self._lines):
            self._lines.append(_Line())
        self._top = max(self._top, self._row - self._rows + 1)
        if len(self._lines) > KEPT_LINES + self._rows and self._top >= self._rows:
            dropped = min(self._top, self._rows)
            del self._lines[:dropped]
            self._row, self._top, self.forgotten = self._row - dropped, self._top - dropped, self.forgotten + dropped

    def _move(self, row: int, column: int) -> None:
        """Go to a place of the screen, counted from 0."""
        self._row = self._top + min(max(row, 0), self._rows - 1)
        self._column = min(max(column, 0), self._columns - 1)
        while self._row >= len(self._lines):
            self._lines.append(_Line())

    def _sequence(self, verb: str, text: str) -> None:
        if verb in "hl" and text in _ALTERNATE:
            self._is_alternate = verb == "h"
        if self._is_alternate or text[:1] in ("?", ">", "<", "="):
            return
        numbers = [int(number[:5]) if number.isdigit() else 0 for number in re.split("[;:]", text)]
        if verb == "m":
            self._restyle(numbers)
        elif verb in "ABCDEFGdHf":
            self._go(verb, numbers)
        elif verb in "JKPX@":
            self._erase(verb, numbers[0])

    def _go(self, verb: str, numbers: list[int]) -> None:
        count, row = max(numbers[0], 1), self._row - self._top
        places = {
            "A": (row - count, self._column), "B": (row + count, self._column), "C": (row, self._column + count),
            "D": (row, self._column - count), "E": (row + count, 0), "F": (row - count, 0), "G": (row, count - 1),
            "d": (count - 1, self._column),
        }  # fmt: skip
        self._move(*places.get(verb, (count - 1, max(numbers[1] if len(numbers) > 1 else 1, 1) - 1)))

    def _erase(self, verb: str, number: int) -> None:
        line = self._lines[self._row]
        cells, count = line.cells, min(max(number, 1), self._columns)
        if verb == "J" and number in (2, 3):
            self._new_screen(forget=number == 3)
        elif verb == "J" and number == 0:
            del cells[self._column :]
            for below in self._lines[self._row + 1 :]:
                below.cells.clear()
        elif verb == "K":
            if number == 0:
                del cells[self._column :]
            else:
                end = len(cells) if number == 2 else min(self._column + 1, len(cells))
                cells[:end] = [(" ", "")] * end
        elif verb == "P":
            del cells[self._column : self._column + count]
        elif verb == "@":
            cells[self._column : self._column] = [(" ", "")] * count
        elif verb == "X":
            end = min(self._column + count, len(cells))
            cells[self._column : end] = [(" ", "")] * max(end - self._column, 0)

    def _new_screen(self, *, forget: bool) -> None:
        """Begin a screen below what was shown, which stays; erasing what scrolled away does nothing."""
        if forget or not any(line.cells for line in self._lines[self._top :]):
            return
        row = self._row - self._top
        self._top = len(self._lines)
        self._move(row, self._column)

    def _restyle(self, numbers: list[int]) -> None:
        pending = iter(numbers)
        for number in pending:
            if number == 0:
                self._styles.clear()
            elif number in (38, 48):
                if colour := _colour(pending):
                    self._styles["front" if number == 38 else "back"] = f"{number};{colour}"
            elif number in _ENDS:
                self._styles.pop(_ENDS[number], None)
            elif about := _about(number):
                self._styles[about] = str(number)
        self._style = ";".join(self._styles.values())


def _about(number: int) -> str:
    if 30 <= number <= 37 or 90 <= number <= 97:
        return "front"
    if 40 <= number <= 47 or 100 <= number <= 107:
        return "back"
    return _ABOUT.get(number, "")


def _colour(numbers: Iterator[int]) -> str:
    """Read what follows 38 or 48: `5;N` or `2;R;G;B`; "" for what is neither."""
    kind = next(numbers, 0)
    wanted = {5: 1, 2: 3}.get(kind, 0)
    values = [str(value) for _, value in zip(range(wanted), numbers, strict=False)]
    return ";".join([str(kind), *values]) if wanted and len(values) == wanted else ""
