"""Streams of the API, read without I/O: bytes in, pieces out, however they were cut on their way.

Source: Docker Engine API v1.51, ContainerAttach, "Stream format".
"""

from __future__ import annotations

import codecs
import json
import struct
from collections.abc import Iterable, Iterator
from typing import Any

from jupyter_containers.errors import ContainersError

STDIN, STDOUT, STDERR, SYSTEM_ERROR = 0, 1, 2, 3

_HEADER = struct.Struct(">BxxxI")


class Demultiplexer:
    """Takes frames apart. A frame's payload is passed on as it comes: nothing waits for its end."""

    def __init__(self) -> None:
        self._head = b""
        self._stream = STDOUT
        self._missing = 0

    def feed(self, content: bytes) -> list[tuple[int, bytes]]:
        """Return the payloads in `content` as (stream, bytes). Raises ContainersError for what is no frame."""
        pieces: list[tuple[int, bytes]] = []
        place = 0
        while place < len(content):
            if not self._missing:
                taken = _HEADER.size - len(self._head)
                self._head += content[place : place + taken]
                place += taken
                self._begin()
                continue
            payload = content[place : place + self._missing]
            place += len(payload)
            self._missing -= len(payload)
            pieces.append((self._stream, payload))
        return pieces

    def _begin(self) -> None:
        if len(self._head) < _HEADER.size:
            return
        self._stream, self._missing = _HEADER.unpack(self._head)
        if self._stream > SYSTEM_ERROR or self._head[1:4] != b"\0\0\0":
            raise ContainersError(f"not a frame of a multiplexed stream: {self._head!r}")
        self._head = b""


class Decoder:
    """Turns the bytes of several streams into text; a character that was cut waits for its rest."""

    def __init__(self) -> None:
        self._decoders: dict[int, codecs.IncrementalDecoder] = {}

    def decode(self, stream: int, content: bytes) -> str:
        if stream not in self._decoders:
            self._decoders[stream] = codecs.getincrementaldecoder("utf-8")("replace")
        return self._decoders[stream].decode(content)


def json_lines(chunks: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the objects of an answer that has one on each line. Raises ContainersError for a line that is none."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (_object(line) for line in lines if line.strip())
    if rest.strip():
        yield _object(rest)


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ContainersError(f"not a JSON object in the daemon's answer: {line[:80]!r}")
    return value
