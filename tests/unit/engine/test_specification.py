"""Container + facts → runtime spec. Whole specs are checked against the OCI schema in the runtime's own tests."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.engine.containers.record import (
    ExecSettings,
    HostSettings,
    Limits,
    MountPoint,
    Record,
    Settings,
    Ulimit,
)
from jupyter_containers.engine.specification import (
    DEFAULT_PATH,
    UNLIMITED,
    Facts,
    exec_process,
    resources,
    specification,
)
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux.capabilities import NAMES
from jupyter_containers.oci.runtime_spec import ANNOTATION_INIT, Device, DeviceRule, Mount, Namespace, Spec
from jupyter_containers.runtime import defaults

ROOT = Mount("/", "overlay", "overlay", ("lowerdir=/l",))
FACTS = Facts(
    rootfs=(ROOT,), files_path=Path("/files"), hostname="box", known_capabilities=NAMES, granted_capabilities=NAMES
)


PLAIN = Settings(cmd=("true",))


def spec(settings: Settings = PLAIN, facts: Facts = FACTS, **host: Any) -> Spec:
    return specification(Record("f" * 64, "n", 1, "x", settings=settings, host=HostSettings(**host)), facts)


def namespaces(found: Spec) -> dict[str, str | None]:
    return {namespace.type: namespace.path for namespace in found.linux.namespaces}


def mounts(found: Spec) -> dict[str, Mount]:
    return {mount.destination: mount for mount in found.mounts}


def test_without_wishes_it_is_dockers_container() -> None:
    found = spec()
    assert found.process.args == ("true",)
    assert found.process.env == (DEFAULT_PATH, "HOSTNAME=box")
    assert found.process.cwd == "/"
    assert found.process.capabilities == defaults.capability_sets(
        tuple(name for name in NAMES if name in defaults.default_capabilities())
    )
    assert set(namespaces(found)) == {"mount", "pid", "network", "ipc", "uts", "cgroup"}
    assert found.rootfs == (ROOT,)
    assert found.hostname == "box"
    assert found.linux.cgroups_path == f"jupyter-containers/{'f' * 64}"
    assert found.linux.seccomp == defaults.default_seccomp()
    assert found.linux.masked_paths == defaults.masked_paths()
    assert found.linux.resources.devices == defaults.default_device_rules()
    assert not found.process.no_new_privileges
    assert not found.root.read_only


def test_a_spec_survives_its_json() -> None:
    found = spec(Settings(cmd=("a",), tty=True), limits=Limits(memory=1 << 23), init=True, console_size=(3, 4))
    assert Spec.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_the_environment_is_overridden_by_name() -> None:
    found = spec(Settings(cmd=("a",), env=("PATH=/x", "HOSTNAME=other", "A=1"), tty=True))
    assert found.process.env == ("PATH=/x", "HOSTNAME=other", "TERM=xterm", "A=1")


def test_user_and_groups_are_looked_up_inside() -> None:
    found = spec(Settings(cmd=("a",), user="app:staff"), group_add=("44", "video")).process.user
    assert (found.username, found.additional_groups) == ("app:staff", ("44", "video"))


def test_init_is_an_annotation() -> None:
    assert spec(init=True).annotations == {ANNOTATION_INIT: "true"}
    assert spec(init=False, annotations={"a": "b"}).annotations == {"a": "b"}


@pytest.mark.parametrize(
    ("host", "missing"),
    [
        ({"network_mode": "host"}, "network"),
        ({"pid_mode": "host"}, "pid"),
        ({"ipc_mode": "host"}, "ipc"),
        ({"uts_mode": "host"}, "uts"),
        ({"cgroupns_mode": "host"}, "cgroup"),
    ],
)
def test_a_namespace_of_the_host_is_not_made(host: dict[str, str], missing: str) -> None:
    assert set(namespaces(spec(**host))) == {"mount", "pid", "network", "ipc", "uts", "cgroup"} - {missing}


def test_with_the_hosts_names_no_name_is_set() -> None:
    assert spec(uts_mode="host").hostname == ""


@pytest.mark.parametrize(
    ("privileged", "options", "access"),
    [
        (False, None, "ro"), (True, None, "rw"), (False, ("writable-cgroups=true",), "rw"),
        (True, ("writable-cgroups=false",), "ro"),
    ],
)  # fmt: skip
def test_groups_are_written_by_who_may(privileged: bool, options: tuple[str, ...] | None, access: str) -> None:
    found = spec(privileged=privileged, security_options=options)
    (cgroups,) = (mount for mount in found.mounts if mount.type == "cgroup")
    assert access in cgroups.options


def test_another_containers_ipc_comes_with_its_shared_memory() -> None:
    found = spec(facts=replace(FACTS, joined={"ipc": "/proc/7/ns/ipc"}), ipc_mode="container:x")
    (shm,) = (mount for mount in found.mounts if mount.destination == "/dev/shm")
    assert (shm.type, shm.source) == ("bind", "/proc/7/root/dev/shm")
    assert Namespace("ipc", "/proc/7/ns/ipc") in found.linux.namespaces


def test_another_containers_namespace_is_joined() -> None:
    found = spec(facts=replace(FACTS, joined={"network": "/proc/7/ns/net"}), network_mode="container:x")
    assert Namespace("network", "/proc/7/ns/net") in found.linux.namespaces


def test_low_ports_and_ping_are_for_everybody_in_a_network_of_its_own() -> None:
    assert spec().linux.sysctl["net.ipv4.ip_unprivileged_port_start"] == "0"
    assert spec(network_mode="host").linux.sysctl == {}
    assert spec(network_mode="container:x").linux.sysctl == {}
    assert spec(sysctls={"net.ipv4.ip_unprivileged_port_start": "9"}).linux.sysctl[
        "net.ipv4.ip_unprivileged_port_start"
    ] == "9"  # fmt: skip


def test_a_privileged_container_has_everything_open() -> None:
    device = Device("/dev/x", "b", 8, 0)
    found = spec(facts=replace(FACTS, devices=(device,)), privileged=True)
    assert found.process.capabilities.effective == NAMES
    assert found.linux.seccomp is None
    assert (found.linux.masked_paths, found.linux.readonly_paths) == ((), ())
    assert found.linux.resources.devices == (DeviceRule(allow=True),)
    assert device in found.linux.devices
    assert "rw" in mounts(found)["/sys"].options
    assert "rw" in mounts(found)["/sys/fs/cgroup"].options


def test_paths_may_be_unmasked() -> None:
    found = spec(masked_paths=(), readonly_paths=("/proc/sys",))
    assert (found.linux.masked_paths, found.linux.readonly_paths) == ((), ("/proc/sys",))


def test_security_options() -> None:
    assert spec(security_options=("seccomp=unconfined",)).linux.seccomp is None
    assert spec(security_options=('seccomp={"defaultAction": "SCMP_ACT_ALLOW"}',)).linux.seccomp == {
        "defaultAction": "SCMP_ACT_ALLOW"
    }
    assert spec(security_options=("no-new-privileges",)).process.no_new_privileges
    with pytest.raises(InvalidParameter, match="Decoding seccomp profile failed"):
        spec(security_options=("seccomp={",))


def test_parents_are_mounted_before_their_children() -> None:
    points = (
        MountPoint("bind", "/a/b/c", source="/1"), MountPoint("volume", "/a", source="/2"),
        MountPoint("bind", "/a/b", source="/3", read_only=True, propagation="rslave", non_recursive=True),
    )  # fmt: skip
    record = Record("f" * 64, "n", 1, "x", settings=Settings(cmd=("a",)), mount_points=points)
    found = specification(record, FACTS)
    places = [mount.destination for mount in found.mounts]
    assert places.index("/a") < places.index("/a/b") < places.index("/a/b/c")
    assert mounts(found)["/a/b"].options == ("bind", "ro", "rslave")
    assert mounts(found)["/a"].options == ("rbind", "rw", "rprivate")
    assert found.linux.rootfs_propagation == "rslave"


def test_who_brings_dev_brings_what_is_below_but_for_terminals() -> None:
    points = (MountPoint("bind", "/dev", "/dev"),)
    record = Record("f" * 64, "n", 1, "x", settings=Settings(cmd=("a",)), mount_points=points)
    places = [mount.destination for mount in specification(record, FACTS).mounts]
    assert [place for place in places if place.startswith("/dev")] == ["/dev", "/dev/pts"]


def test_read_only_reaches_what_is_mounted_below_unless_it_should_not() -> None:
    points = (
        MountPoint("bind", "/a", source="/1", read_only=True),
        MountPoint("bind", "/b", source="/1", read_only=True, read_only_top=True),
        MountPoint("volume", "/c", source="/2", read_only=True, subpath="x/y"),
    )
    found = mounts(
        specification(Record("f" * 64, "n", 1, "x", settings=Settings(cmd=("a",)), mount_points=points), FACTS)
    )
    assert found["/a"].options == ("rbind", "rro", "rprivate")
    assert found["/b"].options == ("rbind", "ro", "rprivate")
    assert found["/c"].options == ("rbind", "rro", "rprivate", "x-subpath=x/y")


def test_a_mount_of_the_users_takes_the_place_of_ours() -> None:
    points = (MountPoint("bind", "/etc/hosts", source="/mine"), MountPoint("tmpfs", "/dev/shm", tmpfs_options="size=5"))
    record = Record("f" * 64, "n", 1, "x", settings=Settings(cmd=("a",)), mount_points=points)
    found = specification(record, FACTS)
    assert mounts(found)["/etc/hosts"].source == "/mine"
    assert mounts(found)["/etc/hostname"].source == "/files/hostname"
    assert [mount.destination for mount in found.mounts].count("/dev/shm") == 1
    assert "size=5" in mounts(found)["/dev/shm"].options


def test_shared_memory_follows_the_ipc_mode() -> None:
    assert "size=1048576" in mounts(spec(shm_size=1 << 20))["/dev/shm"].options
    assert "/dev/shm" not in mounts(spec(ipc_mode="none"))
    assert mounts(spec(ipc_mode="host"))["/dev/shm"].type == "bind"


def test_tmpfs_options_come_after_the_safe_ones() -> None:
    assert mounts(spec(tmpfs={"/t": "exec,size=1m"}))["/t"].options == ("noexec", "nosuid", "nodev", "exec", "size=1m")


def test_limits_are_what_the_kernel_takes() -> None:
    found = resources(Limits(nano_cpus=1_500_000_000, memory=5, memory_swap=-1, pids_limit=-1, cpuset_cpus="0"))
    assert (found.cpu_quota, found.cpu_period) == (150_000, 100_000)
    assert (found.memory_limit, found.memory_swap, found.pids_limit, found.cpuset_cpus) == (5, -1, -1, "0")
    assert resources(Limits()).memory_limit is None


def test_ulimits() -> None:
    [limit] = spec(ulimits=(Ulimit("nofile", 5, -1),)).process.rlimits
    assert (limit.type, limit.soft, limit.hard) == ("RLIMIT_NOFILE", 5, UNLIMITED)
    with pytest.raises(InvalidParameter, match="invalid ulimit type: bad"):
        spec(ulimits=(Ulimit("bad", 1, 1),))


def test_an_exec_is_as_the_first_process_but_for_what_is_asked() -> None:
    settings = Settings(cmd=("a",), user="app", working_dir="/srv", env=("A=1",))
    record = Record("f" * 64, "n", 1, "x", settings=settings, host=HostSettings(cap_drop=("ALL",)))
    plain = exec_process(record, ExecSettings(("ls",)), FACTS)
    assert (plain.args, plain.cwd, plain.user.username) == (("ls",), "/srv", "app")
    assert plain.env == (DEFAULT_PATH, "HOSTNAME=box", "A=1")
    assert plain.capabilities.effective == ()
    wish = ExecSettings(
        ("sh",), env=("A=2", "B=3"), user="0", working_dir="/", tty=True, privileged=True, console_size=(5, 6)
    )
    asked = exec_process(record, wish, FACTS)
    assert (asked.cwd, asked.user.username, asked.terminal, asked.console_size) == ("/", "0", True, (5, 6))
    assert asked.env == (DEFAULT_PATH, "HOSTNAME=box", "TERM=xterm", "A=2", "B=3")
    assert asked.capabilities.effective == NAMES
