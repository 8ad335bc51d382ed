"""What was done is kept with durations."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.runtime.bundle import BundleNotFound
from jupyter_containers.runtime.trace import Step, Stopwatch, Trace, steps


def test_a_trace_survives_its_file(tmp_path: Path) -> None:
    trace = Trace((Step("clone", 900, "outside"), Step("mount proc on /proc", 40, "inside")))
    trace.write(tmp_path / "trace.json")
    assert Trace.read(tmp_path / "trace.json") == trace


def test_a_failed_create_keeps_the_steps_that_were_done() -> None:
    assert steps("inside", ["a", "b", "c"], [1, 2]) == (Step("a", 1, "inside"), Step("b", 2, "inside"))


def test_laps_follow_each_other() -> None:
    watch = Stopwatch()
    laps = [watch.lap() for _ in range(3)]
    assert all(lap >= 0 for lap in laps)


def test_no_trace_is_a_missing_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleNotFound):
        Trace.read(tmp_path / "trace.json")
