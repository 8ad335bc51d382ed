from __future__ import annotations

import email.utils
import time

import pytest

from jupyter_containers.registry.retries import TRANSIENT_STATUSES, RetryPolicy, retry_after

POLICY = RetryPolicy((1, 2, 4), cap_seconds=10)


def test_there_is_one_attempt_more_than_waits() -> None:
    assert POLICY.attempts == 4
    assert [POLICY.delay(attempt) for attempt in range(3)] == [1, 2, 4]


def test_a_server_can_lengthen_a_wait_up_to_the_cap() -> None:
    assert POLICY.delay(0, 5) == 5
    assert POLICY.delay(2, 1) == 4
    assert POLICY.delay(0, 864_000) == 10


@pytest.mark.parametrize("text", [None, "", "soon", "-5", "1.5", "Mon, 99 Foo 2020", "٣x"])
def test_a_header_that_says_nothing_is_none(text: str | None) -> None:
    assert retry_after(text) is None


def test_seconds_and_dates_are_understood() -> None:
    assert retry_after("7") == 7
    assert retry_after(" 0 ") == 0
    assert retry_after("9" * 5000) == 999_999_999
    in_a_minute = retry_after(email.utils.formatdate(time.time() + 60, usegmt=True))
    assert in_a_minute is not None and 55 < in_a_minute <= 60
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


def test_only_what_may_pass_is_tried_again() -> None:
    assert {408, 429, 500, 502, 503, 504} == TRANSIENT_STATUSES


def test_a_policy_of_a_number_of_attempts_waits_longer_each_time() -> None:
    assert RetryPolicy.of(1).attempts == 1
    assert RetryPolicy.of(5) == RetryPolicy()
    assert RetryPolicy.of(7).delays_seconds == (1, 2, 4, 8, 8, 8)


@pytest.mark.parametrize(
    "value", ["Mon, 01 Jan 2024 00:00:00 +99999999999999999999", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"]
)
def test_a_date_that_no_clock_has_says_nothing(value: str) -> None:
    assert retry_after(value) is None
