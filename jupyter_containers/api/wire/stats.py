"""Docker's JSON of statistics. The CLI computes its columns from these, so each field is where dockerd has it."""

from __future__ import annotations

from typing import Any

from jupyter_containers.api.wire.times import rfc3339
from jupyter_containers.cgroups.manager import Usage
from jupyter_containers.engine.containers.record import Record
from jupyter_containers.engine.containers.stats import Sample, Statistics, Traffic

_BLKIO = (
    "io_service_bytes_recursive", "io_serviced_recursive", "io_queue_recursive", "io_service_time_recursive",
    "io_wait_time_recursive", "io_merged_recursive", "io_time_recursive", "sectors_recursive",
)  # fmt: skip
_TRAFFIC = ("bytes", "packets", "errors", "dropped")


def statistics_json(record: Record, statistics: Statistics) -> dict[str, Any]:
    """Write one answer; empty shapes for a container that does not run."""
    current, previous = statistics.current, statistics.previous
    usage = current.usage
    body: dict[str, Any] = {
        "read": rfc3339(current.at),
        "preread": rfc3339(previous.at),
        "pids_stats": _pids(usage),
        "blkio_stats": _blkio(usage),
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": _cpu(current),
        "precpu_stats": _cpu(previous),
        "memory_stats": _memory(usage, current.memory_bytes),
        "name": f"/{record.name}",
        "id": record.id,
    }
    if current.traffic:
        body["networks"] = {traffic.interface: _traffic(traffic) for traffic in current.traffic}
    return body


def _pids(usage: Usage | None) -> dict[str, int]:
    if usage is None or usage.pids is None:
        return {}
    limit = {"limit": usage.pids_limit} if usage.pids_limit else {}
    return {"current": usage.pids, **limit}


def _blkio(usage: Usage | None) -> dict[str, Any]:
    if usage is None:
        return dict.fromkeys(_BLKIO)
    body: dict[str, Any] = {name: [] for name in _BLKIO}
    for transfer in usage.blkio:
        place = {"major": transfer.major, "minor": transfer.minor, "op": transfer.operation}
        body["io_service_bytes_recursive"].append({**place, "value": transfer.transferred_bytes})
        body["io_serviced_recursive"].append({**place, "value": transfer.requests})
    return body


def _cpu(sample: Sample) -> dict[str, Any]:
    usage = sample.usage
    if usage is None:
        nothing = {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0}
        return {"cpu_usage": nothing, "throttling_data": _throttling(Usage())}
    spent: dict[str, Any] = {"total_usage": usage.cpu_total_ns}
    if usage.per_cpu_ns:
        spent["percpu_usage"] = list(usage.per_cpu_ns)
    spent |= {"usage_in_kernelmode": usage.cpu_system_ns, "usage_in_usermode": usage.cpu_user_ns}
    return {
        "cpu_usage": spent,
        "system_cpu_usage": sample.system_cpu_ns,
        "online_cpus": sample.cpus,
        "throttling_data": _throttling(usage),
    }


def _throttling(usage: Usage) -> dict[str, int]:
    return {
        "periods": usage.periods, "throttled_periods": usage.throttled_periods, "throttled_time": usage.throttled_ns,
    }  # fmt: skip


def _memory(usage: Usage | None, host_bytes: int) -> dict[str, Any]:
    if usage is None or usage.memory_bytes is None:
        return {}
    body: dict[str, Any] = {"usage": usage.memory_bytes}
    if usage.memory_max_bytes is not None:
        body["max_usage"] = usage.memory_max_bytes
    if usage.memory_failures:
        body["failcnt"] = usage.memory_failures
    # dockerd names the host's memory where there is no limit.
    return body | {"stats": dict(usage.memory_stat), "limit": usage.memory_limit_bytes or host_bytes}


def _traffic(traffic: Traffic) -> dict[str, int]:
    received = {f"rx_{name}": value for name, value in zip(_TRAFFIC, traffic.received, strict=True)}
    return received | {f"tx_{name}": value for name, value in zip(_TRAFFIC, traffic.sent, strict=True)}
