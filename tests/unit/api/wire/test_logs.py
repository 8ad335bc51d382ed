"""Logs on the wire: a frame for each entry, times and details before it."""

from __future__ import annotations

from jupyter_containers.api.streams import frame
from jupyter_containers.api.wire.logs import MAX_HEADERS, details, log_bytes
from jupyter_containers.engine.containers.log_entries import Entries
from jupyter_containers.shim.protocol import STDERR, STDOUT

TIME = b"2026-01-02T03:04:05.12Z"
ENTRIES = Entries([STDOUT, STDERR], [b"a\n", b"bc"], [TIME, TIME], [b'{"b":"x y/z","a":"1"}', b""])


def test_each_entry_has_a_frame_of_its_stream() -> None:
    assert log_bytes(ENTRIES, terminal=False) == frame(STDOUT, b"a\n") + frame(STDERR, b"bc")
    assert log_bytes(ENTRIES.after(1), terminal=False) == frame(STDERR, b"bc")
    assert log_bytes(Entries(), terminal=False) == b""


def test_a_terminal_has_none() -> None:
    assert log_bytes(ENTRIES, terminal=True) == b"a\nbc"


def test_times_stand_before_details() -> None:
    written = log_bytes(ENTRIES, terminal=True, with_times=True, with_details=True)
    assert written == (b"2026-01-02T03:04:05.120000000Z a=1,b=x+y%2Fz a\n" + b"2026-01-02T03:04:05.120000000Z  bc")
    assert details(b"") == b""


def test_lines_of_many_lengths_have_the_right_headers() -> None:
    contents = [b"x" * length for length in range(MAX_HEADERS + 10)]
    count = len(contents)
    entries = Entries([STDOUT] * count, contents, [TIME] * count, [b""] * count)
    assert log_bytes(entries, terminal=False) == b"".join(frame(STDOUT, content) for content in contents)
