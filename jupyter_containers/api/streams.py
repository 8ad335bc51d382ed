"""Streams inside a raw connection: Docker's frames, and the keys that detach a terminal. Sans-I/O.

A frame is [stream, 0, 0, 0, length as big-endian u32] and the payload; with a terminal there are no frames.
Source: Docker Engine API v1.51, ContainerAttach, "Stream format".
"""

from __future__ import annotations

import struct

from jupyter_containers.errors import InvalidParameter

STDIN, STDOUT, STDERR = 0, 1, 2
RAW_STREAM = "application/vnd.docker.raw-stream"
MULTIPLEXED_STREAM = "application/vnd.docker.multiplexed-stream"
DEFAULT_DETACH_KEYS = "ctrl-p,ctrl-q"

_HEADER = struct.Struct(">BxxxI")
_CONTROL = {"@": 0, "[": 27, "\\": 28, "]": 29, "^": 30, "_": 31}


def frame(stream: int, payload: bytes) -> bytes:
    """Return one frame."""
    return frame_header(stream, len(payload)) + payload


def frame_header(stream: int, length: int) -> bytes:
    """Return what stands before a payload of so many bytes."""
    return _HEADER.pack(stream, length)


class Unframed:
    """Takes frames apart as they come: gives their payloads."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, content: bytes) -> list[bytes]:
        """Return the payloads, also the beginning of one that has not come whole."""
        self._rest += content
        payloads = []
        while len(self._rest) >= _HEADER.size:
            stream, length = _HEADER.unpack_from(self._rest)
            end = _HEADER.size + length
            payloads.append(self._rest[_HEADER.size : end])
            if len(self._rest) < end:
                # The rest of it is a frame of its own.
                self._rest = frame_header(stream, end - len(self._rest))
                break
            self._rest = self._rest[end:]
        return payloads


def stream_type(*, terminal: bool, version: tuple[int, int]) -> str:
    """Return the content type of a stream: the multiplexed one has its own name since API 1.42."""
    return MULTIPLEXED_STREAM if not terminal and version >= (1, 42) else RAW_STREAM


def parse_detach_keys(text: str) -> bytes:
    """Return the bytes of a sequence such as `ctrl-p,ctrl-q` or `a,b`. Raises InvalidParameter."""
    keys = bytearray()
    for part in text.split(",") if text else ():
        control = part.removeprefix("ctrl-") if part.startswith("ctrl-") else None
        if control is not None and len(control) == 1 and control.isascii() and control.isalpha():
            keys.append(ord(control.lower()) - ord("a") + 1)
        elif control is not None and control in _CONTROL:
            keys.append(_CONTROL[control])
        elif control is None and len(part) == 1 and part.isascii():
            keys.append(ord(part))
        else:
            raise InvalidParameter(f"Invalid detach keys ({text}) provided")
    return bytes(keys)


class DetachKeys:
    """Watches what is typed for the detach sequence; the first keys of it are held back until it is clear."""

    def __init__(self, keys: bytes) -> None:
        self._keys = keys
        self._held = b""

    def feed(self, typed: bytes) -> tuple[bytes, bool]:
        """Return what is to be passed on, and whether the sequence is complete; nothing is passed on behind it."""
        if not self._keys:
            return typed, False
        passed = bytearray()
        for place in range(len(typed)):
            key = typed[place : place + 1]
            self._held += key
            while self._held and not self._keys.startswith(self._held):
                # The keys held back were not the sequence, but its beginning may still be among them.
                passed += self._held[:1]
                self._held = self._held[1:]
            if self._held == self._keys:
                self._held = b""
                return bytes(passed), True
        return bytes(passed), False
