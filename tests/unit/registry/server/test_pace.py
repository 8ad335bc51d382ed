"""Tests of registry.server.pace."""

from __future__ import annotations

import pytest

from jupyter_containers.registry.server.pace import Pace
from jupyter_containers.registry.server.refusals import Refusal


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def asked(pace: Pace, address: str, times: int) -> int:
    """Ask so often; return how often it was allowed before the first refusal."""
    for count in range(times):
        try:
            pace.take(address)
        except Refusal:
            return count
    return times


def test_a_minutes_requests_may_come_at_once_and_then_as_time_goes_by(clock: Clock) -> None:
    pace = Pace(30, clock=clock)
    assert asked(pace, "192.0.2.1", 40) == 30
    clock.now += 1.9
    assert asked(pace, "192.0.2.1", 2) == 0
    clock.now += 0.1
    assert asked(pace, "192.0.2.1", 2) == 1
    clock.now += 3600
    assert asked(pace, "192.0.2.1", 40) == 30


def test_a_refusal_says_when_to_come_again_and_then_it_is_allowed(clock: Clock) -> None:
    pace = Pace(4, clock=clock)
    assert asked(pace, "192.0.2.1", 5) == 4
    with pytest.raises(Refusal, match=r"^more than 4 requests a minute from 192\.0\.2\.1; ask again in 15 s$") as found:
        pace.take("192.0.2.1")
    assert (found.value.answer_status, found.value.code) == (429, "TOOMANYREQUESTS")
    clock.now += int(found.value.headers["Retry-After"])
    pace.take("192.0.2.1")


def test_who_goes_on_asking_is_not_kept_out_for_longer(clock: Clock) -> None:
    pace = Pace(60, clock=clock)
    asked(pace, "192.0.2.1", 60)
    for _ in range(10):
        clock.now += 0.0999
        assert asked(pace, "192.0.2.1", 1) == 0
    clock.now += 0.01
    assert asked(pace, "192.0.2.1", 1) == 1


def test_others_are_not_concerned(clock: Clock) -> None:
    pace = Pace(2, clock=clock)
    assert [asked(pace, address, 3) for address in ("192.0.2.1", "192.0.2.2", "", "no address")] == [2, 2, 2, 2]


def test_an_ipv6_network_is_one_and_a_mapped_address_is_what_it_means(clock: Clock) -> None:
    pace = Pace(2, clock=clock)
    assert asked(pace, "2001:db8::1", 2) == 2
    assert asked(pace, "2001:db8::ffff:1", 1) == 0
    assert asked(pace, "2001:db8:0:1::1", 1) == 1
    assert asked(pace, "192.0.2.1", 2) == 2
    assert asked(pace, "::ffff:192.0.2.1", 1) == 0


def test_addresses_without_end_fill_no_memory(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_containers.registry.server.pace._MOST_ADDRESSES", 3)
    pace = Pace(1, clock=clock)
    for number in range(100):
        pace.take(f"192.0.2.{number}")
    assert len(pace._left) == 3
    assert asked(pace, "192.0.2.99", 1) == 0
