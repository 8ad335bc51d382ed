"""Tests of registry.server.ranges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.registry.server import ranges
from jupyter_containers.registry.server.ranges import Span
from jupyter_containers.registry.server.refusals import Refusal


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (None, None),
        ("bytes=0-", Span(0, 100)),
        ("bytes=10-19", Span(10, 10)),
        ("bytes=99-99", Span(99, 1)),
        ("bytes=50-5000", Span(50, 50)),
        ("bytes=-10", Span(90, 10)),
        ("bytes=-1000", Span(0, 100)),
    ],
)
def test_the_part_that_is_wanted(header: str | None, span: Span | None) -> None:
    assert ranges.wanted(header, 100) == span


@pytest.mark.parametrize(
    "header", ["bytes=100-", "bytes=-0", "bytes=5-4", "bytes=-", "bytes=0-1,3-4", "lines=1-2", "", "bytes=a-b"]
)
def test_a_part_that_is_not_there(header: str) -> None:
    with pytest.raises(Refusal) as refused:
        ranges.wanted(header, 100)
    assert refused.value.answer_status == 416
    assert refused.value.headers == {"Content-Range": "bytes */100"}


@given(st.text(alphabet="bytes=-,0123456789 ", max_size=30) | st.from_regex(r"bytes=\d*-\d*"), st.integers(0, 1000))
def test_a_part_lies_within(header: str, size: int) -> None:
    try:
        span = ranges.wanted(header, size)
    except Refusal:
        return
    assert span is not None
    assert 0 <= span.start <= span.last < size


def test_what_a_writer_announces() -> None:
    assert ranges.sent(None, 5) is None
    assert ranges.sent("0-4", 5) == Span(0, 5)
    assert ranges.sent("10-19", None) == Span(10, 10)


@pytest.mark.parametrize("header", ["", "5", "5-4", "bytes 0-4/10", "-1-4", "0-x", "٣-٤"])
def test_what_announces_nothing(header: str) -> None:
    with pytest.raises(Refusal) as refused:
        ranges.sent(header, None)
    assert (refused.value.answer_status, refused.value.code) == (400, "BLOB_UPLOAD_INVALID")


def test_two_lengths_are_refused() -> None:
    with pytest.raises(Refusal) as refused:
        ranges.sent("0-4", 6)
    assert refused.value.code == "SIZE_INVALID"


def test_what_was_received() -> None:
    assert ranges.received(1000) == "0-999"
    assert ranges.received(0) == "0-0"
