"""What was done is kept with durations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_containers.runtime.bundle import BundleNotFound
from jupyter_containers.runtime.trace import Durations, Step, Stopwatch, Trace


def test_durations_survive_their_file(tmp_path: Path) -> None:
    durations = Durations([("clone", 900)], [40, 2])
    durations.write(tmp_path / "trace.json")
    assert Durations.read(tmp_path / "trace.json") == durations


def test_a_trace_survives_its_json() -> None:
    trace = Trace((Step("clone", 900, "outside"), Step("mount proc on /proc", 40, "inside")))
    assert Trace.from_json(json.loads(json.dumps(trace.to_json()))) == trace


def test_laps_follow_each_other() -> None:
    watch = Stopwatch()
    laps = [watch.lap() for _ in range(3)]
    assert all(lap >= 0 for lap in laps)


def test_no_trace_is_a_missing_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleNotFound):
        Durations.read(tmp_path / "trace.json")
