"""Tests of cgroups.glances: what is read of both kinds of groups, from files as kernels write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.cgroups.glances import Glance, look

V2 = {
    "cpu.stat": "usage_usec 5\nuser_usec 3\nsystem_usec 2\n",
    "memory.current": "1000\n",
    "memory.stat": "anon 300\nfile 600\ninactive_file 400\nactive_file 200\n",
    "memory.events": "low 0\nhigh 0\nmax 9\noom 2\noom_kill 2\noom_group_kill 0\n",
    "pids.current": "4\n",
    "io.stat": "8:0 rbytes=10 wbytes=20 rios=1 wios=1 dbytes=0 dios=0\n8:16 rbytes=1 wbytes=2 rios=1 wios=1\n7:0 \n",
}
V1 = {
    "cpuacct/cpuacct.usage": "5000\n",
    "memory/memory.usage_in_bytes": "1000\n",
    "memory/memory.stat": "cache 600\ninactive_file 1\ntotal_cache 600\ntotal_inactive_file 400\n",
    "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    "pids/pids.current": "4\n",
    "blkio/blkio.throttle.io_service_bytes_recursive": "8:0 Read 10\n8:0 Write 20\n8:0 Total 30\n8:16 Read 1\n8:16 "
    "Write 2\nTotal 33\n",
}
EXPECTED = Glance(
    cpu_ns=5000, memory_bytes=600, pids=4, read_bytes=11, written_bytes=22, out_of_memory_kills=2
)  # fmt: skip


def written(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)


def test_both_kinds_of_groups_give_the_same_numbers(tmp_path: Path) -> None:
    written(tmp_path, V1 | V2)
    assert look({"unified": str(tmp_path)}) == EXPECTED
    assert look({name: str(tmp_path / name) for name in ("cpuacct", "memory", "pids", "blkio")}) == EXPECTED


@pytest.mark.parametrize("paths", [{"unified": "/nonexistent"}, {"cpuacct": "/nonexistent"}, {}])
def test_a_group_that_has_gone_gives_none(paths: dict[str, str]) -> None:
    assert look(paths) is None


def test_controllers_that_are_missing_count_nothing(tmp_path: Path) -> None:
    written(tmp_path, {"cpu.stat": V2["cpu.stat"]})
    assert look({"unified": str(tmp_path)}) == Glance(5000, 0, 0, 0, 0, 0)
