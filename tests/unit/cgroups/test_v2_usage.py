from __future__ import annotations

from pathlib import Path

from jupyter_containers.cgroups import v2_usage
from jupyter_containers.cgroups.manager import BlockTransfer, Usage

CONTENTS = {
    "cpu.stat": "usage_usec 15\nuser_usec 10\nsystem_usec 5\nnr_periods 4\nnr_throttled 2\nthrottled_usec 9\n",
    "memory.current": "4096\n",
    "memory.peak": "8192\n",
    "memory.max": "max\n",
    "memory.events": "low 0\nhigh 0\nmax 6\noom 1\noom_kill 1\n",
    "memory.stat": "anon 1024\ninactive_file 512\n",
    "pids.current": "3\n",
    "pids.max": "9\n",
    "io.stat": "8:0 rbytes=4096 wbytes=1 rios=2 wios=3 dbytes=0 dios=0\n253:0\n",
}


def test_all_numbers_are_read(tmp_path: Path) -> None:
    for name, content in CONTENTS.items():
        (tmp_path / name).write_text(content)
    assert v2_usage.read(str(tmp_path)) == Usage(
        cpu_total_ns=15000,
        cpu_user_ns=10000,
        cpu_system_ns=5000,
        periods=4,
        throttled_periods=2,
        throttled_ns=9000,
        memory_bytes=4096,
        memory_max_bytes=8192,
        memory_limit_bytes=None,
        memory_failures=6,
        memory_stat={"anon": 1024, "inactive_file": 512},
        pids=3,
        pids_limit=9,
        blkio=(
            BlockTransfer(8, 0, "Read", 4096, 2),
            BlockTransfer(8, 0, "Write", 1, 3),
            BlockTransfer(8, 0, "Discard", 0, 0),
        ),
    )


def test_a_group_without_controllers_has_no_numbers(tmp_path: Path) -> None:
    assert v2_usage.read(str(tmp_path)) == Usage()
