"""Tests of commands.looking."""

from __future__ import annotations

from jupyter_containers.commands.results import Table
from jupyter_containers.commands.usage import usage, usage_row
from tests.integration.commands.conftest import Do


def test_processes_are_listed(do: Do, box: str) -> None:
    found = do("top", box)
    assert isinstance(found, Table)
    assert [record["CMD"] for record in found] == ["sleep 100"]


def test_changes_are_listed(do: Do, box: str) -> None:
    do("exec", box, "sh", "-c", "echo 1 >/new; rm /bin/true")
    assert {"A   /new", "C   /bin", "D   /bin/true"} <= {line.strip() for line in do("diff", box).text().splitlines()}


def test_statistics_are_told(do: Do, box: str) -> None:
    found = do("stats", box)
    assert isinstance(found, Table)
    assert (found.rows[0][0], found.rows[0][-1]) == ("box", "1")
    assert next(iter(found))["memory_bytes"] > 0
    assert list(found.df["name"]) == ["box"]


def test_statistics_are_counted_as_dockers() -> None:
    sample = {
        "cpu_stats": {"cpu_usage": {"total_usage": 300}, "system_cpu_usage": 2000, "online_cpus": 2},
        "precpu_stats": {"cpu_usage": {"total_usage": 100}, "system_cpu_usage": 1000},
        "memory_stats": {"usage": 3000, "limit": 10000, "stats": {"inactive_file": 1000}},
        "networks": {"eth0": {"rx_bytes": 5, "tx_bytes": 6}, "eth1": {"rx_bytes": 1, "tx_bytes": 1}},
        "blkio_stats": {"io_service_bytes_recursive": [{"op": "Read", "value": 7}, {"op": "write", "value": 8}]},
        "pids_stats": {"current": 3},
    }
    assert usage_row(usage("x", sample)) == ("x", "40.00%", "2kB / 10kB", "20.00%", "6B / 7B", "7B / 8B", "3")
    assert usage_row(usage("x", {})) == ("x", "0.00%", "0B / 0B", "0.00%", "0B / 0B", "0B / 0B", "0")


def test_published_ports_are_listed(do: Do) -> None:
    do("run", "-d", "--name", "web", "-p", "127.0.0.1::80", "busybox", "sleep", "100")
    line = do("port", "web").text()
    assert line.startswith("80/tcp -> 127.0.0.1:")
    assert do("port", "web", "80").text() == line.partition(" -> ")[2]
    assert do("port", "web", "81").text() == ""


def test_layers_facts_and_versions_are_told(do: Do) -> None:
    history = do("history", "busybox")
    assert isinstance(history, Table)
    assert len(history) >= 1
    assert "ApiVersion" in do("version").text()
    assert "OperatingSystem" in do("info").text()
