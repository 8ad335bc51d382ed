"""Limits: what was asked for is what the kernel's own files say, and it holds."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.daemon import Docker
from tests.support.eventually import eventually

CGROUPS = Path("/sys/fs/cgroup")
UNIFIED = (CGROUPS / "cgroup.controllers").exists()
MIB = 1 << 20


def run(docker: Docker, *words: str, **options: object) -> str:
    return docker("run", "--rm", *words, **options).stdout  # type: ignore[arg-type]


@contextmanager
def running(docker: Docker, *words: str) -> Iterator[tuple[str, int]]:
    """Run a container (flags, image, command) for the time of a block; its name and PID on the host."""
    name = f"l{uuid.uuid4().hex[:12]}"
    try:
        docker("run", "-d", "--name", name, *words)
        yield name, int(docker("inspect", "-f", "{{.State.Pid}}", name).stdout)
    finally:
        docker("rm", "-fv", name, code=None)


def group(pid: int, controller: str) -> Path:
    """Return the host's folder of the cgroup that a process is in."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if UNIFIED and not controllers:
            return CGROUPS / path.lstrip("/")
        if controller in controllers.split(","):
            return CGROUPS / controller / path.lstrip("/")
    raise AssertionError(f"no cgroup of {controller}")


def kernel_says(pid: int, controller: str, file: str) -> str:
    return (group(pid, controller) / file).read_text().strip()


# flags → [(controller, file, value)] of version 1, then of version 2.
LIMITS = [
    (("-m", "64m"),
     [("memory", "memory.limit_in_bytes", str(64 * MIB)), ("memory", "memory.memsw.limit_in_bytes", str(128 * MIB))],
     [("memory", "memory.max", str(64 * MIB)), ("memory", "memory.swap.max", str(64 * MIB))]),
    (("-m", "64m", "--memory-swap", "64m"),
     [("memory", "memory.memsw.limit_in_bytes", str(64 * MIB))], [("memory", "memory.swap.max", "0")]),
    (("-m", "64m", "--memory-swap", "96m"),
     [("memory", "memory.memsw.limit_in_bytes", str(96 * MIB))], [("memory", "memory.swap.max", str(32 * MIB))]),
    (("-m", "64m", "--memory-reservation", "32m"),
     [("memory", "memory.soft_limit_in_bytes", str(32 * MIB))], [("memory", "memory.low", str(32 * MIB))]),
    (("--cpus", "0.5"),
     [("cpu", "cpu.cfs_quota_us", "50000"), ("cpu", "cpu.cfs_period_us", "100000")],
     [("cpu", "cpu.max", "50000 100000")]),
    (("--cpu-quota", "20000", "--cpu-period", "50000"),
     [("cpu", "cpu.cfs_quota_us", "20000"), ("cpu", "cpu.cfs_period_us", "50000")],
     [("cpu", "cpu.max", "20000 50000")]),
    (("--cpu-shares", "512"), [("cpu", "cpu.shares", "512")], [("cpu", "cpu.weight", "20")]),
    (("--cpuset-cpus", "0", "--cpuset-mems", "0"),
     [("cpuset", "cpuset.cpus", "0"), ("cpuset", "cpuset.mems", "0")],
     [("cpuset", "cpuset.cpus", "0"), ("cpuset", "cpuset.mems", "0")]),
    (("--pids-limit", "37"), [("pids", "pids.max", "37")], [("pids", "pids.max", "37")]),
]  # fmt: skip


@pytest.mark.parametrize(("flags", "first", "second"), LIMITS, ids=[" ".join(flags) for flags, _, _ in LIMITS])
def test_a_limit_is_in_the_kernels_files(
    docker: Docker, flags: tuple[str, ...], first: list[tuple[str, str, str]], second: list[tuple[str, str, str]]
) -> None:
    expected = second if UNIFIED else first
    with running(docker, *flags, "busybox", "sleep", "600") as (_, pid):
        assert [(c, file, kernel_says(pid, c, file)) for c, file, _ in expected] == expected


def test_without_flags_nothing_is_limited(docker: Docker) -> None:
    with running(docker, "busybox", "sleep", "600") as (_, pid):
        if UNIFIED:
            assert (kernel_says(pid, "memory", "memory.max"), kernel_says(pid, "pids", "pids.max")) == ("max", "max")
        else:
            assert int(kernel_says(pid, "memory", "memory.limit_in_bytes")) > 1 << 60
            assert kernel_says(pid, "pids", "pids.max") == "max"
            assert kernel_says(pid, "cpu", "cpu.cfs_quota_us") == "-1"


def test_an_exec_is_in_the_containers_cgroup(docker: Docker) -> None:
    with running(docker, "--pids-limit", "50", "busybox", "sleep", "600") as (name, pid):
        docker("exec", "-d", name, "sleep", "601")
        path = group(pid, "pids") / "cgroup.procs"
        assert eventually(lambda: len(path.read_text().split()) == 2)


def test_limits_change_while_it_runs(docker: Docker) -> None:
    with running(docker, "-m", "64m", "busybox", "sleep", "600") as (name, pid):
        docker("update", "-m", "128m", "--memory-swap", "256m", "--cpu-shares", "512", "--pids-limit", "20", name)
        file = "memory.max" if UNIFIED else "memory.limit_in_bytes"
        assert kernel_says(pid, "memory", file) == str(128 * MIB)
        assert kernel_says(pid, "pids", "pids.max") == "20"
        host = json.loads(docker("inspect", "-f", "{{json .HostConfig}}", name).stdout)
        assert (host["Memory"], host["MemorySwap"], host["CpuShares"]) == (128 * MIB, 256 * MIB, 512)


def test_a_fork_bomb_is_bounded_and_goes_with_its_container(docker: Docker) -> None:
    bomb = "b() { b | b & }; b; exec sleep 600"
    with running(docker, "--pids-limit", "20", "--cpus", "0.5", "busybox", "sh", "-c", bomb) as (name, pid):
        folder = group(pid, "pids")
        eventually(lambda: int((folder / "pids.events").read_text().split()[1]) > 0)
        most = max(int((folder / "pids.current").read_text()) for _ in range(50))
        assert 2 <= most <= 20
        docker("rm", "-f", name)
        assert eventually(lambda: not folder.exists())


def test_cpus_hold_under_load(docker: Docker) -> None:
    with running(docker, "--cpus", "0.2", "busybox", "sh", "-c", "while :; do :; done") as (_, pid):
        throttled = group(pid, "cpu") / "cpu.stat"
        eventually(lambda: dict(map(str.split, throttled.read_text().splitlines()))["nr_throttled"] != "0")
        before, started = cpu_ticks(pid), time.monotonic()
        eventually(lambda: time.monotonic() - started > 0.6)
        used = (cpu_ticks(pid) - before) / 100 / (time.monotonic() - started)
    assert used < 0.35


def cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_an_oom_kill_is_told_by_inspect_and_events(docker: Docker) -> None:
    command = "x=a; while true; do x=$x$x$x$x; done"
    with running(docker, "-m", "8m", "--memory-swap", "8m", "busybox", "sh", "-c", command) as (name, _):
        assert docker("wait", name).stdout.strip() == "137"
        state = json.loads(docker("inspect", "-f", "{{json .State}}", name).stdout)
        assert (state["OOMKilled"], state["ExitCode"], state["Status"]) == (True, 137, "exited")
        filters = (
            "--since",
            "1m",
            "--until",
            str(int(time.time()) + 1),
            "--filter",
            f"container={name}",
            "--format",
            "{{.Action}}",
        )
        assert {"oom", "die"} <= set(docker("events", *filters).stdout.split())


def test_the_cgroup_goes_with_the_container(docker: Docker) -> None:
    with running(docker, "-m", "64m", "busybox", "sleep", "600") as (name, pid):
        folders = [group(pid, controller) for controller in ("memory", "cpu", "pids")]
        docker("stop", "-t", "0", name)
        assert eventually(lambda: not any(folder.exists() for folder in folders))


def test_rlimits_are_set(docker: Docker) -> None:
    flags = ("--ulimit", "nofile=100:200", "--ulimit", "core=0", "--ulimit", "nproc=500")
    with running(docker, *flags, "busybox", "sleep", "600") as (name, pid):
        text = Path(f"/proc/{pid}/limits").read_text()
        assert docker("exec", name, "cat", "/proc/self/limits").stdout == text
    limits = {line[:26].strip(): line[26:].split()[:2] for line in text.splitlines()}
    shown = [limits[name] for name in ("Max open files", "Max core file size", "Max processes")]
    assert shown == [["100", "200"], ["0", "0"], ["500", "500"]]


def test_shm_has_its_size(docker: Docker) -> None:
    assert run(docker, "busybox", "df", "-k", "/dev/shm").split()[-5] == "65536"
    out = run(docker, "--shm-size", "8m", "busybox", "sh", "-c",
              "df -k /dev/shm | tail -n 1; dd if=/dev/zero of=/dev/shm/x bs=1M count=9 2>&1 | head -n 1")  # fmt: skip
    assert out.split()[1] == "8192"
    assert "No space left on device" in out


def test_kernel_parameters_of_its_namespaces_are_set(docker: Docker) -> None:
    before = Path("/proc/sys/kernel/shmmax").read_text()
    flags = (
        "--sysctl",
        "net.ipv4.ip_forward=0",
        "--sysctl",
        "kernel.shmmax=12345",
        "--sysctl",
        "net.core.somaxconn=99",
    )
    names = ("net/ipv4/ip_forward", "kernel/shmmax", "net/core/somaxconn")
    out = run(docker, *flags, "busybox", "cat", *(f"/proc/sys/{name}" for name in names))
    assert out.split() == ["0", "12345", "99"]
    assert Path("/proc/sys/kernel/shmmax").read_text() == before
    assert run(docker, "busybox", "cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start") == "0\n"


def test_the_oom_score_is_set(docker: Docker) -> None:
    assert run(docker, "--oom-score-adj", "500", "busybox", "cat", "/proc/self/oom_score_adj") == "500\n"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("-m", "64m", "--memory-swap", "10m"), "Minimum memoryswap limit should be larger than memory limit"),
        (("--memory-swap", "100m"), "You should always set the Memory limit when using Memoryswap limit"),
        (("--cpuset-cpus", "4096"), "Requested CPUs are not available - requested 4096, available: "),
        (("--cpus", "4096"), "Range of CPUs is from 0.01 to "),
        (("--cpu-quota", "500"), "CPU cfs quota can not be less than 1ms (i.e. 1000)"),
        (("--group-add", "no-such"), "Unable to find group no-such: no matching entries in group file"),
        (("--network", "no-such"), "network no-such not found"),
        (("--network", "container:no-such"), "No such container: no-such"),
    ],
)
def test_impossible_wishes_are_refused_in_dockers_words(docker: Docker, flags: tuple[str, ...], words: str) -> None:
    done = docker("run", "--rm", *flags, "busybox", "true", code=125)
    assert words in done.stderr


@pytest.mark.parametrize(
    ("flags", "shown"),
    [
        (("-u", "alice", "--group-add", "777"), "uid=1000(alice) gid=1000(alice) groups=50(staff),777,1000(alice)"),
        (("-u", "0", "--group-add", "staff"), "uid=0(root) gid=0(root) groups=0(root),50(staff)"),
        (("-u", "1234:5678"), "uid=1234 gid=5678 groups=5678"),
    ],
)
def test_groups_are_added(docker: Docker, flags: tuple[str, ...], shown: str) -> None:
    with running(docker, *flags, "busybox", "sleep", "600") as (name, pid):
        assert docker("exec", name, "id").stdout.strip() == shown
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    uid, gid = (word.split("=")[1].split("(")[0] for word in shown.split()[:2])
    assert (set(status["Uid"].split()), set(status["Gid"].split())) == ({uid}, {gid})


def test_a_tmpfs_where_nothing_was_is_for_everybody(docker: Docker) -> None:
    out = run(docker, "--tmpfs", "/new", "--tmpfs", "/home", "busybox", "stat", "-c", "%a", "/new", "/home")
    assert out.split() == ["1777", "755"]
