"""The daemon on the wire: info, version and events, with nothing made up."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.api.wire.system import event_json, info_json, version_json
from jupyter_containers.engine.events import Event
from jupyter_containers.engine.system import ContainerCounts, DaemonFacts, HostFacts
from jupyter_containers.paths import Places

HOST = HostFacts("h", "6.1", "x86_64", "Debian 12", "12", 2, 10**9, ip_forwarding=True)


def daemon(*limits: str, cgroup_version: int = 1, warnings: tuple[str, ...] = ()) -> DaemonFacts:
    return DaemonFacts(
        id="d1", places=Places(Path("/d"), Path("/r")), version="0.1", started_at=datetime(2026, 1, 1, tzinfo=UTC),
        cgroup_version=cgroup_version, limits=limits, storage_driver="overlay2", backing_filesystem="ext4",
        insecure_registries=("example.org:5000",), is_debug=False, open_files=9, tasks=3, warnings=warnings,
    )  # fmt: skip


def info(facts: DaemonFacts, **more: Any) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(
        json.dumps(info_json(facts, HOST, counts=ContainerCounts(1, 2, 3), images=4, **more))
    )
    return written


def test_info_counts() -> None:
    written = info(daemon())
    assert [written[f"Containers{state}"] for state in ("", "Running", "Paused", "Stopped")] == [6, 1, 2, 3]
    assert (written["Images"], written["NCPU"], written["DockerRootDir"]) == (4, 2, "/d")


@pytest.mark.parametrize(("version", "driver"), [(0, "none"), (1, "cgroupfs"), (2, "cgroupfs")])
def test_limits_are_true_only_when_they_are_enforced(version: int, driver: str) -> None:
    written = info(daemon("memory", "pids", cgroup_version=version))
    assert (written["MemoryLimit"], written["SwapLimit"], written["CpuCfsQuota"], written["PidsLimit"]) == (
        True, False, False, True,
    )  # fmt: skip
    assert (written["CgroupDriver"], written["CgroupVersion"]) == (driver, str(version))
    assert written["OomKillDisable"] is (version == 1)


def test_fields_follow_the_version() -> None:
    old, new = info(daemon(), version=(1, 41)), info(daemon(), version=(1, 51))
    assert (old["SecurityOptions"][0], new["SecurityOptions"][0]) == (
        "name=seccomp,profile=default", "name=seccomp,profile=builtin",
    )  # fmt: skip
    assert {"KernelMemory", "BridgeNfIptables", "BridgeNfIp6tables"} <= old.keys() - new.keys()
    assert {"FirewallBackend", "CDISpecDirs", "DiscoveredDevices"} <= new.keys() - old.keys()
    assert (old["RuncCommit"], new["RuncCommit"]) == ({"ID": "", "Expected": ""}, {"ID": ""})


def test_what_is_there_is_told() -> None:
    written = info(daemon(), listeners=3, network_drivers=("null", "bridge"))
    assert written["NEventsListener"] == 3
    assert written["Plugins"]["Network"] == ["bridge", "null"]
    assert written["DriverStatus"] == [["Backing Filesystem", "ext4"]]


def test_warnings_are_null_when_there_is_none() -> None:
    assert info(daemon())["Warnings"] is None
    assert info(daemon(warnings=("WARNING: x",)))["Warnings"] == ["WARNING: x"]


def test_registries_without_tls_are_named() -> None:
    registries = info_json(daemon(), HOST, counts=ContainerCounts(0, 0, 0), images=0)["RegistryConfig"]["IndexConfigs"]
    assert registries["example.org:5000"]["Secure"] is False
    assert registries["docker.io"]["Secure"] is True


def test_mirrors_are_told_with_the_registry_that_they_are_of() -> None:
    facts = replace(daemon(), registry_mirrors=("https://hub.example/", "h.io=https://m.example/"))
    registries = info_json(facts, HOST, counts=ContainerCounts(0, 0, 0), images=0)["RegistryConfig"]
    assert registries["Mirrors"] == registries["IndexConfigs"]["docker.io"]["Mirrors"] == ["https://hub.example/"]
    assert registries["IndexConfigs"]["h.io"] == {
        "Name": "h.io", "Mirrors": ["https://m.example/"], "Secure": True, "Official": False,
    }  # fmt: skip


def test_version_is_said_in_both_places_that_clients_read() -> None:
    written = version_json(daemon(), HOST, "amd64")
    assert written["Version"] == written["Components"][0]["Version"] == "0.1"
    assert written["Arch"] == written["Components"][0]["Details"]["Arch"] == "amd64"
    assert (written["ApiVersion"], written["MinAPIVersion"]) == ("1.51", "1.24")


def test_an_event_has_both_times_and_the_old_fields_where_docker_has_them() -> None:
    event = Event("container", "die", "c1", {"image": "busybox", "exitCode": "1"}, 1_500_000_000)
    written = event_json(event)
    assert (written["time"], written["timeNano"]) == (1, 1_500_000_000)
    assert (written["status"], written["id"], written["from"]) == ("die", "c1", "busybox")
    assert written["Actor"] == {"ID": "c1", "Attributes": {"image": "busybox", "exitCode": "1"}}
    assert "status" not in event_json(Event("volume", "create", "v1", {}, 0))
    pruned = event_json(Event("image", "prune", "", {"reclaimed": "5"}, 0))
    assert (pruned["status"], "id" in pruned, "from" in pruned) == ("prune", False, False)
