"""System: facts are read where they are true, and what the kernel lacks becomes a warning."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from jupyter_containers.engine.system import ContainerCounts, System, proxies
from jupyter_containers.paths import Places
from jupyter_containers.version import __version__


def system(*limits: str) -> System:
    return System(
        daemon_id="d1", places=Places(Path("/d"), Path("/r")), cgroup_version=1, limits=limits,
        storage_driver="overlay2", insecure_registries=("example.org:5000",), is_debug=True,
        count_containers=lambda: ContainerCounts(1, 2, 3), count_images=lambda: 4,
    )  # fmt: skip


def test_the_host_is_this_machine() -> None:
    host = system().host()
    assert host.kernel_version == os.uname().release
    assert host.machine == platform.machine()
    assert host.cpus == len(os.sched_getaffinity(0))
    total = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    assert abs(host.memory_bytes - int(total.split()[1]) * 1024) < 1 << 20
    assert host.ip_forwarding is (Path("/proc/sys/net/ipv4/ip_forward").read_text().strip() == "1")


def test_the_daemon_is_what_it_was_made_of() -> None:
    daemon = system("memory", "swap", "cpu", "pids").daemon()
    assert (daemon.id, daemon.version, daemon.cgroup_version, daemon.is_debug) == ("d1", __version__, 1, True)
    assert daemon.warnings == ()
    assert daemon.open_files > 2


def test_what_cannot_be_limited_is_warned_of() -> None:
    assert system("cpu", "pids").daemon().warnings == (
        "WARNING: No memory limit support", "WARNING: No swap limit support",
    )  # fmt: skip


def test_counts_are_asked_for_each_time() -> None:
    found = system()
    assert (found.count_containers(), found.count_images()) == (ContainerCounts(1, 2, 3), 4)


def test_the_architecture_is_spelled_as_images_spell_it() -> None:
    names = {"x86_64": "amd64", "aarch64": "arm64"}
    assert system().architecture() == names.get(platform.machine(), platform.machine())


def test_proxies_are_those_of_the_environment_without_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://me:secret@proxy:3128/")
    monkeypatch.setenv("https_proxy", "proxy:1")
    monkeypatch.setenv("no_proxy", "localhost")
    assert proxies() == ("http://xxxxx:xxxxx@proxy:3128/", "proxy:1", "localhost")


def test_the_data_is_on_some_file_system() -> None:
    known = {line.split()[-1] for line in Path("/proc/filesystems").read_text().splitlines()}
    assert System(
        daemon_id="d", places=Places(Path("/tmp"), Path("/r")), cgroup_version=1, limits=(), storage_driver="x",
        insecure_registries=(), is_debug=False, count_containers=lambda: ContainerCounts(0, 0, 0),
        count_images=lambda: 0,
    ).daemon().backing_filesystem in known  # fmt: skip
