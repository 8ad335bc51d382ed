"""Tests of registry.server.quota."""

from __future__ import annotations

import pytest

from jupyter_containers.registry.server.quota import Quota
from jupyter_containers.registry.server.refusals import Refusal


def test_bytes_are_counted_as_they_come_and_measured_once() -> None:
    asked: list[int] = []

    def measure() -> int:
        asked.append(1)
        return 60

    quota = Quota(100, measure)
    quota.take(30)
    with pytest.raises(Refusal, match="keeps 100 bytes at most"):
        quota.take(11)
    quota.take(10)
    with pytest.raises(Refusal):
        quota.take(1)
    assert asked == [1]


def test_what_has_gone_makes_room() -> None:
    there = [100]
    quota = Quota(100, lambda: there[0])
    with pytest.raises(Refusal):
        quota.take(1)
    there[0] = 50
    quota.changed()
    quota.take(50)
