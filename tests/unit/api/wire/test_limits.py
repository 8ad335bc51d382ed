"""Docker's Resources and ours."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_containers.api.wire.limits import limits_from_wire, limits_to_wire
from jupyter_containers.engine.containers.record import DeviceRate, Limits
from jupyter_containers.errors import ContainersError

NEWEST = (1, 51)
FULL: dict[str, Any] = {
    "CpuShares": 1, "Memory": 2, "NanoCpus": 3, "CpuPeriod": 4, "CpuQuota": 5, "CpusetCpus": "0", "CpusetMems": "0",
    "MemoryReservation": 6, "MemorySwap": 7, "MemorySwappiness": 8, "OomKillDisable": True, "PidsLimit": 9,
    "BlkioWeight": 10, "BlkioWeightDevice": [{"Path": "/dev/a", "Weight": 50}],
    "BlkioDeviceReadBps": [{"Path": "/dev/a", "Rate": 5}], "BlkioDeviceWriteBps": [],
    "BlkioDeviceReadIOps": [{"Path": "/dev/a", "Rate": 5}], "BlkioDeviceWriteIOps": None,
}  # fmt: skip


def test_every_number_comes_back_as_it_was() -> None:
    answered = limits_to_wire(limits_from_wire(FULL), NEWEST)
    assert {name: answered[name] for name in FULL} == FULL


def test_the_cli_says_minus_one_for_swappiness_it_does_not_set() -> None:
    assert limits_from_wire({"MemorySwappiness": -1, "OomKillDisable": None}) == Limits()


def test_no_limit_of_processes_is_null() -> None:
    assert limits_to_wire(Limits(pids_limit=-1), NEWEST)["PidsLimit"] is None


def test_kernel_memory_is_told_to_old_clients_only() -> None:
    assert limits_to_wire(Limits(), (1, 41))["KernelMemory"] == 0
    assert "KernelMemory" not in limits_to_wire(Limits(), NEWEST)


def test_weights_and_rates_have_names_of_their_own() -> None:
    found = limits_from_wire({"BlkioWeightDevice": [{"Path": "/dev/a", "Weight": 5}]})
    assert found.blkio_weight_devices == (DeviceRate("/dev/a", 5),)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"CpuRealtimePeriod": 10, "CpuRealtimeRuntime": 20}, "cpu real-time runtime cannot be higher"),
        ({"CpuRealtimeRuntime": 20}, "CpuRealtimeRuntime 20 is not supported"),
        ({"BlkioDeviceReadBps": [{"Path": "/dev/a", "Rate": -1}]}, "Rate must not be negative: -1"),
        ({"BlkioDeviceReadBps": {}}, "BlkioDeviceReadBps must be a list of objects"),
    ],
)
def test_bad_values_are_refused_in_words(body: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ContainersError) as caught:
        limits_from_wire(body)
    assert sentence in caught.value.message
