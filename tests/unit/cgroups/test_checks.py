from __future__ import annotations

import pytest

from jupyter_containers.cgroups.checks import check_values
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.runtime_spec import Resources


@pytest.mark.parametrize(
    "resources",
    [
        Resources(),
        Resources(memory_limit=-1, memory_swap=-1, cpu_quota=-1, pids_limit=-1),
        Resources(memory_limit=1 << 20, memory_swap=1 << 20, memory_swappiness=0),
        Resources(cpu_shares=2, cpu_quota=1000, cpu_period=1000, blkio_weight=10),
        Resources(cpu_shares=262144, cpu_period=1000000, blkio_weight=1000, memory_swappiness=100),
    ],
)
def test_possible_limits_pass(resources: Resources) -> None:
    check_values(resources)


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        (Resources(cpu_shares=1), "CPU shares 1: must be from 2 to 262144"),
        (Resources(cpu_shares=262145), "CPU shares 262145"),
        (Resources(cpu_period=999), "CPU period in microseconds 999"),
        (Resources(cpu_quota=999), "CPU quota 999: must be at least 1000 microseconds"),
        (Resources(blkio_weight=9), "block I/O weight 9"),
        (Resources(memory_swappiness=101), "swappiness 101"),
        (Resources(memory_limit=0), "memory limit 0"),
        (Resources(memory_limit=-2), "memory limit -2"),
        (Resources(memory_reservation=-5), "memory reservation -5"),
        (Resources(memory_swap=-2), "memory and swap limit -2"),
        (
            Resources(memory_limit=10, memory_swap=9),
            "memory and swap limit 9: must not be less than the memory limit 10",
        ),
    ],
)
def test_impossible_limits_are_refused_with_their_value(resources: Resources, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        check_values(resources)
