from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.cgroups import v2_limits
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.oci.block_rates import BlockRate, BlockRates
from jupyter_containers.oci.runtime_spec import Resources

NAMES = ("cpu.max", "cpu.weight", "cpuset.cpus", "cpuset.mems", "io.weight", "memory.low", "memory.max",
         "memory.swap.max", "pids.max")  # fmt: skip


def written(place: Path, resources: Resources, **contents: str) -> dict[str, str]:
    """Write limits to files that stand for a group, and return those that changed."""
    for name in NAMES:
        (place / name).write_text("")
    for name, content in contents.items():
        (place / name).write_text(content)
    v2_limits.write(resources, str(place))
    texts = {path.name: path.read_text() for path in place.iterdir()}
    return {name: text for name, text in texts.items() if text != contents.get(name, "")}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (Resources(), {}),
        (Resources(memory_limit=4096), {"memory.max": "4096"}),
        (Resources(memory_limit=-1), {"memory.max": "max"}),
        (Resources(memory_limit=4096, memory_swap=4096), {"memory.max": "4096", "memory.swap.max": "0"}),
        (Resources(memory_limit=4096, memory_swap=12288), {"memory.max": "4096", "memory.swap.max": "8192"}),
        (Resources(memory_swap=-1), {"memory.swap.max": "max"}),
        (Resources(memory_reservation=100), {"memory.low": "100"}),
        (Resources(cpu_shares=1024), {"cpu.weight": "100"}),
        (Resources(cpu_quota=50000), {"cpu.max": "50000 100000"}),
        (Resources(cpu_quota=50000, cpu_period=20000), {"cpu.max": "50000 20000"}),
        (Resources(cpu_period=20000), {"cpu.max": "max 20000"}),
        (Resources(cpu_quota=-1), {"cpu.max": "max 100000"}),
        (Resources(pids_limit=5), {"pids.max": "5"}),
        (Resources(pids_limit=-1), {"pids.max": "max"}),
        (Resources(blkio_weight=10), {"io.weight": "1"}),
        (Resources(blkio_weight=1000), {"io.weight": "10000"}),
    ],
)
def test_limits_in_the_terms_of_v2(resources: Resources, expected: dict[str, str], tmp_path: Path) -> None:
    assert written(tmp_path, resources) == expected


def test_the_scheduler_with_v1s_scale_gets_v1s_number(tmp_path: Path) -> None:
    assert written(tmp_path, Resources(blkio_weight=300), **{"io.bfq.weight": ""}) == {"io.bfq.weight": "300"}


def test_the_rates_of_a_disk_are_keys_of_its_line(tmp_path: Path) -> None:
    one = (BlockRate(8, 16, 5),)
    for field, line in (
        ("read_bps", "8:16 rbps=5"), ("write_bps", "8:16 wbps=5"), ("read_iops", "8:16 riops=5"),
        ("write_iops", "8:16 wiops=5"),
    ):  # fmt: skip
        found = written(tmp_path, Resources(block_rates=BlockRates(**{field: one})), **{"io.max": ""})
        assert found == {"io.max": line}
    lifted = Resources(block_rates=BlockRates(read_bps=(BlockRate(8, 16, 0),)))
    assert written(tmp_path, lifted, **{"io.max": ""}) == {"io.max": "8:16 rbps=max"}


def test_the_weight_of_a_disk_is_on_the_same_scale_as_the_groups(tmp_path: Path) -> None:
    weights = Resources(block_rates=BlockRates(weights=(BlockRate(8, 16, 1000),)))
    assert written(tmp_path, weights) == {"io.weight": "8:16 10000"}


def test_rates_need_their_controller() -> None:
    with pytest.raises(Unsupported, match="cgroup controller io is not given"):
        v2_limits.check(Resources(block_rates=BlockRates(read_bps=(BlockRate(8, 16, 5),))), ("memory",))


def test_half_of_a_pair_keeps_the_other_half(tmp_path: Path) -> None:
    assert written(tmp_path, Resources(cpu_period=50000), **{"cpu.max": "30000 100000\n"})["cpu.max"].startswith(
        "30000 50000"
    )
    limits = {"memory.max": "4096\n"}
    assert written(tmp_path, Resources(memory_swap=8192), **limits) == {"memory.swap.max": "4096"}


def test_a_sum_with_swap_needs_a_memory_limit(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="needs a memory limit"):
        written(tmp_path, Resources(memory_swap=8192), **{"memory.max": "max\n"})
    with pytest.raises(InvalidParameter, match="less than the memory limit 16384"):
        written(tmp_path, Resources(memory_swap=8192), **{"memory.max": "16384\n"})


def test_cpus_that_are_not_there_are_refused(tmp_path: Path) -> None:
    here = {"cpuset.cpus.effective": "0-1\n"}
    assert written(tmp_path, Resources(cpuset_cpus="1"), **here)["cpuset.cpus"] == "1"
    with pytest.raises(InvalidParameter, match=r"requested CPUs are not available: requested 1-2, available: 0-1"):
        written(tmp_path, Resources(cpuset_cpus="1-2"), **here)


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        (Resources(memory_swappiness=10), "swappiness"),
        (Resources(oom_kill_disable=True), "OOM killer"),
        (Resources(cpuset_cpus="0"), "cpuset is not given"),
    ],
)
def test_what_v2_has_not_is_refused(resources: Resources, message: str) -> None:
    with pytest.raises(Unsupported, match=message):
        v2_limits.check(resources, {"memory", "pids"})


def test_unlimited_swap_needs_no_controller() -> None:
    v2_limits.check(Resources(memory_swap=-1), set())


@given(st.integers(2, 262144))
def test_more_shares_never_weigh_less(shares: int) -> None:
    weight = v2_limits.weight_of_shares(shares)
    assert 1 <= weight <= v2_limits.weight_of_shares(min(shares + 1, 262144)) <= 10000


def test_the_ends_and_the_default_of_both_scales_meet() -> None:
    assert [v2_limits.weight_of_shares(shares) for shares in (2, 1024, 262144)] == [1, 100, 10000]


def test_lists_of_numbers_are_read() -> None:
    assert v2_limits.numbers("0-2,7\n") == {0, 1, 2, 7}
    assert v2_limits.numbers("") == set()
    with pytest.raises(InvalidParameter, match="not a list of numbers"):
        v2_limits.numbers("a-b")
