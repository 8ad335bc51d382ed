"""docker update: what changes in the kernel's files and in inspect, and what is refused, in which words."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemon import Docker

MIB = 1 << 20
CGROUPS = Path("/sys/fs/cgroup")
UNIFIED = (CGROUPS / "cgroup.controllers").exists()


@pytest.fixture(params=["created", "running"])
def box(docker: Docker, request: pytest.FixtureRequest) -> Iterator[tuple[str, bool]]:
    """A container with half a gigabyte; whether it runs."""
    name, runs = f"u{uuid.uuid4().hex[:12]}", request.param == "running"
    docker("create", "--name", name, "--network", "none", "-m", "512m", "busybox", "sleep", "600")
    if runs:
        docker("start", name)
    yield name, runs
    docker("rm", "-fv", name)


def inspect(docker: Docker, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("inspect", name).stdout)[0]
    return found


def kernel_says(pid: int, controller: str, file: str) -> str:
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if UNIFIED or controller in names.split(","):
            base = CGROUPS if UNIFIED else CGROUPS / controller
            return (base / path.lstrip("/") / file).read_text().strip()
    raise AssertionError(f"no cgroup of {controller}")


CHANGES = [
    (("-m", "256m"), {"Memory": 256 * MIB}, ("memory", "memory.limit_in_bytes", "memory.max", str(256 * MIB))),
    (("-m", "1g", "--memory-swap", "2g"), {"Memory": 1024 * MIB, "MemorySwap": 2048 * MIB},
     ("memory", "memory.limit_in_bytes", "memory.max", str(1024 * MIB))),
    # The sum with swap was set by the memory: twice as much.
    (("-m", "1g"), {"Memory": 1024 * MIB, "MemorySwap": 1024 * MIB},
     ("memory", "memory.limit_in_bytes", "memory.max", str(1024 * MIB))),
    (("--memory-reservation", "64m"), {"MemoryReservation": 64 * MIB},
     ("memory", "memory.soft_limit_in_bytes", "memory.low", str(64 * MIB))),
    (("--cpu-shares", "512"), {"CpuShares": 512}, ("cpu", "cpu.shares", "cpu.weight", "20" if UNIFIED else "512")),
    (("--cpu-period", "50000", "--cpu-quota", "20000"), {"CpuPeriod": 50000, "CpuQuota": 20000},
     ("cpu", "cpu.cfs_quota_us", "cpu.max", "20000 50000" if UNIFIED else "20000")),
    (("--cpus", "0.5"), {"NanoCpus": 500_000_000},
     ("cpu", "cpu.cfs_quota_us", "cpu.max", "50000 100000" if UNIFIED else "50000")),
    (("--cpuset-cpus", "0"), {"CpusetCpus": "0"}, ("cpuset", "cpuset.cpus", "cpuset.cpus", "0")),
    (("--pids-limit", "44"), {"PidsLimit": 44}, ("pids", "pids.max", "pids.max", "44")),
]  # fmt: skip


@pytest.mark.parametrize(("flags", "told", "kernel"), CHANGES, ids=[" ".join(flags) for flags, _, _ in CHANGES])
def test_a_limit_changes(
    docker: Docker, box: tuple[str, bool], flags: tuple[str, ...], told: dict[str, Any], kernel: tuple[str, ...]
) -> None:
    name, runs = box
    docker("update", *flags, name)
    found = inspect(docker, name)
    assert {field: found["HostConfig"][field] for field in told} == told
    if runs:
        controller, first, second, expected = kernel
        assert kernel_says(found["State"]["Pid"], controller, second if UNIFIED else first) == expected


def test_a_limit_of_processes_is_lifted(docker: Docker, box: tuple[str, bool]) -> None:
    name, runs = box
    docker("update", "--pids-limit", "44", name)
    docker("update", "--pids-limit", "-1", name)
    found = inspect(docker, name)
    assert found["HostConfig"]["PidsLimit"] != 44
    if runs:
        assert kernel_says(found["State"]["Pid"], "pids", "pids.max") == "max"


def test_the_restart_policy_changes(docker: Docker, box: tuple[str, bool]) -> None:
    name, _ = box
    docker("update", "--restart", "on-failure:3", name)
    assert inspect(docker, name)["HostConfig"]["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3}
    assert inspect(docker, name)["HostConfig"]["Memory"] == 512 * MIB


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("-m", "1m"), "Minimum memory limit allowed is 6MB"),
        (("-m", "2g"), "Memory limit should be smaller than already set memoryswap limit, update the memoryswap"),
        (("--cpu-period", "5"), "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)"),
        (("--cpuset-cpus", "999"), "Requested CPUs are not available - requested 999"),
        (("--restart", "nosuch"), "nosuch"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(
    docker: Docker, box: tuple[str, bool], flags: tuple[str, ...], sentence: str
) -> None:
    name, _ = box
    before = inspect(docker, name)["HostConfig"]
    done = docker("update", *flags, name, code=1)
    assert sentence in done.stderr
    assert inspect(docker, name)["HostConfig"] == before


def test_cpus_and_a_quota_exclude_each_other(docker: Docker, box: tuple[str, bool]) -> None:
    name, _ = box
    docker("update", "--cpu-quota", "20000", name)
    done = docker("update", "--cpus", "1", name, code=1)
    assert "Nano CPUs cannot be updated as CPU" in done.stderr


def test_a_container_that_is_not_there_is_named(docker: Docker) -> None:
    assert "No such container: nosuch" in docker("update", "-m", "64m", "nosuch", code=1).stderr


def test_it_is_an_event(docker: Docker, box: tuple[str, bool]) -> None:
    name, _ = box
    docker("update", "-m", "256m", name)
    until = str(int(time.time()) + 1)
    flags = ("--filter", f"container={name}", "--filter", "event=update", "--since", "1m", "--until", until)
    assert docker("events", *flags, "--format", "{{.Action}}").stdout == "update\n"
