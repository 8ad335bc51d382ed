"""A log as it goes out: raw from a terminal, else a frame for each entry; with times and details if wanted."""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import chain
from urllib.parse import quote_plus

from jupyter_containers.api.streams import frame_header
from jupyter_containers.engine.containers.log_entries import Entries, fixed_time

# As many lengths of lines as are remembered.
MAX_HEADERS = 4096


class _Headers(dict[int, bytes]):
    """Frame headers by length: most lines are as long as another one before."""

    def __init__(self, stream: int) -> None:
        super().__init__()
        self._stream = stream

    def __missing__(self, length: int) -> bytes:
        if len(self) >= MAX_HEADERS:
            self.clear()
        header = self[length] = frame_header(self._stream, length)
        return header


def log_bytes(entries: Entries, *, terminal: bool, with_times: bool = False, with_details: bool = False) -> bytes:
    """Return entries as they go out."""
    contents = entries.contents
    if with_details:
        contents = [b"%s %s" % (details(a), c) for a, c in zip(entries.attributes, contents, strict=True)]
    if with_times:
        contents = [b"%s %s" % (fixed_time(t), c) for t, c in zip(entries.times, contents, strict=True)]
    if terminal:
        return b"".join(contents)
    headers = {stream: _Headers(stream) for stream in set(entries.streams)}
    if len(headers) == 1:
        heads = map(headers[entries.streams[0]].__getitem__, map(len, contents))
        return b"".join(chain.from_iterable(zip(heads, contents, strict=True)))
    pairs = zip(entries.streams, contents, strict=True)
    return b"".join([part for stream, content in pairs for part in (headers[stream][len(content)], content)])


@lru_cache(maxsize=64)
def details(attributes: bytes) -> bytes:
    """Return `key=value,key=value` of an entry's attributes, escaped as in a query."""
    found = json.loads(attributes) if attributes else {}
    return ",".join(f"{quote_plus(key)}={quote_plus(found[key])}" for key in sorted(found)).encode()
