"""Limits that a request must keep, in dockerd's words where it has the rule; those let go with a warning."""

from __future__ import annotations

import pytest

from jupyter_containers.engine.containers.limit_checks import HostLimits, check_limits, discard, settle_limits
from jupyter_containers.engine.containers.record import DeviceRate, Limits
from jupyter_containers.errors import InvalidParameter, Unsupported

MIB = 1 << 20
EVERYTHING = ("memory", "swap", "swappiness", "oom_kill_disable", "cpu", "cpuset", "pids", "blkio", "blkio_weight")
RATE = DeviceRate("/dev/a", 50)
HOST = HostLimits(range(2), range(1), set(EVERYTHING))


def host() -> HostLimits:
    return HOST


LIMITS = [
    (Limits(memory=1000), "Minimum memory limit allowed is 6MB"),
    (Limits(memory=-1), "Minimum memory limit allowed is 6MB"),
    (Limits(memory=8 * MIB, memory_swap=4 * MIB), "Minimum memoryswap limit should be larger than memory limit"),
    (Limits(memory_swap=10 * MIB), "You should always set the Memory limit when using Memoryswap limit"),
    (Limits(memory_swappiness=200), "Invalid value: 200, valid memory swappiness range is 0-100"),
    (Limits(memory_reservation=1000), "Minimum memory reservation allowed is 6MB"),
    (Limits(memory=8 * MIB, memory_reservation=16 * MIB), "can not be less than memory reservation limit"),
    (Limits(nano_cpus=-1), "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available"),
    (Limits(nano_cpus=10**12), "Range of CPUs is from 0.01 to 2.00"),
    (Limits(nano_cpus=10**9, cpu_period=10_000), "Nano CPUs and CPU Period cannot both be set"),
    (Limits(nano_cpus=10**9, cpu_quota=10_000), "Nano CPUs and CPU Quota cannot both be set"),
    (Limits(cpu_period=10), "CPU cfs period can not be less than 1ms"),
    (Limits(cpu_quota=10), "CPU cfs quota can not be less than 1ms"),
    (Limits(cpuset_cpus="99"), "Requested CPUs are not available - requested 99, available: 0-1"),
    (Limits(cpuset_cpus="abc"), "Invalid value abc for cpuset cpus: invalid format: abc"),
    (Limits(cpuset_cpus="0-8193"), "Invalid value 0-8193 for cpuset cpus: value of out range, maximum is 8192"),
    (Limits(cpuset_mems="9"), "Requested memory nodes are not available - requested 9, available: 0"),
    (Limits(blkio_weight_devices=(DeviceRate("/dev/a", 5),)), "Range of blkio weight of /dev/a is from 10 to 1000"),
    (Limits(kernel_memory=5), "Minimum kernel memory limit allowed is 6MB"),
    (Limits(blkio_weight=5), "Range of blkio weight is from 10 to 1000"),
    # The first number that is out of range.
    (Limits(memory=6 * MIB - 1), "Minimum memory limit allowed is 6MB"),
    (Limits(memory=8 * MIB, memory_swap=8 * MIB - 1), "Minimum memoryswap limit should be larger than memory limit"),
    (Limits(memory_swap=1), "You should always set the Memory limit when using Memoryswap limit"),
    (Limits(memory_swappiness=-2), "Invalid value: -2, valid memory swappiness range is 0-100"),
    (Limits(memory_swappiness=101), "Invalid value: 101, valid memory swappiness range is 0-100"),
    (Limits(memory_reservation=6 * MIB - 1), "Minimum memory reservation allowed is 6MB"),
    (Limits(memory_reservation=-1), "Minimum memory reservation allowed is 6MB"),
    (Limits(memory=8 * MIB, memory_reservation=8 * MIB + 1), "can not be less than memory reservation limit"),
    (Limits(kernel_memory=6 * MIB - 1), "Minimum kernel memory limit allowed is 6MB"),
    (Limits(nano_cpus=10**7 - 1), "Range of CPUs is from 0.01 to 2.00"),
    (Limits(nano_cpus=2 * 10**9 + 1), "Range of CPUs is from 0.01 to 2.00"),
    (Limits(cpu_period=999), "CPU cfs period can not be less than 1ms"),
    (Limits(cpu_period=1_000_001), "CPU cfs period can not be less than 1ms"),
    (Limits(cpu_quota=999), "CPU cfs quota can not be less than 1ms"),
    (Limits(blkio_weight=9), "Range of blkio weight is from 10 to 1000"),
    (Limits(blkio_weight=1001), "Range of blkio weight is from 10 to 1000"),
    (Limits(blkio_weight_devices=(DeviceRate("/dev/a", 9),)), "Range of blkio weight of /dev/a is from 10 to 1000"),
    (Limits(blkio_weight_devices=(DeviceRate("/dev/a", 1001),)), "Range of blkio weight of /dev/a is from 10 to 1000"),
    (Limits(cpuset_cpus="0,2"), "Requested CPUs are not available - requested 0,2, available: 0-1"),
    (Limits(cpuset_cpus="1-0"), "Invalid value 1-0 for cpuset cpus: invalid format: 1-0"),
    (Limits(cpuset_cpus="8193"), "Invalid value 8193 for cpuset cpus: value of out range, maximum is 8192"),
    (Limits(cpuset_cpus="8192"), "Requested CPUs are not available - requested 8192, available: 0-1"),
]


@pytest.mark.parametrize(("limits", "sentence"), LIMITS)
def test_limits_out_of_range_are_refused(limits: Limits, sentence: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        check_limits(limits, host)
    assert sentence in caught.value.message


@pytest.mark.parametrize(
    "limits",
    [
        Limits(memory=6 * MIB, memory_swap=-1), Limits(nano_cpus=10**7, cpuset_cpus="0-1"), Limits(pids_limit=-1),
        # The last number that is still in range, on either side.
        Limits(memory=6 * MIB, memory_swap=6 * MIB, memory_reservation=6 * MIB), Limits(memory_reservation=6 * MIB),
        Limits(memory_swap=-1), Limits(kernel_memory=6 * MIB), Limits(memory_swappiness=-1),
        Limits(memory_swappiness=100), Limits(nano_cpus=2 * 10**9), Limits(cpu_period=1000), Limits(cpu_quota=1000),
        Limits(cpu_period=1_000_000, cpu_quota=-1), Limits(cpuset_cpus="1,0", cpuset_mems="0"),
        Limits(blkio_weight=10), Limits(blkio_weight=1000),
        Limits(blkio_weight_devices=tuple(DeviceRate("/dev/a", weight) for weight in (0, 10, 1000))),
    ],
)  # fmt: skip
def test_limits_in_range_are_taken(limits: Limits) -> None:
    check_limits(limits, host)


@pytest.mark.parametrize(
    ("word", "limits"),
    [
        ("memory", Limits(memory=8 * MIB)), ("memory", Limits(memory_reservation=8 * MIB)),
        ("cpu", Limits(cpu_shares=5)), ("cpu", Limits(nano_cpus=10**9)), ("cpu", Limits(cpu_quota=1000)),
        ("cpu", Limits(cpu_period=1000)), ("cpuset", Limits(cpuset_cpus="0")), ("cpuset", Limits(cpuset_mems="0")),
        ("pids", Limits(pids_limit=1)), ("blkio_weight", Limits(blkio_weight=10)),
        ("blkio_weight", Limits(blkio_weight_devices=(RATE,))), ("blkio", Limits(blkio_read_bps=(RATE,))),
        ("blkio", Limits(blkio_write_bps=(RATE,))), ("blkio", Limits(blkio_read_iops=(RATE,))),
        ("blkio", Limits(blkio_write_iops=(RATE,))),
    ],
)  # fmt: skip
def test_a_limit_without_its_controller_is_refused(word: str, limits: Limits) -> None:
    with pytest.raises(Unsupported, match=f"kernel's {word} controller"):
        check_limits(limits, lambda: HostLimits(range(2), range(1), HOST.supported - {word}))
    check_limits(limits, lambda: HostLimits(range(2), range(1), {word}))


def test_the_available_ones_are_told_in_ranges() -> None:
    few = HostLimits([7, 0, 1, 2, 5], (), EVERYTHING)
    with pytest.raises(InvalidParameter, match=r"available: 0-2,5,7$"):
        check_limits(Limits(cpuset_cpus="3"), lambda: few)
    check_limits(Limits(cpuset_cpus="0-2,7"), lambda: few)


def test_without_limits_the_host_is_not_asked() -> None:
    check_limits(Limits(), lambda: pytest.fail("asked for nothing"))


def test_twice_the_memory_is_for_memory_and_swap() -> None:
    assert settle_limits(Limits(memory=8 * MIB)).memory_swap == 16 * MIB
    assert settle_limits(Limits(memory=8 * MIB, memory_swap=-1)).memory_swap == -1
    assert settle_limits(Limits()) == Limits()
    assert settle_limits(Limits(pids_limit=1)).pids_limit == 1


@pytest.mark.parametrize("number", [0, -1, -5])
def test_no_limit_of_processes_is_none(number: int) -> None:
    assert settle_limits(Limits(pids_limit=number)).pids_limit is None


@pytest.mark.parametrize(
    ("asked", "supported", "kept", "warning"),
    [
        (Limits(memory=MIB), (), Limits(memory=MIB, memory_swap=-1), "swap limit capabilities"),
        (Limits(memory_swappiness=0), ("swap",), Limits(), "Memory swappiness discarded."),
        (Limits(oom_kill_disable=True), (), Limits(), "OomKillDisable discarded."),
        (Limits(kernel_memory=MIB), EVERYTHING, Limits(), "kernel memory limit"),
        (Limits(kernel_memory_tcp=MIB), EVERYTHING, Limits(), "kernel memory TCP limit"),
        (Limits(cpu_percent=5), EVERYTHING, Limits(), "linux does not support CPU percent. Percent discarded."),
        (Limits(oom_kill_disable=True), EVERYTHING, Limits(oom_kill_disable=True), "no memory limit is set"),
    ],
)
def test_what_no_kernel_knows_is_let_go_with_a_warning(
    asked: Limits, supported: tuple[str, ...], kept: Limits, warning: str
) -> None:
    found, (only,) = discard(asked, lambda: supported)
    assert found == kept
    assert warning in only


def test_what_the_kernel_knows_is_kept_in_silence() -> None:
    asked = Limits(memory=MIB, memory_swappiness=0, oom_kill_disable=True, kernel_memory=0)
    assert discard(asked, lambda: EVERYTHING) == (asked, ())
