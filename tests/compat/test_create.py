"""docker create: each option seen from inside and in the host's /proc, and what is refused, in which words."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemon import Docker
from tests.support.eventually import eventually

# What needs no network is quicker without one.
ALONE = ("--network", "none")
CGROUPS = Path("/sys/fs/cgroup")
UNIFIED = (CGROUPS / "cgroup.controllers").exists()
ALL_CAPABILITIES = "ALL"


def run(docker: Docker, *words: str, **options: object) -> str:
    return docker("run", "--rm", *ALONE, *words, **options).stdout  # type: ignore[arg-type]


def inspect(docker: Docker, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("inspect", name).stdout)[0]
    return found


@contextmanager
def sleeping(docker: Docker, *words: str) -> Iterator[tuple[str, int]]:
    """A container that sleeps, with its pid on the host."""
    name = f"c{uuid.uuid4().hex[:12]}"
    docker("run", "-d", "--name", name, *ALONE, *words, "busybox", "sleep", "600")
    try:
        yield name, inspect(docker, name)["State"]["Pid"]
    finally:
        docker("rm", "-fv", name)


def namespace(pid: int | str, kind: str) -> str:
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def kernel_says(pid: int, controller: str, file: str) -> str:
    """Read a file of a process's cgroup, on v1 of a controller."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if UNIFIED or controller in names.split(","):
            base = CGROUPS if UNIFIED else CGROUPS / controller
            return (base / path.lstrip("/") / file).read_text().strip()
    raise AssertionError(f"no cgroup of {controller}")


# --- names -----------------------------------------------------------------------------------------------------------


def test_host_and_domain_name(docker: Docker) -> None:
    script = "hostname; cat /proc/sys/kernel/domainname /etc/hostname"
    said = run(docker, "--hostname", "web", "--domainname", "example.org", "busybox", "sh", "-c", script)
    assert said.splitlines() == ["web", "example.org", "web"]


def test_hosts_and_name_servers(docker: Docker) -> None:
    flags = ("--add-host", "db:10.1.2.3", "--add-host", "six:fd00::1", "--dns", "9.9.9.9", "--dns-search", "a.example")
    said = run(docker, *flags, "--dns-option", "ndots:3", "busybox", "cat", "/etc/hosts", "/etc/resolv.conf")
    lines = [line.split() for line in said.splitlines()]
    for expected in (["10.1.2.3", "db"], ["fd00::1", "six"], ["nameserver", "9.9.9.9"], ["search", "a.example"]):
        assert expected in lines
    assert ["options", "ndots:3"] in lines


def test_groups_are_added_by_name_and_number(docker: Docker) -> None:
    said = run(docker, "--user", "65534:65534", "--group-add", "staff", "--group-add", "4242", "busybox", "id", "-G")
    assert set(said.split()) == {"65534", "50", "4242"}


# --- namespaces ------------------------------------------------------------------------------------------------------


def test_a_shareable_ipc_is_joined_with_its_shared_memory(docker: Docker) -> None:
    with sleeping(docker, "--ipc", "shareable") as (donor, pid):
        docker("exec", donor, "sh", "-c", "echo there > /dev/shm/x")
        script = "cat /dev/shm/x; echo back > /dev/shm/y; readlink /proc/self/ns/ipc"
        assert run(docker, "--ipc", f"container:{donor}", "busybox", "sh", "-c", script).splitlines() == [
            "there", namespace(pid, "ipc"),
        ]  # fmt: skip
        assert docker("exec", donor, "cat", "/dev/shm/y").stdout == "back\n"


@pytest.mark.parametrize("mode", ["private", "none"])
def test_a_private_ipc_is_not_joined(docker: Docker, mode: str) -> None:
    with sleeping(docker, "--ipc", mode) as (donor, _):
        done = docker("run", "--rm", *ALONE, "--ipc", f"container:{donor}", "busybox", "true", code=125)
        assert "non-shareable IPC (hint: use IpcMode:shareable for the donor container)" in done.stderr


@pytest.mark.parametrize("option", ["--ipc", "--pid"])
def test_a_container_that_does_not_run_is_not_joined(docker: Docker, option: str) -> None:
    donor = docker("create", "--ipc", "shareable", "busybox", "true").stdout.strip()
    done = docker("run", "--rm", *ALONE, option, f"container:{donor}", "busybox", "true", code=125)
    assert f"container {donor} is not running" in done.stderr
    docker("rm", donor)


def test_a_container_that_is_not_there_is_not_joined(docker: Docker) -> None:
    done = docker("create", *ALONE, "--pid", "container:nosuch", "busybox", "true", code=1)
    assert "No such container: nosuch" in done.stderr


def test_no_ipc_is_without_shared_memory(docker: Docker) -> None:
    assert run(docker, "--ipc", "none", "busybox", "sh", "-c", "grep -c /dev/shm /proc/mounts || true") == "0\n"


def test_the_processes_of_another_container_are_seen_and_signalled(docker: Docker) -> None:
    with sleeping(docker) as (donor, pid):
        script = "readlink /proc/self/ns/pid; cat /proc/1/comm; tty; kill 1"
        said = run(docker, "--pid", f"container:{donor}", "busybox", "sh", "-c", script, code=0)
        assert said.splitlines() == [namespace(pid, "pid"), "sleep", "not a tty"]


def test_the_hosts_namespaces_are_shared(docker: Docker) -> None:
    with sleeping(docker, "--pid", "host", "--ipc", "host", "--uts", "host", "--cgroupns", "host") as (_, pid):
        for kind in ("pid", "ipc", "uts", "cgroup"):
            assert namespace(pid, kind) == namespace("self", kind)


# --- privileges ------------------------------------------------------------------------------------------------------


def test_privileged_has_all_capabilities_devices_and_places(docker: Docker) -> None:
    script = """grep -E 'CapEff|Seccomp:' /proc/self/status; grep -cE ' /proc/(kcore|sys|bus|irq) ' /proc/mounts
        ls /dev/loop-control /dev/mem 2>/dev/null | wc -l; grep ' /sys sysfs' /proc/mounts"""
    done = docker("run", "--rm", *ALONE, "--privileged", "busybox", "sh", "-c", script, code=None)
    if "unable to apply caps" in done.stderr:
        pytest.skip("this host does not let the reference have all capabilities")
    said = done.stdout.splitlines()
    own = Path("/proc/self/status").read_text()
    bounding = next(line.split()[1] for line in own.splitlines() if line.startswith("CapBnd"))
    assert said[0].split()[1] == bounding
    assert said[1].split() == ["Seccomp:", "0"]
    assert said[2] == "0"
    assert int(said[3]) == sum(os.path.exists(path) for path in ("/dev/loop-control", "/dev/mem"))
    assert "rw" in said[4].split()[3].split(",")


def test_a_read_only_root(docker: Docker) -> None:
    script = "for f in /x /dev/shm/y /etc/hosts /etc/resolv.conf; do touch $f 2>&1; done; true"
    said = run(docker, "--read-only", "busybox", "sh", "-c", script)
    assert said.splitlines() == [
        f"touch: {path}: Read-only file system" for path in ("/x", "/etc/hosts", "/etc/resolv.conf")
    ]


def test_a_filter_of_ones_own(docker: Docker, tmp_path: Path) -> None:
    profile = tmp_path / "profile.json"
    rules = [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]
    profile.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules}))
    script = "mkdir /x 2>&1; grep Seccomp: /proc/self/status"
    said = run(docker, "--security-opt", f"seccomp={profile}", "busybox", "sh", "-c", script).splitlines()
    assert said[0] == "mkdir: can't create directory '/x': Operation not permitted"
    assert said[1].split() == ["Seccomp:", "2"]


def test_no_filter_and_no_new_privileges(docker: Docker) -> None:
    flags = ("--security-opt", "seccomp=unconfined", "--security-opt", "no-new-privileges")
    said = run(docker, *flags, "busybox", "grep", "-E", "NoNewPrivs|Seccomp:", "/proc/self/status")
    assert said.split() == ["NoNewPrivs:", "1", "Seccomp:", "0"]


def test_places_are_shown_when_asked(docker: Docker) -> None:
    script = "grep -cE ' /proc/[a-z]+ ' /proc/mounts || true"
    assert run(docker, "--security-opt", "systempaths=unconfined", "busybox", "sh", "-c", script) == "0\n"


@pytest.mark.parametrize("option", ["apparmor=unconfined", "label=disable"])
def test_modules_of_other_hosts_may_be_switched_off(docker: Docker, option: str) -> None:
    assert run(docker, "--security-opt", option, "busybox", "echo", "hi") == "hi\n"


# --- devices and limits ----------------------------------------------------------------------------------------------


def test_a_device_has_another_name_and_fewer_permissions(docker: Docker) -> None:
    script = "ls /dev/sink; echo x > /dev/sink && echo written; cat /dev/sink && echo read"
    mapped = run(docker, "--device", "/dev/full:/dev/sink:r", "busybox", "sh", "-c", "head -c 3 /dev/sink | wc -c")
    assert mapped == "3\n"
    denied = docker(
        "run", "--rm", *ALONE, "--device", "/dev/loop-control:/dev/sink:r", "busybox", "sh", "-c", script, code=None
    )
    assert "can't create /dev/sink: Operation not permitted" in denied.stderr


def test_a_rule_opens_devices_that_were_not_given(docker: Docker) -> None:
    script = "mknod /tmp/d c 10 237 && head -c 0 < /tmp/d && echo opened"
    closed = docker("run", "--rm", *ALONE, "busybox", "sh", "-c", script, code=None)
    assert "Operation not permitted" in closed.stderr
    assert run(docker, "--device-cgroup-rule", "c 10:237 rwm", "busybox", "sh", "-c", script) == "opened\n"


def disk() -> tuple[str, str]:
    """Return the path and numbers of a disk."""
    for device in sorted(Path("/sys/block").iterdir()):
        path = Path("/dev") / device.name
        if path.is_block_device() and not device.name.startswith("ram"):
            return str(path), (device / "dev").read_text().strip()
    pytest.skip("this host has no block device")


@pytest.mark.parametrize(
    "rate",
    [
        ("--device-read-bps", "1mb", "blkio.throttle.read_bps_device", "1048576", "rbps"),
        ("--device-write-bps", "2mb", "blkio.throttle.write_bps_device", "2097152", "wbps"),
        ("--device-read-iops", "70", "blkio.throttle.read_iops_device", "70", "riops"),
        ("--device-write-iops", "80", "blkio.throttle.write_iops_device", "80", "wiops"),
    ],
)
def test_the_rate_of_a_disk_is_in_the_kernels_files(docker: Docker, rate: tuple[str, ...]) -> None:
    option, value, file, kept, word = rate
    path, number = disk()
    with sleeping(docker, option, f"{path}:{value}") as (name, pid):
        if UNIFIED:
            assert f"{word}={kept}" in kernel_says(pid, "io", "io.max").split()
        else:
            assert kernel_says(pid, "blkio", file) == f"{number} {kept}"
        field = {"bps": "Bps", "iops": "IOps"}[option.rpartition("-")[2]]
        kind = option.split("-")[3].capitalize()
        assert inspect(docker, name)["HostConfig"][f"BlkioDevice{kind}{field}"] == [{"Path": path, "Rate": int(kept)}]


def test_a_disk_that_is_not_there_has_no_rate(docker: Docker) -> None:
    done = docker("run", "--rm", *ALONE, "--device-read-bps", "/dev/nosuch:1mb", "busybox", "true", code=None)
    assert done.returncode != 0
    assert "no such file or directory" in done.stderr


def test_the_cgroup_is_where_it_is_asked_for(docker: Docker) -> None:
    parent = f"/jct{uuid.uuid4().hex[:8]}"
    try:
        with sleeping(docker, "--cgroup-parent", parent) as (name, pid):
            paths = {line.split(":", 2)[2] for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()}
            found = inspect(docker, name)
            assert f"{parent}/{found['Id']}" in paths
            assert found["HostConfig"]["CgroupParent"] == parent
        # Both leave the parent, which may be the administrator's.
    finally:
        for place in (CGROUPS, *CGROUPS.iterdir()):
            if (place / parent[1:]).is_dir():
                eventually(lambda group=place / parent[1:]: _removed(group))  # type: ignore[misc]


def _removed(group: Path) -> bool:
    try:
        group.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


@pytest.mark.skipif(UNIFIED, reason="cgroup v2 has no switch for it")
def test_the_oom_killer_is_disabled_and_swappiness_set(docker: Docker) -> None:
    flags = ("--oom-kill-disable", "--memory", "64m", "--memory-swappiness", "7")
    with sleeping(docker, *flags) as (_, pid):
        assert "oom_kill_disable 1" in kernel_says(pid, "memory", "memory.oom_control").splitlines()
        assert kernel_says(pid, "memory", "memory.swappiness") == "7"


def test_an_oom_killer_disabled_without_a_limit_is_warned_of(docker: Docker) -> None:
    done = docker("create", "--oom-kill-disable", "busybox", "true")
    assert "WARNING: " in done.stderr
    docker("rm", done.stdout.strip())


# --- life ------------------------------------------------------------------------------------------------------------


def test_its_own_time_and_signal_to_stop(docker: Docker) -> None:
    script = "trap 'exit 7' USR1; echo ready; while :; do sleep 0.05; done"
    flags = ("--stop-signal", "USR1", "--stop-timeout", "60")
    name = f"c{uuid.uuid4().hex[:12]}"
    docker("run", "-d", "--name", name, *ALONE, *flags, "busybox", "sh", "-c", script)
    found = inspect(docker, name)
    assert (found["Config"]["StopSignal"], found["Config"]["StopTimeout"]) == ("USR1", 60)
    eventually(lambda: docker("logs", name).stdout == "ready\n")
    docker("stop", name)
    assert inspect(docker, name)["State"]["ExitCode"] == 7
    docker("rm", name)


def test_the_id_is_kept_in_a_file(docker: Docker, tmp_path: Path) -> None:
    file = tmp_path / "id"
    identifier = docker("create", "--cidfile", str(file), "busybox", "true").stdout.strip()
    assert file.read_text() == identifier
    assert inspect(docker, identifier)["HostConfig"]["ContainerIDFile"] == str(file)
    docker("rm", identifier)


def test_a_small_init_reaps(docker: Docker) -> None:
    assert run(docker, "--init", "busybox", "sh", "-c", "echo $$").strip() != "1"


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--gpus", "all"), 'could not select device driver "" with capabilities: [[gpu]]'),
        (("--storage-opt", "size=1G"), "--storage-opt is supported only for overlay over xfs"),
        (("--storage-opt", "nosuch=1G"), "Unknown option nosuch"),
        (("--runtime", "nosuch"), "nknown"),
        (("--isolation", "hyperv"), "Invalid isolation: \"hyperv\" - linux only supports 'default'"),
        (("--security-opt", "nosuch=1"), 'invalid --security-opt 2: "nosuch=1"'),
        (("--oom-score-adj", "5000"), "Invalid value 5000, range for oom score adj is [-1000, 1000]"),
        (("--log-driver", "nosuch"), "error looking up logging plugin nosuch"),
        (("--device", "/dev/nosuch"), 'error gathering device information while adding custom device "/dev/nosuch"'),
        (("--cpuset-cpus", "999"), "Requested CPUs are not available - requested 999"),
        (("--cpuset-cpus", "9999"), "Invalid value 9999 for cpuset cpus: value of out range, maximum is 8192"),
        (("--memory", "1m"), "Minimum memory limit allowed is 6MB"),
        (("--memory", "10m", "--memory-swap", "8m"), "Minimum memoryswap limit should be larger than memory limit"),
        (("--memory-swap", "8m"), "You should always set the Memory limit when using Memoryswap limit, see usage"),
        (("--memory", "10m", "--memory-reservation", "20m"), "can not be less than memory reservation limit"),
        (("--memory-swappiness", "101"), "alid memory swappiness range is 0-100"),
        (("--cpus", "1", "--cpu-quota", "5000"), "Nano CPUs and CPU Quota cannot both be set"),
        (("--cpu-period", "5"), "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)"),
        (("--cap-add", "NOSUCH"), 'invalid CapAdd: unknown capability: "CAP_NOSUCH"'),
        (("--uts", "host", "--hostname", "x"), "conflicting options: hostname and the UTS mode"),
        (("--network", "container:x", "--dns", "1.1.1.1"), "conflicting options: dns and the network mode"),
    ],
)
def test_what_cannot_be_is_refused_in_dockers_words(docker: Docker, flags: tuple[str, ...], sentence: str) -> None:
    network = () if "--network" in flags else ALONE
    # The CLI takes "no such file or directory" for a command that is not there.
    code = 127 if "--device" in flags else 125
    done = docker("run", "--rm", *network, *flags, "busybox", "true", code=code)
    assert sentence in done.stderr
