"""Docker's times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.api.wire.times import ZERO_TIME, parse_time, rfc3339, rfc3339_fixed
from jupyter_containers.errors import InvalidParameter

NOW = 1_767_323_045_123_456_789


def test_times_are_printed_as_go_does() -> None:
    assert rfc3339(0) == ZERO_TIME
    assert rfc3339(NOW) == "2026-01-02T03:04:05.123456789Z"
    assert rfc3339(1_767_323_045_120_000_000) == "2026-01-02T03:04:05.12Z"
    assert rfc3339(1_767_323_045_000_000_000) == "2026-01-02T03:04:05Z"
    assert rfc3339_fixed(1_767_323_045_120_000_000) == "2026-01-02T03:04:05.120000000Z"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("1767323045", 1_767_323_045 * 10**9),
        ("1767323045.5", 1_767_323_045_500_000_000),
        ("1767323045.000000001", 1_767_323_045_000_000_001),
        ("10m", NOW - 600 * 10**9),
        ("1h30m", NOW - 5400 * 10**9),
        ("1.5s", NOW - 1_500_000_000),
        ("2026-01-02T03:04:05.123456789Z", NOW),
        ("2026-01-02T04:04:05+01:00", 1_767_323_045 * 10**9),
        ("2026-01-02", 1_767_312_000 * 10**9),
    ],
)
def test_times_are_read_as_people_and_clients_write_them(text: str, expected: int) -> None:
    assert parse_time(text, "since", now=NOW) == expected


@pytest.mark.parametrize("text", ["zz", "10x", "2026-99-01", "1.2.3"])
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidParameter, match="parameter since must be"):
        parse_time(text, "since", now=NOW)


@pytest.mark.parametrize("end", ["", "x", "h" * 200_000], ids=["number", "word", "duration"])
def test_what_is_long_is_refused_at_once(end: str) -> None:
    """Whoever may only look could keep the daemon busy for hours with one moment."""
    with pytest.raises(InvalidParameter, match="parameter since must be seconds") as failure:
        parse_time("1" * 200_000 + end, "since", now=NOW)
    assert len(failure.value.message) < 300


@given(st.integers(1, 4 * 10**18))
def test_what_is_printed_is_read_back(moment: int) -> None:
    assert parse_time(rfc3339(moment), "t", now=0) == moment
    assert parse_time(rfc3339_fixed(moment), "t", now=0) == moment
