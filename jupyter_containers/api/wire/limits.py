"""The numbers of Docker's Resources (in HostConfig, and the body of update) ↔ Limits."""

from __future__ import annotations

from typing import Any

from jupyter_containers.api.wire import fields
from jupyter_containers.api.wire.fields import Body
from jupyter_containers.engine.containers.record import DeviceRate, Limits
from jupyter_containers.errors import InvalidParameter

_NUMBERS = (
    ("CpuShares", "cpu_shares"), ("Memory", "memory"), ("NanoCpus", "nano_cpus"), ("CpuPeriod", "cpu_period"),
    ("CpuQuota", "cpu_quota"), ("MemoryReservation", "memory_reservation"), ("MemorySwap", "memory_swap"),
    ("BlkioWeight", "blkio_weight"), ("KernelMemory", "kernel_memory"), ("KernelMemoryTCP", "kernel_memory_tcp"),
    ("CpuPercent", "cpu_percent"),
)  # fmt: skip
_RATES = (
    ("BlkioDeviceReadBps", "blkio_read_bps"), ("BlkioDeviceWriteBps", "blkio_write_bps"),
    ("BlkioDeviceReadIOps", "blkio_read_iops"), ("BlkioDeviceWriteIOps", "blkio_write_iops"),
)  # fmt: skip
_WEIGHTS = ("BlkioWeightDevice", "blkio_weight_devices")
# What newer clients neither send nor expect.
_GONE = (1, 42)


def limits_from_wire(body: Body) -> Limits:
    """Read the limits of a create or update request; 0 is "not set". Raises InvalidParameter, Unsupported."""
    _refuse_real_time(body)
    swappiness = fields.optional_number(body, "MemorySwappiness")
    values: dict[str, Any] = {ours: fields.number(body, theirs) for theirs, ours in _NUMBERS}
    values |= {ours: _rates(body, theirs, "Rate") for theirs, ours in _RATES}
    return Limits(
        **values,
        blkio_weight_devices=_rates(body, _WEIGHTS[0], "Weight"),
        memory_swappiness=None if swappiness == -1 else swappiness,
        oom_kill_disable=None if body.get("OomKillDisable") is None else fields.flag(body, "OomKillDisable"),
        cpuset_cpus=fields.text(body, "CpusetCpus"),
        cpuset_mems=fields.text(body, "CpusetMems"),
        pids_limit=fields.optional_number(body, "PidsLimit"),
    )


def _refuse_real_time(body: Body) -> None:
    period, runtime = (fields.number(body, name) for name in ("CpuRealtimePeriod", "CpuRealtimeRuntime"))
    if period and runtime > period:
        raise InvalidParameter("cpu real-time runtime cannot be higher than cpu real-time period")
    fields.refuse(body, ("CpuRealtimePeriod", "CpuRealtimeRuntime"))


def _rates(body: Body, name: str, number: str) -> tuple[DeviceRate, ...] | None:
    def rate(entry: Body) -> DeviceRate:
        found = DeviceRate(fields.text(entry, "Path"), fields.number(entry, number))
        if found.rate < 0:
            raise InvalidParameter(f"{name} of {found.path}: {number} must not be negative: {found.rate}")
        return found

    return fields.given_objects(body, name, rate)


def limits_to_wire(limits: Limits, version: tuple[int, int]) -> dict[str, Any]:
    """Write the limits as inspect has them."""
    numbers = {
        theirs: getattr(limits, ours) for theirs, ours in _NUMBERS if not theirs.startswith("Kernel") or version < _GONE
    }
    rates = {theirs: _rates_to_wire(getattr(limits, ours), "Rate") for theirs, ours in _RATES}
    return (
        numbers
        | rates
        | {
            _WEIGHTS[0]: _rates_to_wire(limits.blkio_weight_devices, "Weight"),
            "CpuRealtimePeriod": 0,
            "CpuRealtimeRuntime": 0,
            "CpusetCpus": limits.cpuset_cpus,
            "CpusetMems": limits.cpuset_mems,
            "MemorySwappiness": limits.memory_swappiness,
            "OomKillDisable": bool(limits.oom_kill_disable),
            # dockerd has one word for no limit, whatever was asked.
            "PidsLimit": limits.pids_limit if (limits.pids_limit or 0) > 0 else None,
            "CpuCount": 0,
            "IOMaximumIOps": 0,
            "IOMaximumBandwidth": 0,
        }
    )


def _rates_to_wire(rates: tuple[DeviceRate, ...] | None, number: str) -> list[dict[str, Any]] | None:
    return None if rates is None else [{"Path": rate.path, number: rate.rate} for rate in rates]
