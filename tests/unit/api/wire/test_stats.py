"""Docker's JSON of statistics, and the number that the CLI makes of it."""

from __future__ import annotations

from jupyter_containers.api.wire.stats import statistics_json
from jupyter_containers.cgroups.manager import BlockTransfer, Usage
from jupyter_containers.engine.containers.record import Record
from jupyter_containers.engine.containers.stats import Sample, Statistics, Traffic

RECORD = Record("a" * 64, "web", 1, "sha256:x")
USAGE = Usage(
    cpu_total_ns=2_000, cpu_user_ns=1_500, cpu_system_ns=500, per_cpu_ns=(2_000, 0), memory_bytes=100,
    memory_limit_bytes=1_000, memory_stat={"total_inactive_file": 30}, pids=3, pids_limit=20,
    blkio=(BlockTransfer(8, 0, "Read", 4096, 1),),
)  # fmt: skip


def sample(at: int, cpu: int, system: int) -> Sample:
    usage = Usage(**{**{f: getattr(USAGE, f) for f in Usage.__slots__}, "cpu_total_ns": cpu})
    return Sample(at, usage, (Traffic("eth0", (1, 2, 3, 4), (5, 6, 7, 8)),), system, 2, 5_000)


def test_the_columns_of_docker_stats_come_out_right() -> None:
    body = statistics_json(RECORD, Statistics(sample(2 * 10**9, 2_000, 20_000), sample(10**9, 1_000, 10_000)))
    cpu, before = body["cpu_stats"], body["precpu_stats"]
    busy = cpu["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
    assert busy / (cpu["system_cpu_usage"] - before["system_cpu_usage"]) * cpu["online_cpus"] == 0.2
    assert body["memory_stats"]["usage"] - body["memory_stats"]["stats"]["total_inactive_file"] == 70
    assert body["memory_stats"]["limit"] == 1_000
    assert body["pids_stats"] == {"current": 3, "limit": 20}
    assert body["networks"]["eth0"]["tx_bytes"] == 5
    assert body["blkio_stats"]["io_service_bytes_recursive"] == [{"major": 8, "minor": 0, "op": "Read", "value": 4096}]
    assert body["name"] == "/web"


def test_without_a_limit_it_is_the_hosts_memory() -> None:
    usage = Usage(memory_bytes=1)
    body = statistics_json(RECORD, Statistics(Sample(1, usage, memory_bytes=5_000), Sample(0)))
    assert body["memory_stats"]["limit"] == 5_000
    assert body["pids_stats"] == {}


def test_a_container_that_does_not_run_has_empty_shapes() -> None:
    body = statistics_json(RECORD, Statistics(Sample(0), Sample(0)))
    assert body["read"] == "0001-01-01T00:00:00Z"
    assert (body["pids_stats"], body["memory_stats"]) == ({}, {})
    assert body["blkio_stats"]["io_service_bytes_recursive"] is None
    assert "networks" not in body
    assert "system_cpu_usage" not in body["cpu_stats"]
