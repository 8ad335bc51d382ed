from __future__ import annotations

from pathlib import Path

from jupyter_containers.cgroups import v1_usage
from jupyter_containers.cgroups.manager import BlockTransfer, Usage

CONTENTS = {
    "cpuacct.usage": "1500000\n",
    "cpuacct.usage_user": "1000000\n",
    "cpuacct.usage_sys": "500000\n",
    "cpuacct.usage_percpu": "1000000 500000 \n",
    "cpu.stat": "nr_periods 10\nnr_throttled 3\nthrottled_time 7000\n",
    "memory.usage_in_bytes": "4096\n",
    "memory.max_usage_in_bytes": "8192\n",
    "memory.limit_in_bytes": "9223372036854771712\n",
    "memory.failcnt": "2\n",
    "memory.stat": "cache 1024\ntotal_inactive_file 512\n",
    "pids.current": "3\n",
    "pids.max": "max\n",
    "blkio.throttle.io_service_bytes_recursive": "8:0 Read 4096\n8:0 Write 0\n8:16 Read 1\nTotal 4097\n",
    "blkio.throttle.io_serviced_recursive": "8:0 Read 2\n8:0 Write 0\n8:16 Read 1\nTotal 3\n",
}
CONTROLLERS = ("cpu", "cpuacct", "memory", "pids", "blkio")


def group(place: Path, contents: dict[str, str]) -> dict[str, str]:
    for name, content in contents.items():
        (place / name).write_text(content)
    return dict.fromkeys(CONTROLLERS, str(place))


def test_all_numbers_are_read(tmp_path: Path) -> None:
    assert v1_usage.read(group(tmp_path, CONTENTS)) == Usage(
        cpu_total_ns=1500000,
        cpu_user_ns=1000000,
        cpu_system_ns=500000,
        per_cpu_ns=(1000000, 500000),
        periods=10,
        throttled_periods=3,
        throttled_ns=7000,
        memory_bytes=4096,
        memory_max_bytes=8192,
        memory_limit_bytes=None,
        memory_failures=2,
        memory_stat={"cache": 1024, "total_inactive_file": 512},
        pids=3,
        pids_limit=None,
        blkio=(
            BlockTransfer(8, 0, "Read", 4096, 2),
            BlockTransfer(8, 0, "Write", 0, 0),
            BlockTransfer(8, 16, "Read", 1, 1),
        ),
    )


def test_missing_controllers_leave_nothing() -> None:
    assert v1_usage.read({}) == Usage()


def test_limits_that_are_set_are_read(tmp_path: Path) -> None:
    directories = group(tmp_path, CONTENTS | {"memory.limit_in_bytes": "65536\n", "pids.max": "9\n"})
    usage = v1_usage.read(directories)
    assert (usage.memory_limit_bytes, usage.pids_limit) == (65536, 9)


def test_old_kernels_count_user_and_system_in_ticks(tmp_path: Path) -> None:
    directories = group(tmp_path, {"cpuacct.stat": "user 3\nsystem 2\n"})
    usage = v1_usage.read(directories)
    assert (usage.cpu_user_ns, usage.cpu_system_ns) == (30_000_000, 20_000_000)


def test_a_disk_scheduler_that_counts_alone_is_believed(tmp_path: Path) -> None:
    directories = group(
        tmp_path,
        {
            "blkio.throttle.io_service_bytes_recursive": "Total 0\n",
            "blkio.bfq.io_service_bytes_recursive": "8:0 Read 7\nTotal 7\n",
            "blkio.bfq.io_serviced_recursive": "8:0 Read 1\nTotal 1\n",
        },
    )
    assert v1_usage.read(directories).blkio == (BlockTransfer(8, 0, "Read", 7, 1),)
