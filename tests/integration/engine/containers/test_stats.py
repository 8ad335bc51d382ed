"""Statistics of a container that works."""

from __future__ import annotations

import json

from tests.support.api_client import Api


def test_a_busy_container_uses_cpu_memory_and_network(api: Api) -> None:
    script = "ping -c 1 $(ip route | sed -n 's/default via \\([0-9.]*\\).*/\\1/p') >/dev/null; while true; do :; done"
    container = api.run("sh", "-c", script, host={"NetworkMode": "bridge", "Memory": 64 << 20, "PidsLimit": 10})
    stats = api.get(f"/containers/{container}/stats", stream=0).json
    cpu, before = stats["cpu_stats"], stats["precpu_stats"]
    busy = cpu["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
    share = busy / (cpu["system_cpu_usage"] - before["system_cpu_usage"]) * cpu["online_cpus"]
    assert 0.05 < share <= cpu["online_cpus"] + 0.2
    assert 0 < stats["memory_stats"]["usage"] < stats["memory_stats"]["limit"] == 64 << 20
    assert stats["pids_stats"] == {"current": 1, "limit": 10}
    assert stats["networks"]["eth0"]["tx_packets"] > 0
    assert (stats["id"], stats["preread"] < stats["read"]) == (container, True)


def test_one_shot_does_not_wait(api: Api) -> None:
    container = api.run("sleep", "60")
    stats = api.get(f"/containers/{container}/stats", stream=0, **{"one-shot": 1}).json
    assert stats["preread"] == "0001-01-01T00:00:00Z"
    assert "networks" not in stats or stats["networks"] == {}


def test_a_stopped_container_has_no_numbers(api: Api) -> None:
    stats = api.get(f"/containers/{api.create('true')}/stats", stream=0).json
    assert (stats["read"], stats["memory_stats"]) == ("0001-01-01T00:00:00Z", {})


def test_the_stream_goes_on_until_the_container_is_removed(api: Api) -> None:
    container = api.run("sleep", "0.3", host={"AutoRemove": True})
    lines = api.get(f"/containers/{container}/stats").content.splitlines()
    assert len(lines) >= 1
    assert json.loads(lines[0])["name"] != ""
