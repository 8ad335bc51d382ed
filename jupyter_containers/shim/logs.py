"""The container's log: output cut into lines, each an entry with its time, in the form of the log driver.

A line longer than PIECE bytes becomes several entries of the same time, of which only the last ends with a line end;
what is left without one is written when the stream ends. Source: moby, daemon/logger/copier.go.

    write ─▶ lines and pieces ─▶ json_log.py or local_log.py ─▶ log_file.py
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from jupyter_containers.shim.json_log import JsonLines
from jupyter_containers.shim.local_log import MAX_RECORD, Records
from jupyter_containers.shim.log_file import RotatedFile
from jupyter_containers.shim.protocol import STDERR, STDOUT, LogOptions

PIECE = 16 * 1024
BATCH = 8 * 1024


class ContainerLog:
    """One container's log, opened for appending; kept across restarts of the container."""

    def __init__(self, options: LogOptions, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._clock_ns = clock_ns
        self._last_ns = 0
        self._form: JsonLines | Records
        if options.driver == "local":
            self._form = Records(options.max_bytes or MAX_RECORD)
        else:
            self._form = JsonLines(options.attributes)
        self._rest = {STDOUT: b"", STDERR: b""}
        # When the first piece of a line came whose end has not come yet.
        self._begun: dict[int, int] = {}
        self._form.mend(options.path)
        self._file = RotatedFile(options, self._form.cut)

    def write(self, stream: int, content: bytes) -> None:
        """Add what a stream has written; whole lines go out, a piece of a line waits for its end."""
        content = self._rest[stream] + content
        end = content.rfind(b"\n") + 1
        if stream in self._begun or len(content) - end >= PIECE or _has_long_line(content[:end]):
            *lines, self._rest[stream] = content.split(b"\n")
            self._file.append(b"".join(self._long_lines(stream, lines)))
        else:
            self._rest[stream] = content[end:]
            self._whole_lines(stream, content, end)

    def _whole_lines(self, stream: int, content: bytes, end: int) -> None:
        """Write the lines up to `end`, some at a time: a shim keeps the memory that it has once needed."""
        begin = 0
        while begin < end:
            cut = content.rfind(b"\n", begin, min(begin + BATCH, end)) + 1 or content.index(b"\n", begin) + 1
            self._file.append(self._form.lines(stream, content[begin:cut], self._now(content.count(b"\n", begin, cut))))
            begin = cut

    def _long_lines(self, stream: int, lines: list[bytes]) -> Iterator[bytes]:
        for line in lines:
            at_ns = self._begun.pop(stream, 0) or self._now()
            *pieces, last = _cut(line)
            for piece in pieces:
                yield self._form.piece(stream, piece, at_ns, ends=False)
            yield self._form.piece(stream, last, at_ns, ends=True)
        *pieces, self._rest[stream] = _cut(self._rest[stream])
        for piece in pieces:
            at_ns = self._begun.get(stream, 0) or self._begun.setdefault(stream, self._now())
            yield self._form.piece(stream, piece, at_ns, ends=False)

    def finish(self) -> None:
        """Write what never got its line end, and close the files."""
        for stream, rest in self._rest.items():
            if rest:
                at_ns = self._begun.get(stream, 0) or self._now()
                self._file.append(self._form.piece(stream, rest, at_ns, ends=False))
        self._file.close()

    def _now(self, count: int = 1) -> int:
        """Return the first of `count` times that follow each other, all later than those before."""
        first = max(self._clock_ns(), self._last_ns + 1)
        self._last_ns = first + count - 1
        return first


def _has_long_line(content: bytes) -> bool:
    """Tell whether one of these whole lines has PIECE bytes or more, without making an object of each."""
    begin = 0
    while len(content) - begin > PIECE:
        begin = content.rfind(b"\n", begin, begin + PIECE) + 1
        if not begin:
            return True
    return False


def _cut(line: bytes) -> list[bytes]:
    """Cut into pieces of PIECE bytes and a last, shorter one, which may be empty."""
    return [line[begin : begin + PIECE] for begin in range(0, len(line) + 1, PIECE)]
