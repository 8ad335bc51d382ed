"""Frames and detach keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.api.streams import (
    MULTIPLEXED_STREAM,
    RAW_STREAM,
    STDERR,
    DetachKeys,
    Unframed,
    frame,
    parse_detach_keys,
    stream_type,
)
from jupyter_containers.errors import InvalidParameter


def test_a_frame_has_stream_and_length_in_front() -> None:
    assert frame(STDERR, b"hi\n") == b"\x02\x00\x00\x00\x00\x00\x00\x03hi\n"


def test_frames_have_a_type_of_their_own_since_1_42() -> None:
    assert stream_type(terminal=False, version=(1, 42)) == MULTIPLEXED_STREAM
    assert stream_type(terminal=False, version=(1, 41)) == RAW_STREAM
    assert stream_type(terminal=True, version=(1, 51)) == RAW_STREAM


@pytest.mark.parametrize(
    ("text", "keys"),
    [("ctrl-p,ctrl-q", b"\x10\x11"), ("a", b"a"), ("ctrl-[,ctrl-@,ctrl-_", b"\x1b\x00\x1f"), ("", b"")],
)
def test_detach_keys_are_written_as_people_write_them(text: str, keys: bytes) -> None:
    assert parse_detach_keys(text) == keys


@pytest.mark.parametrize("text", ["ctrl-", "ctrl-pp", "ab", "ctrl-1", "a,,b", "é"])
def test_other_detach_keys_are_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidParameter, match=r"Invalid detach keys"):
        parse_detach_keys(text)


def test_a_broken_sequence_is_passed_on_whole() -> None:
    keys = DetachKeys(b"\x10\x11")
    assert keys.feed(b"a\x10") == (b"a", False)
    assert keys.feed(b"b") == (b"\x10b", False)


def test_a_repeated_first_key_begins_the_sequence_anew() -> None:
    assert DetachKeys(b"\x10\x11").feed(b"\x10\x10\x11rest") == (b"\x10", True)


@given(st.lists(st.binary(max_size=8)), st.binary(min_size=1, max_size=3))
def test_no_key_is_lost_or_changed_however_the_bytes_are_cut(chunks: list[bytes], sequence: bytes) -> None:
    watcher, passed = DetachKeys(sequence), b""
    for chunk in chunks:
        content, is_detached = watcher.feed(chunk)
        passed += content
        if is_detached:
            break
    typed = b"".join(chunks)
    place = typed.find(sequence)
    if place >= 0:
        assert passed == typed[:place]
    else:
        assert typed.startswith(passed)
        assert sequence.startswith(typed[len(passed) :])


@given(st.lists(st.tuples(st.integers(0, 2), st.binary(max_size=20)), max_size=8), st.integers(1, 9))
def test_frames_come_apart_however_they_are_cut(parts: list[tuple[int, bytes]], size: int) -> None:
    whole, unframed = b"".join(frame(stream, payload) for stream, payload in parts), Unframed()
    found = [p for at in range(0, len(whole), size) for p in unframed.feed(whole[at : at + size])]
    assert b"".join(found) == b"".join(payload for _, payload in parts)
