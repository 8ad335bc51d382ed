"""What exit codes of probes make of a container."""

from __future__ import annotations

import pytest

from jupyter_containers.engine.containers.health import (
    DEFAULT_INTERVAL_NS,
    DEFAULT_START_INTERVAL_NS,
    command,
    go_duration,
    judge,
    pause_ns,
    shortened,
    without_headers,
)
from jupyter_containers.engine.containers.record import Health, HealthStatus, ProbeResult, Record, Settings
from jupyter_containers.oci.image_config import Healthcheck


def judged(*codes: int, retries: int = 2, young: int = 0) -> Health:
    health = Health()
    for number, code in enumerate(codes):
        health = judge(health, ProbeResult(0, 1, code), retries=retries, is_in_start_period=number < young)
    return health


@pytest.mark.parametrize(
    ("codes", "status", "streak"),
    [
        ((), HealthStatus.STARTING, 0),
        ((0,), HealthStatus.HEALTHY, 0),
        ((1,), HealthStatus.STARTING, 1),
        ((1, 1), HealthStatus.UNHEALTHY, 2),
        ((0, 1), HealthStatus.HEALTHY, 1),
        ((0, 1, 1), HealthStatus.UNHEALTHY, 2),
        ((1, 1, -1), HealthStatus.UNHEALTHY, 3),
        ((1, 1, 0), HealthStatus.HEALTHY, 0),
    ],
)
def test_failures_in_a_row_make_it_unhealthy(codes: tuple[int, ...], status: HealthStatus, streak: int) -> None:
    health = judged(*codes)
    assert (health.status, health.failing_streak) == (status, streak)


def test_failures_do_not_count_while_it_starts_up() -> None:
    assert judged(1, 1, 1, young=3).status is HealthStatus.STARTING
    assert judged(1, 1, 1, young=3).failing_streak == 0
    assert judged(0, 1, 1, young=3).status is HealthStatus.UNHEALTHY


def test_the_last_five_results_are_kept() -> None:
    assert [result.exit_code for result in judged(*range(8)).results] == [3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("test", "shell", "expected"),
    [
        ((), (), ()),
        (("NONE",), (), ()),
        (("CMD", "a", "b"), (), ("a", "b")),
        (("CMD-SHELL", "a b"), (), ("/bin/sh", "-c", "a b")),
        (("CMD-SHELL", "a b"), ("/bin/bash", "-ec"), ("/bin/bash", "-ec", "a b")),
    ],
)
def test_the_command_of_a_probe(test: tuple[str, ...], shell: tuple[str, ...], expected: tuple[str, ...]) -> None:
    settings = Settings(shell=shell, healthcheck=Healthcheck(test=test))
    assert command(Record("i", "n", 1, "x", settings=settings)) == expected
    assert command(Record("i", "n", 1, "x")) == ()


def test_the_pause_is_shorter_while_it_starts_up() -> None:
    settings = Healthcheck(start_period=10, interval=100, start_interval=3)
    assert pause_ns(settings, 5, HealthStatus.STARTING) == 3
    assert pause_ns(settings, 10, HealthStatus.STARTING) == 100
    assert pause_ns(settings, 5, HealthStatus.HEALTHY) == 100
    assert pause_ns(Healthcheck(), 0, HealthStatus.STARTING) == DEFAULT_INTERVAL_NS
    assert pause_ns(Healthcheck(start_period=1), 0, HealthStatus.STARTING) == DEFAULT_START_INTERVAL_NS


def test_frames_are_taken_off() -> None:
    content = b"\x01\0\0\0\0\0\0\x03one\x02\0\0\0\0\0\0\x05cut"
    assert without_headers(content) == b"onecut"


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (300 * 10**6, "300ms"), (1_500_000, "1.5ms"), (999, "999ns"), (30 * 10**9, "30s"), (1_500 * 10**6, "1.5s"),
        (90 * 10**9, "1m30s"), (3600 * 10**9, "1h0m0s"),
    ],
)  # fmt: skip
def test_durations_are_written_as_go_writes_them(nanoseconds: int, text: str) -> None:
    assert go_duration(nanoseconds) == text


def test_long_output_is_shortened() -> None:
    assert shortened(b"x" * 4096) == "x" * 4096
    assert shortened(b"x" * 4097) == "x" * 4096 + "..."
