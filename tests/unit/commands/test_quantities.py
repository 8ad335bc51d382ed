"""Tests of commands.quantities."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jupyter_containers.commands.quantities import (
    ago,
    duration_text,
    nanoseconds,
    positive_number,
    size_in_bytes,
    size_or_all,
    size_text,
    timestamp,
)
from jupyter_containers.errors import InvalidParameter


@pytest.mark.parametrize(
    ("text", "count"),
    [("64m", 64 << 20), ("1.5g", 3 << 29), ("4096", 4096), ("1kb", 1024), ("2MiB", 2 << 20), ("3 K", 3072), ("1b", 1)],
)
def test_sizes_are_read_as_docker_reads_them(text: str, count: int) -> None:
    assert size_in_bytes(text) == count


@pytest.mark.parametrize("text", ["", "m", "-1m", "1x", "1e3", "64 mega"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="not a size"):
        size_in_bytes(text)


@pytest.mark.parametrize("text", ["0", "-1", "x", "nan", "inf"])
def test_what_is_no_positive_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="not a positive number"):
        positive_number(text)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0B"), (951, "951B"), (999_499, "999kB"), (999_600, "1MB"), (1982434, "1.98MB"), (5e9, "5GB"), (2e15, "2PB")],
)
def test_sizes_are_written_as_docker_writes_them(count: float, text: str) -> None:
    assert size_text(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.0456, "46 ms"),
        (0.0996, "0.10 s"),
        (2.345, "2.35 s"),
        (9.999, "10.0 s"),
        (59.0, "59.0 s"),
        (125, "2 min 5 s"),
        (7300, "2 h 1 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
    assert duration_text(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "Less than a second ago"),
        (1, "1 second ago"),
        (59, "59 seconds ago"),
        (60, "About a minute ago"),
        (180, "3 minutes ago"),
        (3600, "About an hour ago"),
        (7200, "2 hours ago"),
        (3 * 86400, "3 days ago"),
        (15 * 86400, "2 weeks ago"),
        (800 * 86400, "2 years ago"),
    ],
)
def test_ages(seconds: float, text: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert ago(now - timedelta(seconds=seconds), now) == text


@pytest.mark.parametrize(
    ("text", "read"), [("10s", 10**10), ("1m30s", 90 * 10**9), ("500ms", 5 * 10**8), ("1.5h", 5400 * 10**9)]
)
def test_times_are_nanoseconds(text: str, read: int) -> None:
    assert nanoseconds(text) == read


@pytest.mark.parametrize("text", ["", "10", "s", "10 s", "-1s"])
def test_other_words_are_no_times(text: str) -> None:
    with pytest.raises(InvalidParameter, match="not a time"):
        nanoseconds(text)


def test_a_size_may_be_all() -> None:
    assert (size_or_all("-1"), size_or_all("1k")) == (-1, 1024)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", ""),
        ("1700000000", "1700000000"),
        ("1700000000.5", "1700000000.5"),
        ("10m", "1699999400.000000"),
        ("0s", "1700000000.000000"),
        ("2023-11-14T22:13:20Z", "1700000000.000000"),
        ("2023-11-14T23:13:20.25+01:00", "1700000000.250000"),
    ],
)
def test_times_are_told_as_daemons_of_docker_want_them(text: str, read: str) -> None:
    assert timestamp(text, datetime.fromtimestamp(1_700_000_000, UTC)) == read


def test_a_time_without_a_zone_is_of_this_machine() -> None:
    assert float(timestamp("2023-11-14")) == datetime(2023, 11, 14).timestamp()
    with pytest.raises(InvalidParameter, match="not a time: 'yesterday'; write 10m"):
        timestamp("yesterday")
