"""Tests of client.streams."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.client.streams import Decoder, Demultiplexer, json_lines
from jupyter_containers.errors import ContainersError


def frame(stream: int, payload: bytes) -> bytes:
    return struct.pack(">BxxxI", stream, len(payload)) + payload


def test_frames_become_payloads_with_their_stream() -> None:
    assert Demultiplexer().feed(frame(1, b"out") + frame(2, b"err")) == [(1, b"out"), (2, b"err")]


def test_a_payload_does_not_wait_for_the_end_of_its_frame() -> None:
    frames = Demultiplexer()
    assert frames.feed(frame(1, b"long")[:-2]) == [(1, b"lo")]
    assert frames.feed(b"ng") == [(1, b"ng")]


def test_an_empty_frame_is_nothing() -> None:
    assert Demultiplexer().feed(frame(1, b"") + frame(1, b"x")) == [(1, b"x")]


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=20)), max_size=8), st.lists(st.integers(1, 7)))
def test_cuts_on_the_way_change_nothing(pieces: list[tuple[int, bytes]], cuts: list[int]) -> None:
    content = b"".join(frame(*piece) for piece in pieces)
    frames, seen = Demultiplexer(), {1: b"", 2: b""}
    for length in [*cuts, len(content)]:
        for stream, payload in frames.feed(content[:length]):
            seen[stream] += payload
        content = content[length:]
    assert seen == {stream: b"".join(p for s, p in pieces if s == stream) for stream in (1, 2)}


@pytest.mark.parametrize("content", [b"HTTP/1.1 500", b"\x07\0\0\0\0\0\0\1x"])
def test_what_is_no_frame_is_refused(content: bytes) -> None:
    with pytest.raises(ContainersError, match="not a frame"):
        Demultiplexer().feed(content)


def test_a_character_that_was_cut_waits_for_its_rest() -> None:
    decoder, content = Decoder(), "ä".encode()
    assert (decoder.decode(1, content[:1]), decoder.decode(2, b"x"), decoder.decode(1, content[1:])) == ("", "x", "ä")


def test_lines_may_be_cut_anywhere() -> None:
    assert list(json_lines([b'{"a"', b': 1}\r\n{"b": 2}', b"\n\n", b'{"c": 3}'])) == [{"a": 1}, {"b": 2}, {"c": 3}]


@pytest.mark.parametrize("line", [b"oops\n", b"[1]\n", b'{"a": '])
def test_a_line_that_is_no_object_is_refused(line: bytes) -> None:
    with pytest.raises(ContainersError, match="not a JSON object"):
        list(json_lines([line]))
