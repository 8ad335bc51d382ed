from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.cgroups import v1_limits
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.oci.block_rates import BlockRate, BlockRates
from jupyter_containers.oci.runtime_spec import DeviceRule, Resources

UNLIMITED = str(0x7FFFFFFFFFFFF000)


class Group:
    """A directory of files that stands for a group: what is written to it is read back."""

    def __init__(self, place: Path, **contents: str) -> None:
        self.place = place
        place.mkdir(exist_ok=True)
        for name, content in contents.items():
            (place / name).write_text(content)

    def __getitem__(self, name: str) -> str:
        return (self.place / name).read_text()


def test_every_limit_is_written_where_the_kernel_reads_it(tmp_path: Path) -> None:
    names = ("cpu.shares", "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpuset.cpus", "cpuset.mems", "pids.max",
             "memory.soft_limit_in_bytes", "memory.swappiness", "memory.oom_control", "blkio.weight")  # fmt: skip
    group = Group(tmp_path / "g", **dict.fromkeys(names, ""))
    directories = dict.fromkeys(("cpu", "cpuset", "pids", "memory", "blkio"), str(group.place))
    resources = Resources(
        cpu_shares=512, cpu_quota=50000, cpu_period=20000, cpuset_cpus="0-1", cpuset_mems="0", pids_limit=7,
        memory_reservation=4096, memory_swappiness=10, oom_kill_disable=True, blkio_weight=300,
    )  # fmt: skip
    v1_limits.write(resources, directories)
    assert [group[name] for name in names] == ["512", "50000", "20000", "0-1", "0", "7", "4096", "10", "1", "300"]


def test_each_rate_of_a_disk_has_a_file_of_its_own(tmp_path: Path) -> None:
    names = ("blkio.bfq.weight_device", "blkio.throttle.read_bps_device", "blkio.throttle.write_bps_device",
             "blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device")  # fmt: skip
    group = Group(tmp_path / "g", **dict.fromkeys((*names, "blkio.bfq.weight"), ""))
    rates = BlockRates(*((BlockRate(8, 16, number),) for number in range(1, 6)))
    v1_limits.write(Resources(block_rates=rates), {"blkio": str(group.place)})
    assert [group[name] for name in names] == [f"8:16 {number}" for number in range(1, 6)]


def test_rates_need_their_controller() -> None:
    with pytest.raises(Unsupported, match="cannot limit block I/O: cgroup controller blkio"):
        v1_limits.check(Resources(block_rates=BlockRates(read_bps=(BlockRate(8, 16, 5),))), {})


def test_as_much_memory_as_memory_and_swap_is_no_more_for_the_kernel_that_counts_pages(tmp_path: Path) -> None:
    files = {"memory.memsw.limit_in_bytes": "999997440", "memory.limit_in_bytes": "4096"}
    group = Group(tmp_path / "g", **files)
    v1_limits.write(Resources(memory_limit=1_000_000_000), {"memory": str(group.place)})
    assert group["memory.limit_in_bytes"] == "1000000000"


def test_what_is_not_set_is_not_written(tmp_path: Path) -> None:
    group = Group(tmp_path / "g")
    v1_limits.write(Resources(), dict.fromkeys(("cpu", "memory", "pids"), str(group.place)))
    assert list(group.place.iterdir()) == []


def test_no_limit_has_the_kernels_word(tmp_path: Path) -> None:
    group = Group(tmp_path / "g", **{"pids.max": "", "cpu.cfs_quota_us": ""})
    v1_limits.write(Resources(pids_limit=-1, cpu_quota=-1), dict.fromkeys(("pids", "cpu"), str(group.place)))
    assert (group["pids.max"], group["cpu.cfs_quota_us"]) == ("max", "-1")


def test_devices_are_written_rule_by_rule(tmp_path: Path) -> None:
    group = Group(tmp_path / "g", **{"devices.allow": "", "devices.deny": ""})
    rules = (DeviceRule(False), DeviceRule(True, "c", 136, None, "rw"))
    v1_limits.write(Resources(devices=rules), {"devices": str(group.place)})
    assert group["devices.deny"] == "a *:* rwm"
    assert group["devices.allow"] == "c 136:* rw"


def test_a_missing_controller_is_refused_before_anything_is_made() -> None:
    cases = {
        "memory": Resources(memory_limit=1 << 20),
        "cpu": Resources(cpu_shares=100),
        "cpuset": Resources(cpuset_cpus="0"),
        "pids": Resources(pids_limit=1),
        "blkio": Resources(blkio_weight=100),
        "devices": Resources(devices=(DeviceRule(False),)),
    }
    for controller, resources in cases.items():
        others = dict.fromkeys(set(cases) - {controller}, "/nowhere")
        with pytest.raises(Unsupported, match=f"cgroup controller {controller} is not mounted"):
            v1_limits.check(resources, others)
        v1_limits.check(resources, dict.fromkeys(cases, "/nowhere"))
    with pytest.raises(Unsupported, match="memory"):
        v1_limits.check(Resources(oom_kill_disable=True), {})


def test_unlimited_swap_needs_no_accounting_of_swap(tmp_path: Path) -> None:
    group = Group(tmp_path / "g", **{"memory.limit_in_bytes": ""})
    v1_limits.check(Resources(memory_swap=-1), {})
    v1_limits.write(Resources(memory_limit=4096, memory_swap=-1), {"memory": str(group.place)})
    assert group["memory.limit_in_bytes"] == "4096"
    with pytest.raises(Unsupported, match=r"no memory\.memsw\.limit_in_bytes"):
        v1_limits.write(Resources(memory_limit=4096, memory_swap=8192), {"memory": str(group.place)})


def test_memory_over_the_old_sum_with_swap_is_refused_unless_both_are_set(tmp_path: Path) -> None:
    group = Group(tmp_path / "g", **{"memory.limit_in_bytes": "", "memory.memsw.limit_in_bytes": "8192"})
    with pytest.raises(InvalidParameter, match="set both at the same time"):
        v1_limits.write(Resources(memory_limit=16384), {"memory": str(group.place)})
    v1_limits.write(Resources(memory_limit=16384, memory_swap=32768), {"memory": str(group.place)})
    assert (group["memory.limit_in_bytes"], group["memory.memsw.limit_in_bytes"]) == ("16384", "32768")


def test_only_what_has_its_files_is_supported(tmp_path: Path) -> None:
    group = Group(tmp_path / "g", **{"memory.swappiness": "60", "memory.memsw.limit_in_bytes": UNLIMITED})
    directories = dict.fromkeys(("memory", "cpu", "blkio"), str(group.place))
    assert v1_limits.supported(directories) == {"memory", "swap", "swappiness", "cpu", "blkio"}
    Group(tmp_path / "g", **{"blkio.bfq.io_service_bytes": ""})
    assert "blkio_weight" in v1_limits.supported(directories)
