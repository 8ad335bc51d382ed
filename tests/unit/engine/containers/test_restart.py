"""When the restart policy starts a container again, and how long it waits."""

from __future__ import annotations

import pytest

from jupyter_containers.engine.containers.record import HostSettings, Record, RestartPolicy
from jupyter_containers.engine.containers.restart import next_delay_ns, wants_restart

MS = 10**6


def record(name: str, retries: int = 0, count: int = 0) -> Record:
    return Record("i", "n", 1, "x", host=HostSettings(restart_policy=RestartPolicy(name, retries)), restart_count=count)


@pytest.mark.parametrize(
    ("policy", "code", "stopped", "again"),
    [
        ("no", 1, False, False),
        ("", 1, False, False),
        ("always", 0, False, True),
        ("always", 1, True, False),
        ("unless-stopped", 0, False, True),
        ("unless-stopped", 0, True, False),
        ("on-failure", 0, False, False),
        ("on-failure", 1, False, True),
        ("on-failure", 1, True, False),
    ],
)
def test_policies(policy: str, code: int, stopped: bool, again: bool) -> None:
    assert wants_restart(record(policy), code, stopped=stopped) is again


def test_on_failure_gives_up_after_its_number() -> None:
    assert wants_restart(record("on-failure", 2, 1), 1, stopped=False)
    assert not wants_restart(record("on-failure", 2, 2), 1, stopped=False)


def test_when_the_daemon_starts_always_comes_back_even_if_it_was_stopped() -> None:
    assert wants_restart(record("always"), 0, stopped=True, daemon_starts=True)
    assert not wants_restart(record("unless-stopped"), 0, stopped=True, daemon_starts=True)
    assert not wants_restart(record("on-failure"), 1, stopped=False, daemon_starts=True)


def test_the_delay_doubles_up_to_a_minute_and_begins_anew_after_a_long_run() -> None:
    assert next_delay_ns(0, 0) == 100 * MS
    assert next_delay_ns(100 * MS, 0) == 200 * MS
    assert next_delay_ns(50_000 * MS, 0) == 60_000 * MS
    assert next_delay_ns(60_000 * MS, 10_000 * MS) == 100 * MS
