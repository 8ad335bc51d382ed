"""A log's entries in Docker's json-file form: one JSON object per line of output.

The text is to the byte what dockerd writes, which escapes more than JSON needs (for HTML) and makes U+FFFD of each
byte that is not UTF-8. Source: moby, daemon/logger/jsonfilelog/jsonlog/jsonlogbytes.go.
"""

from __future__ import annotations

import os
import re
import time
from functools import cache
from itertools import chain, islice, repeat

from jupyter_containers.shim.protocol import STDERR, STDOUT

_NAMES = {STDOUT: b"stdout", STDERR: b"stderr"}
# What is written otherwise than it is, besides line ends; the backslash first, because the others become some.
_USUAL = ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\r", b"\\r"), (b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"),
          (b"\t", b"\\u0009"), (b"\x1b", b"\\u001b"))  # fmt: skip
_CONTROLS = {bytes([code]): b"\\u%04x" % code for code in range(0x20) if code not in b"\n\r\t\x1b"}
_SEPARATORS = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))
_NOT_CONTROLS = bytes(code for code in range(256) if bytes([code]) not in _CONTROLS)
# Bytes that are not UTF-8 are decoded to U+DC80 and above (surrogateescape).
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
# Lines whose times differ only in the last three digits are put together at once.
_THOUSAND = 1000


class JsonLines:
    """`attributes` is a JSON object that each entry has, or empty."""

    def __init__(self, attributes: str = "") -> None:
        self._attributes = f'"attrs":{attributes},'.encode() if attributes else b""
        self._second = -1
        self._text = b""

    def piece(self, stream: int, content: bytes, at_ns: int, *, ends: bool) -> bytes:
        """Return the entry of a line, or of a piece of one; `ends` with a line end."""
        line_end = b"\\n" if ends else b""
        return b'{"log":"%s%s%s%s"}\n' % (quoted(content), line_end, self._middle(stream, at_ns), _fraction(at_ns))

    def lines(self, stream: int, content: bytes, at_ns: int) -> bytes:
        """Return the entries of whole lines. They came together and still differ in time, by a nanosecond each, or
        `logs --since` could not tell them apart."""
        lines = quoted(content[:-1]).split(b"\n")
        if len(lines) == 1:
            return self.piece(stream, content[:-1], at_ns, ends=True)
        parts, waiting = [], iter(lines)
        while group := list(islice(waiting, _THOUSAND - at_ns % _THOUSAND)):
            middle = b"\\n%s.%06d" % (self._middle(stream, at_ns), at_ns // _THOUSAND % 10**6)
            endings = islice(_endings(), at_ns % _THOUSAND, None)
            parts += [b'{"log":"', *chain.from_iterable(zip(group, repeat(middle), endings, strict=False))]
            parts[-1] = parts[-1].removesuffix(b'{"log":"')
            at_ns += len(group)
        return b"".join(parts)

    def _middle(self, stream: int, at_ns: int) -> bytes:
        second = at_ns // 10**9
        if second != self._second:
            self._second, self._text = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)).encode()
        return b'","stream":"%s",%s"time":"%s' % (_NAMES[stream], self._attributes, self._text)

    @staticmethod
    def mend(path: str) -> None:
        """End half a line at the end of a file, as a host that lost its power leaves it: the next is not lost, too."""
        try:
            file = open(path, "r+b", buffering=0)  # noqa: SIM115 - closed below
        except FileNotFoundError:
            return
        with file:
            if file.seek(0, os.SEEK_END) and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n":
                file.write(b"\n")

    @staticmethod
    def cut(content: bytes, size: int) -> int:
        """Return where the entry ends that reaches `size`, or the end."""
        return (content.find(b"\n", max(size - 1, 0)) + 1) or len(content)


@cache
def _endings() -> tuple[bytes, ...]:
    """Return what stands between the sixth digit of a line's time and the next line."""
    return tuple(b'%sZ"}\n{"log":"' % f"{number:03d}".encode() for number in range(_THOUSAND))


def quoted(text: bytes) -> bytes:
    """Return text as it stands in a JSON string; line ends are left."""
    if not text.isascii():
        text = _as_utf8(text)
        for character, escape in _SEPARATORS:
            text = text.replace(character, escape)
    elif b"\\" in text:
        text = text.replace(b"\\", b"\\\\")
    for character, escape in _USUAL[1:]:
        if character in text:
            text = text.replace(character, escape)
    if controls := set(text.translate(None, _NOT_CONTROLS)):
        for code in controls:
            text = text.replace(bytes([code]), _CONTROLS[bytes([code])])
    return text


def _as_utf8(text: bytes) -> bytes:
    """Return it with backslashes escaped, and with an escape for each byte that is not UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        decoded = text.decode("utf-8", "surrogateescape").replace("\\", "\\\\")
        return _NOT_UTF8.sub(r"\\ufffd", decoded).encode()
    return text.replace(b"\\", b"\\\\")


def _fraction(at_ns: int) -> bytes:
    """Write the nanoseconds as Go's RFC3339Nano does, without zeros at the end."""
    nanoseconds = at_ns % 10**9
    return f".{nanoseconds:09d}".rstrip("0").rstrip(".").encode() + b"Z"
