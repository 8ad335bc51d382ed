"""The container's log in Docker's json-file form: one JSON object per line of output, written as it comes.

A line longer than PIECE bytes becomes several objects of the same time, of which only the last ends with a line end;
what is left without one is written when the stream ends. The text is to the byte what dockerd writes, which escapes
more than JSON needs (for HTML) and makes U+FFFD of each byte that is not UTF-8.
Source: moby, daemon/logger/copier.go, loggerutils/logfile.go, jsonfilelog/jsonlog/jsonlogbytes.go.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator

from jupyter_containers.shim.protocol import STDERR, STDOUT, LogOptions

PIECE = 16 * 1024
_NAMES = {STDOUT: "stdout", STDERR: "stderr"}
# What is written otherwise than it is, besides line ends; the backslash first, because the others become some.
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\r": "\\r"} | {
    character: f"\\u{ord(character):04x}"
    for character in (*map(chr, range(0x20)), "<", ">", "&", "\u2028", "\u2029")
    if character not in "\r\n"
}
# Bytes that are not UTF-8 are decoded to U+DC80 and above (surrogateescape).
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_SPECIAL = re.compile(f"[{re.escape(''.join(_ESCAPES))}\udc80-\udcff]")


class JsonFileLog:
    """One container's log file, opened for appending; kept across restarts of the container."""

    def __init__(self, options: LogOptions, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._options = options
        self._clock_ns = clock_ns
        self._clock_text = _Clock()
        self._rest = {STDOUT: b"", STDERR: b""}
        # When the first piece of a line came whose end has not come yet.
        self._begun: dict[int, int] = {}
        self._fd = self._open()
        self._size = os.fstat(self._fd).st_size

    def write(self, stream: int, content: bytes) -> None:
        """Add what a stream has written; whole lines go out, a piece of a line waits for its end."""
        content = self._rest[stream] + content
        lines = content.split(b"\n")
        self._rest[stream] = lines.pop()
        if len(self._rest[stream]) >= PIECE or stream in self._begun or any(len(line) >= PIECE for line in lines):
            self._write(self._long_lines(stream, lines))
        elif lines:
            # Decoded at once: a line end is never part of another character.
            text = content[: len(content) - len(self._rest[stream]) - 1]
            now = self._clock_ns()
            self._write(self._entries(stream, [f"{line}\\n" for line in _quoted(text).split("\n")], now))

    def _long_lines(self, stream: int, lines: list[bytes]) -> Iterator[str]:
        now = self._clock_ns()
        for number, line in enumerate(lines):
            at_ns = self._begun.pop(stream, now + number)
            *pieces, last = _cut(line)
            for piece in (*map(_quoted, pieces), f"{_quoted(last)}\\n"):
                yield from self._entries(stream, [piece], at_ns)
        *pieces, self._rest[stream] = _cut(self._rest[stream])
        for part in pieces:
            yield from self._entries(stream, [_quoted(part)], self._begun.setdefault(stream, now + len(lines)))

    def finish(self) -> None:
        """Write what never got its line end, and close the file."""
        for stream, rest in self._rest.items():
            if rest:
                self._write(self._entries(stream, [_quoted(rest)], self._begun.get(stream) or self._clock_ns()))
        os.close(self._fd)

    def _entries(self, stream: int, quoted: Iterable[str], at_ns: int) -> Iterator[str]:
        """Lines that came together still differ in time, or `logs --since` could not tell them apart."""
        second, nanoseconds = divmod(at_ns, 10**9)
        middle = f'","stream":"{_NAMES[stream]}","time":"{self._clock_text.until_second(second)}'
        return (f'{{"log":"{text}{middle}{_fraction(number)}Z"}}\n' for number, text in enumerate(quoted, nanoseconds))

    # --- the file ----------------------------------------------------------------------------------------------------

    def _write(self, entries: Iterable[str]) -> None:
        if not self._options.max_bytes:
            self._append("".join(entries).encode())
            return
        for entry in entries:
            if self._size >= self._options.max_bytes:
                self._rotate()
            self._append(entry.encode())

    def _append(self, content: bytes) -> None:
        self._size += len(content)
        rest = memoryview(content)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError:
            # A full disk must not stop the container, which is what an unread pipe would do: the output is lost.
            self._size = os.fstat(self._fd).st_size

    def _rotate(self) -> None:
        path = self._options.path
        os.close(self._fd)
        for number in range(self._options.max_files - 1, 0, -1):
            older = f"{path}.{number}"
            newer = f"{path}.{number - 1}" if number > 1 else path
            if os.path.exists(newer):
                os.replace(newer, older)
        if self._options.max_files <= 1:
            os.unlink(path)
        self._fd, self._size = self._open(), 0

    def _open(self) -> int:
        return os.open(self._options.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)


def _cut(line: bytes) -> list[bytes]:
    """Cut into pieces of PIECE bytes and a last, shorter one, which may be empty."""
    return [line[begin : begin + PIECE] for begin in range(0, len(line) + 1, PIECE)]


def _quoted(text: bytes) -> str:
    decoded = text.decode("utf-8", "surrogateescape")
    if not _SPECIAL.search(decoded):
        return decoded
    # One pass for each is much faster than one that decides for each character.
    for character, escape in _ESCAPES.items():
        decoded = decoded.replace(character, escape)
    return _NOT_UTF8.sub(r"\\ufffd", decoded)


def _fraction(nanoseconds: int) -> str:
    """Write them as Go's RFC3339Nano does, without zeros at the end."""
    # A batch that began in the last microseconds of a second stays in it.
    text = f".{min(nanoseconds, 10**9 - 1):09d}"
    return text if nanoseconds % 10 else text.rstrip("0").rstrip(".")


class _Clock:
    """Writes times up to the second, which is the same for many lines."""

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def until_second(self, second: int) -> str:
        if second != self._second:
            self._second, self._text = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return self._text
