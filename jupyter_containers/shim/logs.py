"""The container's log in Docker's json-file form: one JSON object per line of output, written as it comes.

A line longer than PIECE bytes becomes several objects, of which only the last ends with a line end; what is left
without one is written when the stream ends. Source: moby, daemon/logger/copier.go and jsonfilelog.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

from jupyter_containers.shim.protocol import STDERR, STDOUT, LogOptions

PIECE = 16 * 1024
_NAMES = {STDOUT: "stdout", STDERR: "stderr"}


class JsonFileLog:
    """One container's log file, opened for appending; kept across restarts of the container."""

    def __init__(self, options: LogOptions, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._options = options
        self._clock_ns = clock_ns
        self._rest = {STDOUT: b"", STDERR: b""}
        self._fd = self._open()
        self._size = os.fstat(self._fd).st_size

    def write(self, stream: int, content: bytes) -> None:
        """Add what a stream has written; whole lines go out, a piece of a line waits for its end."""
        content = self._rest[stream] + content
        pieces, position = [], 0
        while position < len(content):
            end = content.find(b"\n", position, position + PIECE) + 1
            if not end:
                if len(content) - position < PIECE:
                    break
                end = position + PIECE
            pieces.append(content[position:end])
            position = end
        self._rest[stream] = content[position:]
        if pieces:
            self._append(stream, pieces)

    def finish(self) -> None:
        """Write what never got its line end, and close the file."""
        for stream, rest in self._rest.items():
            if rest:
                self._append(stream, [rest])
        os.close(self._fd)

    def _append(self, stream: int, pieces: list[bytes]) -> None:
        # Lines that came together still differ in time, or `logs --since` could not tell them apart.
        now, name = self._clock_ns(), _NAMES[stream]
        lines = [
            f'{{"log":{_quoted(piece)},"stream":"{name}","time":"{_rfc3339(now + number)}"}}\n'.encode()
            for number, piece in enumerate(pieces)
        ]
        content = b"".join(lines)
        limit = self._options.max_bytes
        if limit and self._size and self._size + len(content) > limit:
            self._rotate()
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


def _quoted(piece: bytes) -> str:
    return json.dumps(piece.decode("utf-8", "replace"), ensure_ascii=False)


def _rfc3339(at_ns: int) -> str:
    seconds, nanoseconds = divmod(at_ns, 10**9)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{nanoseconds:09d}Z"
