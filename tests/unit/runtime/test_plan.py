"""The plan: what is done, in which order, and what is refused before anything is done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.oci.runtime_spec import Device, Linux, Mount, Namespace, Process, Root, Spec
from jupyter_containers.runtime import defaults
from jupyter_containers.runtime.operations.devices import MakeDevice, MakeLink, OpenTerminal
from jupyter_containers.runtime.operations.masks import MakePathReadOnly, MaskPath
from jupyter_containers.runtime.operations.mounts import BindMount, MountFileSystem
from jupyter_containers.runtime.operations.names import SetSysctl
from jupyter_containers.runtime.operations.root import (
    MakeRootReadOnly,
    MountRoot,
    OpenWorkingDirectory,
    PivotRoot,
    SetPropagation,
)
from jupyter_containers.runtime.plan import plan

ROOT = Mount("/", "overlay", "overlay", ("lowerdir=/l", "upperdir=/u", "workdir=/w"))
SPEC = Spec(
    process=Process(args=("sh",)),
    root=Root("rootfs"),
    hostname="box",
    mounts=defaults.default_mounts(),
    linux=Linux(
        namespaces=defaults.default_namespaces(),
        masked_paths=defaults.masked_paths(),
        readonly_paths=defaults.readonly_paths(),
    ),
    rootfs=(ROOT,),
)


def spec(**linux: Any) -> Spec:
    return replace(SPEC, linux=replace(SPEC.linux, **linux))


def order(made: Spec) -> list[str]:
    return [type(operation).__name__ for operation in plan(made, "/b/rootfs")]


def position(names: list[str], kind: type) -> tuple[int, int]:
    places = [number for number, name in enumerate(names) if name == kind.__name__]
    return places[0], places[-1]


def test_it_prints_as_a_person_would_say_it() -> None:
    lines = [operation.describe() for operation in plan(SPEC, "/b/rootfs")]
    assert lines[:4] == [
        "new cgroup namespace",
        "make all mounts rprivate",
        "mount overlay as the root on /b/rootfs",
        "mount proc on /proc (nosuid, noexec, nodev)",
    ]
    assert "make c 1:3 /dev/null" in lines
    assert "hide /proc/kcore" in lines


def test_nothing_is_mounted_before_the_tree_is_private() -> None:
    names = order(SPEC)
    assert position(names, SetPropagation)[1] < position(names, MountRoot)[0]


def test_masks_come_after_all_mounts_and_after_the_pivot() -> None:
    names = order(SPEC)
    assert position(names, PivotRoot)[1] < position(names, MaskPath)[0]
    assert position(names, MountFileSystem)[1] < position(names, MaskPath)[0]
    assert position(names, MaskPath)[1] < position(names, MakePathReadOnly)[0]


def test_sysctls_are_written_before_proc_sys_is_read_only() -> None:
    names = order(spec(sysctl={"net.ipv4.ip_forward": "0"}))
    assert position(names, SetSysctl)[1] < position(names, MakePathReadOnly)[0]


def test_the_working_directory_is_made_before_the_root_is_read_only() -> None:
    names = order(replace(SPEC, root=Root("rootfs", read_only=True)))
    assert position(names, OpenWorkingDirectory)[1] < position(names, MakeRootReadOnly)[0]
    assert names[-1] == "MakeRootReadOnly"


def test_binds_come_before_the_host_s_tree_is_gone() -> None:
    names = order(replace(SPEC, mounts=(*SPEC.mounts, Mount("/v", "bind", "/srv", ("rbind",)))))
    assert position(names, BindMount)[1] < position(names, PivotRoot)[0]


def test_devices_are_made_right_after_the_device_tmpfs() -> None:
    operations = plan(SPEC, "/b/rootfs")
    names = [operation.describe() for operation in operations]
    dev = next(number for number, line in enumerate(names) if line.startswith("mount tmpfs on /dev "))
    assert isinstance(operations[dev + 1], MakeDevice)
    assert names.index("link /dev/ptmx -> pts/ptmx") < next(n for n, line in enumerate(names) if "devpts" in line)


def test_no_device_is_made_in_a_dev_of_the_host() -> None:
    mounts = (Mount("/proc", "proc", "proc"), Mount("/dev", "bind", "/dev", ("rbind",)))
    names = order(replace(SPEC, mounts=mounts))
    assert "MakeDevice" not in names
    assert "MakeLink" not in names


def test_an_image_s_own_dev_gets_the_default_devices() -> None:
    names = order(replace(SPEC, mounts=()))
    assert names.count("MakeDevice") == len(defaults.default_devices())


def test_the_spec_s_device_wins_over_the_default_one() -> None:
    special = Device("/dev/null", "c", 1, 3, file_mode=0o600)
    operations = plan(spec(devices=(special, Device("/dev/fuse", "c", 10, 229))), "/b/rootfs")
    made = {operation.device.path: operation.device for operation in operations if isinstance(operation, MakeDevice)}
    assert made["/dev/null"] == special
    assert "/dev/fuse" in made
    assert len(made) == len(defaults.default_devices()) + 1


def test_a_terminal_is_opened_after_the_mounts() -> None:
    made = replace(SPEC, process=replace(SPEC.process, terminal=True, console_size=(24, 80)))
    names = order(made)
    assert position(names, MountFileSystem)[1] < position(names, OpenTerminal)[0] < position(names, PivotRoot)[0]
    assert "OpenTerminal" not in order(SPEC)


def test_without_root_mounts_the_directory_itself_is_the_root() -> None:
    (root,) = [operation for operation in plan(replace(SPEC, rootfs=()), "/srv/r") if isinstance(operation, MountRoot)]
    assert root.mount.source == "/srv/r"
    assert root.mount.type == "bind"


def test_the_host_s_cgroup_namespace_is_kept_when_asked() -> None:
    shared = tuple(entry for entry in defaults.default_namespaces() if entry.type != "cgroup")
    assert "NewCgroupNamespace" not in order(spec(namespaces=shared))


def test_standard_links_are_made() -> None:
    links = {link.path: link.target for link in plan(SPEC, "/r") if isinstance(link, MakeLink)}
    assert links == {
        "/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0", "/dev/stdout": "/proc/self/fd/1",
        "/dev/stderr": "/proc/self/fd/2", "/dev/ptmx": "pts/ptmx",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["kernel.shmmax", "fs.mqueue.msg_max", "net.core.somaxconn", "net/ipv4/ip_forward"])
def test_a_namespaced_sysctl_is_planned(name: str) -> None:
    assert "SetSysctl" in order(spec(sysctl={name: "1"}))


@pytest.mark.parametrize("name", ["kernel.panic", "vm.swappiness", "fs.file-max", "kernel.core_pattern", "../x", "net"])
def test_a_sysctl_of_the_whole_host_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="not in a separate kernel namespace"):
        plan(spec(sysctl={name: "1"}), "/r")


@pytest.mark.parametrize(("name", "shared"), [("net.core.somaxconn", "network"), ("kernel.shmmax", "ipc")])
def test_a_sysctl_of_a_shared_namespace_is_refused(name: str, shared: str) -> None:
    namespaces = tuple(entry for entry in defaults.default_namespaces() if entry.type != shared)
    with pytest.raises(InvalidParameter, match=f"shares the host's {shared} namespace"):
        plan(spec(sysctl={name: "1"}, namespaces=namespaces), "/r")


def test_a_host_name_in_the_host_s_uts_namespace_is_refused() -> None:
    namespaces = tuple(entry for entry in defaults.default_namespaces() if entry.type != "uts")
    with pytest.raises(InvalidParameter, match="uts namespace"):
        plan(spec(namespaces=namespaces), "/r")


def test_a_container_without_a_mount_namespace_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="mount namespace"):
        plan(spec(namespaces=(Namespace("pid"),)), "/r")
    with pytest.raises(InvalidParameter, match="mount namespace"):
        plan(spec(namespaces=(Namespace("mount", "/proc/1/ns/mnt"),)), "/r")


def test_a_user_namespace_is_not_supported_yet() -> None:
    with pytest.raises(Unsupported, match="user namespace"):
        plan(spec(namespaces=(*defaults.default_namespaces(), Namespace("user"))), "/r")


def test_an_unknown_namespace_is_named() -> None:
    with pytest.raises(InvalidParameter, match="dream"):
        plan(spec(namespaces=(*defaults.default_namespaces(), Namespace("dream"))), "/r")


@pytest.mark.parametrize("path", ["relative", "", "./x"])
def test_relative_places_are_refused(path: str) -> None:
    with pytest.raises(InvalidParameter, match="absolute"):
        plan(replace(SPEC, mounts=(Mount(path, "tmpfs", "tmpfs"),)), "/r")
    with pytest.raises(InvalidParameter, match="absolute"):
        plan(replace(SPEC, process=replace(SPEC.process, cwd=path)), "/r")


def test_planning_touches_nothing(tmp_path: Path) -> None:
    plan(SPEC, str(tmp_path / "rootfs"))
    assert list(tmp_path.iterdir()) == []
