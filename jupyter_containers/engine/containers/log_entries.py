"""Entries of a log from the bytes of its files, in columns: a log may have a million of them in a second. Pure.

json-file: {"log":"text\\n","stream":"stdout","attrs":{…},"time":"RFC 3339 with nanoseconds"}, a line each. What our
shim and dockerd write is read all at once; a chunk with anything else in it is read line by line. local: see
shim/local_log.py.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import compress

from jupyter_containers.shim import local_log
from jupyter_containers.shim.protocol import STDERR, STDOUT

_BEGIN = b'{"log":"'
_BETWEEN = re.compile(
    rb'\\n","stream":"(std(?:out|err))",(?:"attrs":(\{[^\n]*?\}),)?"time":"([^"\n]*)"\}\n' + re.escape(_BEGIN)
)
_COLUMNS = 4
_NUMBERS = {b"stdout": STDOUT, b"stderr": STDERR, "stdout": STDOUT, "stderr": STDERR}
_CODE = re.compile(rb"\\u([0-9a-f]{4})")


@dataclass(frozen=True, slots=True)
class Entries:
    """Some entries in their order: what the n-th is, is the n-th of each list.

    `times` are RFC 3339 with up to nine digits of a second, `attributes` JSON objects or empty.
    """

    streams: list[int] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    times: list[bytes] = field(default_factory=list)
    attributes: list[bytes] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.contents)

    def chosen(self, wanted: Iterable[bool]) -> Entries:
        """Return those entries for which `wanted` is true."""
        flags = list(wanted)
        if all(flags):
            return self
        return Entries(
            list(compress(self.streams, flags)),
            *(list(compress(column, flags)) for column in (self.contents, self.times, self.attributes)),
        )

    def after(self, count: int) -> Entries:
        """Return all but the first `count`."""
        return Entries(self.streams[count:], self.contents[count:], self.times[count:], self.attributes[count:])


LAST_NS = 253_402_300_800 * 10**9 - 1


# Takes the bytes of a file from an entry's beginning on; returns the whole entries, and where they end.
Decode = Callable[[bytes], tuple[Entries, int]]


def decode_json(content: bytes) -> tuple[Entries, int]:
    """Read the whole lines at the beginning of `content`."""
    end = content.rfind(b"\n") + 1
    if not end:
        return Entries(), 0
    return _decode_at_once(content[:end]) or _decode_lines(content[:end].split(b"\n")), end


def _decode_at_once(content: bytes) -> Entries | None:
    """Read lines that are all as our shim writes them; None when one is not."""
    if not content.startswith(_BEGIN):
        return None
    content = content[len(_BEGIN) :] + _BEGIN
    parts = _BETWEEN.split(content)
    streams, attributes, times = (parts[column::_COLUMNS] for column in (1, 2, 3))
    contents = _unquoted(parts[:-1:_COLUMNS])
    if contents is None or parts[-1]:
        return None
    return Entries([_NUMBERS[stream] for stream in streams], contents, times, [text or b"" for text in attributes])


def _unquoted(texts: list[bytes]) -> list[bytes] | None:
    """Return the lines that JSON strings say, which are without their escaped ends; None when one is more, or less."""
    whole = b"".join(texts)
    if b"\n" in whole:
        return None  # an entry that is not as the others
    if b"\\" in whole:
        # Behind a double backslash nothing is an escape.
        parts = [_unescaped(part) for part in b"\n".join(texts).split(b"\\\\")]
        if any(b"\\" in part for part in parts):
            return None
        texts = b"\\".join(parts).split(b"\n")
    return [text + b"\n" for text in texts]


def _unescaped(text: bytes) -> bytes:
    """Return text without escapes; a backslash stays where there is one that is none of ours."""
    if b"\\" not in text:
        return text
    text = text.replace(b'\\"', b'"').replace(b"\\r", b"\r")
    for code in set(_CODE.findall(text)):
        text = text.replace(b"\\u" + code, chr(int(code, 16)).encode("utf-8", "surrogatepass"))
    return text


def _decode_lines(lines: Iterable[bytes]) -> Entries:
    """Read line by line, and leave out what a crash in the middle of a write left."""
    entries = Entries()
    for line in lines:
        try:
            found = json.loads(line)
            stream, content, at = (
                _NUMBERS[found["stream"]],
                found["log"].encode("utf-8", "surrogatepass"),
                found["time"],
            )
            attributes = json.dumps(found["attrs"]).encode() if found.get("attrs") else b""
            entries.times.append(fixed_time(at.encode()))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        entries.streams.append(stream)
        entries.contents.append(content)
        entries.attributes.append(attributes)
    return entries


def decode_local(content: bytes) -> tuple[Entries, int]:
    """Read the whole records at the beginning of `content`."""
    entries = Entries()
    records, end = local_log.unpack(content)
    for stream, output, at_ns in records:
        lines = list(local_log.lines_of(output))
        entries.streams.extend([stream] * len(lines))
        entries.contents.extend(lines)
        entries.times.extend(times_from(at_ns, len(lines)))
        entries.attributes.extend([b""] * len(lines))
    return entries, end


DECODERS: dict[str, Decode] = {"json-file": decode_json, "local": decode_local}


# --- times -----------------------------------------------------------------------------------------------------------


def fixed_time(text: bytes) -> bytes:
    """Return `2026-01-02T03:04:05.12Z` with all nine digits of a second: such texts sort as the times do.

    Raises ValueError for what is no time.
    """
    if len(text) == 30:
        return text
    if len(text) < 20 or text[10:11] != b"T" or not text.endswith(b"Z"):
        raise ValueError(f"not a time in UTC: {text!r}")
    return b"%s.%sZ" % (text[:19], text[20:-1].ljust(9, b"0")[:9])


def time_text(at_ns: int) -> bytes:
    """Return nanoseconds since the epoch in that form; what is before it or after the year 9999 is cut to that."""
    second, nanoseconds = divmod(min(max(at_ns, 0), LAST_NS), 10**9)
    return b"%s.%09dZ" % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)).encode(), nanoseconds)


def times_from(at_ns: int, count: int) -> list[bytes]:
    """Return `count` times, a nanosecond after each other."""
    second, first = divmod(at_ns, 10**9)
    if first + count > 10**9 or count < 4:
        return [time_text(at_ns + number) for number in range(count)]
    form = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)).encode() + b".%09dZ"
    return [form % number for number in range(first, first + count)]
