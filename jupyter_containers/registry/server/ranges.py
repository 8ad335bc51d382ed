"""Ranges of bytes: what a reader asks for, and what a writer says that it sends."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jupyter_containers.registry.server import refusals
from jupyter_containers.registry.server.refusals import Refusal

_WANTED = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})")
_SENT = re.compile(r"([0-9]{1,19})-([0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class Span:
    """`count` bytes from `start` on."""

    start: int
    count: int

    @property
    def last(self) -> int:
        return self.start + self.count - 1


def wanted(header: str | None, size: int) -> Span | None:
    """Return the one part that `Range` asks for of `size` bytes; None if it is absent.

    Raises Refusal (416) if no byte is in it, or if it is no single range: better than more than was asked for.
    Source: RFC 9110, section 14.2.
    """
    if header is None:
        return None
    match = _WANTED.fullmatch(header)
    first, last = match.groups() if match else ("", "")
    start, end = size, size - 1
    if first:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
    elif last:
        start = max(0, size - int(last))
    if end < start:
        raise Refusal(
            416, "SIZE_INVALID", f"range {header!r} is not in the {size} bytes", {"Content-Range": f"bytes */{size}"}
        )
    return Span(start, end - start + 1)


def sent(header: str | None, length: int | None) -> Span | None:
    """Return what `Content-Range` (first-last, both inclusive) announces; None if it is absent.

    Raises Refusal if it is none, or if `length`, the Content-Length, is another.
    """
    if header is None:
        return None
    match = _SENT.fullmatch(header.strip())
    if match is None or int(match[2]) < int(match[1]):
        raise refusals.bad_upload(f"not a Content-Range: {header!r}; it is FIRST-LAST, both included")
    span = Span(int(match[1]), int(match[2]) - int(match[1]) + 1)
    if length is not None and length != span.count:
        raise Refusal(400, "SIZE_INVALID", f"Content-Range {header} is {span.count} bytes, Content-Length {length}")
    return span


def received(offset: int) -> str:
    """Return `Range` of an upload that has `offset` bytes. For 0 there is no true one; servers say this."""
    return f"0-{max(0, offset - 1)}"
