"""The benchmarks run: one round of each, against dockerd where there is one. No time is asserted."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.performance.benchmarks import Row, measure
from tests.performance.dashboards import measure as measure_dashboard
from tests.performance.disk import own_disk
from tests.performance.notebooks import measure as measure_notebooks
from tests.performance.notebooks import told
from tests.performance.plain_c import by_programs, median_ms
from tests.performance.table import table
from tests.performance.tracing import measure as measure_records
from tests.performance.transfers import layer, many_files

pytestmark = pytest.mark.needs("root", "overlay", "namespaces")


# All that dockerd is slow in, on a machine that may be busy: longer than a test usually may.
@pytest.mark.timeout(600)
def test_every_benchmark_measures_both_sides() -> None:
    for program in ("docker", "dockerd", "busybox"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (packages docker.io, busybox-static)")
    if os.geteuid() != 0:
        pytest.skip("dockerd needs root")
    rows = measure(rounds=1)
    assert len(rows) == 27
    # What a dockerd holds may have shrunk while its two containers were started.
    (held,) = (row for row in rows if "daemon's share" in row.what)
    assert held.ours > 0
    at_rest = [row for row in rows if row.what.startswith("processor")]
    assert len(at_rest) == 2
    assert [row for row in at_rest if min(row.ours, row.theirs) < 0] == []
    assert [row for row in rows if row not in (held, *at_rest) and min(row.ours, row.theirs) <= 0] == []


def test_the_table_says_how_many_times_faster() -> None:
    text = table([Row("run", "ms", 12.34, 246.8), Row("rest", "ms", 0, 3.5)])
    assert text.splitlines()[2:] == ["| run | 12.3 ms | 247 ms | 20.0 x |", "| rest | 0.00 ms | 3.5 ms | - |"]


def test_the_disk_of_the_benchmarks_is_their_own_and_gone_afterwards() -> None:
    if not Path("/dev/loop-control").exists() or shutil.which("mkfs.ext4") is None:
        pytest.skip("no loop devices, or mkfs.ext4 is not installed (package e2fsprogs)")
    before = tempfile.gettempdir()
    with own_disk():
        place = Path(tempfile.gettempdir())
        assert place.is_mount()
    assert not place.exists()
    assert tempfile.gettempdir() == before


def test_what_a_notebook_waits_for_is_measured() -> None:
    speed = measure_notebooks(rounds=1)
    assert min(speed.loading_cpu, speed.bash, speed.container, speed.cached_build) > 0
    assert "`%%container run host` with a line: " in told(speed, 1)


def test_what_a_record_costs_is_measured() -> None:
    plain, recorded = measure_records(rounds=1)
    assert plain.wall_ms > 0
    assert recorded.wall_ms > 0
    assert recorded.recorded_calls > 100


def test_what_a_dashboard_costs_is_measured() -> None:
    nobody, in_sight, out_of_sight = measure_dashboard(containers=2, seconds=2.5)
    assert in_sight.daemon > 0
    assert in_sight.kernel > 0
    assert min(nobody.daemon, out_of_sight.daemon) >= 0


def test_what_the_same_costs_in_c_is_measured(tmp_path: Path) -> None:
    blobs = [layer(many_files(10)).content]
    assert median_ms(by_programs(tmp_path, blobs), rounds=1) > 0
    with pytest.raises(AssertionError):
        by_programs(tmp_path, [b"no layer"])()
