"""Isolation seen from both sides: a probe inside, /proc outside. One test for each promise of the runtime."""

from __future__ import annotations

import os
import re
import resource
from pathlib import Path

import pytest

from jupyter_containers.cgroups.manager import choose
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import capabilities, constants, mountinfo
from jupyter_containers.linux.capabilities import NAMES
from jupyter_containers.linux.mounts import mount, unmount
from jupyter_containers.oci.runtime_spec import Mount, Namespace, Resources, Rlimit, Root, User
from jupyter_containers.runtime import defaults
from jupyter_containers.runtime.defaults import capability_sets
from tests.support.containers import Box
from tests.support.eventually import eventually

pytestmark = pytest.mark.needs("root", "namespaces", "overlay", "openat2", "open_tree")

SLEEP = ("sleep", "60")


def field(status: str, name: str) -> str:
    return next(line.split(":", 1)[1].strip() for line in status.splitlines() if line.startswith(f"{name}:"))


def without(*types: str) -> tuple[Namespace, ...]:
    return tuple(entry for entry in defaults.default_namespaces() if entry.type not in types)


# Namespaces


@pytest.mark.parametrize("name", ["pid", "mnt", "uts", "ipc", "net", "cgroup"])
def test_each_namespace_is_its_own(box: Box, name: str) -> None:
    with box.running(*SLEEP) as container:
        assert container.link(f"ns/{name}") != os.readlink(f"/proc/self/ns/{name}")


def test_the_process_is_pid_1_and_sees_nobody_else(box: Box) -> None:
    assert box.sh("echo $$; ls /proc | grep -c '^[0-9]'").split()[0] == "1"
    lines = box.sh("ps -o pid,comm").splitlines()[1:]
    assert [line.split()[0] for line in lines] == ["1", "2"] or [line.split()[0] for line in lines] == ["1"]


def test_the_host_s_process_table_has_it_under_another_pid(box: Box) -> None:
    with box.running(*SLEEP) as container:
        numbers = field(container.outside("status"), "NSpid").split()
        assert numbers == [str(container.pid), "1"]


def test_the_network_is_empty_but_for_loopback(box: Box) -> None:
    assert box.sh("ls /sys/class/net").split() == ["lo"]


def test_the_host_name_is_the_container_s_alone(box: Box) -> None:
    before = os.uname().nodename
    assert box.sh("hostname") == "box\n"
    assert os.uname().nodename == before


def test_the_domain_name_is_set(box: Box) -> None:
    assert box.sh("cat /proc/sys/kernel/domainname", domainname="example.test") == "example.test\n"


def test_system_v_shared_memory_of_the_host_is_not_seen(box: Box) -> None:
    assert box.sh("cat /proc/sysvipc/shm | wc -l") == "1\n"


def test_its_cgroup_looks_like_the_root_from_inside(box: Box) -> None:
    with box.running("sh", "-c", "cat /proc/self/cgroup; sleep 60") as container:
        lines = [os.read(container.output, 4096).decode()]
        assert all(line.split(":", 2)[2] == "/" for line in lines[0].splitlines())
        assert container.bundle.path.name in container.outside("cgroup")


def test_the_host_s_network_is_shared_when_asked(box: Box) -> None:
    with box.running(*SLEEP, namespaces=without("network")) as container:
        assert container.link("ns/net") == os.readlink("/proc/self/ns/net")
        assert container.created.netns_fd is None
        assert container.created.netlink_fd is None


def test_another_container_s_network_is_joined(box: Box, rootfs: Path, tmp_path: Path) -> None:
    other = Box(rootfs, tmp_path / "other")
    other.place.mkdir()
    with box.running(*SLEEP) as first:
        joined = (*without("network"), Namespace("network", f"/proc/{first.pid}/ns/net"))
        with other.running(*SLEEP, namespaces=joined) as second:
            assert second.link("ns/net") == first.link("ns/net")
            assert second.link("ns/pid") != first.link("ns/pid")


def test_another_container_s_processes_are_joined(box: Box, rootfs: Path, tmp_path: Path) -> None:
    other = Box(rootfs, tmp_path / "other")
    other.place.mkdir()
    own_children = os.readlink("/proc/self/ns/pid_for_children")
    with box.running(*SLEEP) as first:
        joined = (*without("pid"), Namespace("pid", f"/proc/{first.pid}/ns/pid"))
        with other.running("sh", "-c", "cat /proc/1/comm", namespaces=joined) as second:
            assert second.wait().stdout == "sleep\n"
    assert os.readlink("/proc/self/ns/pid_for_children") == own_children


def test_among_another_container_s_processes_proc_shows_these(box: Box, rootfs: Path, tmp_path: Path) -> None:
    other = Box(rootfs, tmp_path / "other")
    other.place.mkdir()
    script = (
        "ls /proc | grep '^[0-9]' | wc -l; readlink /proc/self/ns/pid; grep -c . /proc/self/mountinfo; ls /proc/acpi"
    )
    with box.running(*SLEEP) as first:
        joined = (*without("pid"), Namespace("pid", f"/proc/{first.pid}/ns/pid"))
        lines = other.sh(script, namespaces=joined).splitlines()
        # Sleep, the shell, ls and its pipe's other end.
        assert 3 <= int(lines[0]) <= 5
        assert lines[1] == first.link("ns/pid")
        # Its own mounts, and masks over its own /proc.
        assert int(lines[2]) > 10
        assert lines[3:] == []


def test_a_terminal_and_a_limit_of_processes_among_another_container_s_processes(
    box: Box, rootfs: Path, tmp_path: Path
) -> None:
    other = Box(rootfs, tmp_path / "other")
    other.place.mkdir()
    with box.running(*SLEEP) as first:
        joined = (*without("pid"), Namespace("pid", f"/proc/{first.pid}/ns/pid"))
        ended = other.run("sh", "-c", "tty; echo ok > /dev/tty", namespaces=joined, process={"terminal": True})
        assert ended.stdout.replace("\r", "") == "/dev/pts/0\nok\n"
        limits = (Rlimit("RLIMIT_NPROC", 1, 1),)
        alone = {"rlimits": limits, "user": User(uid=4321)}
        assert other.run("sh", "-c", "ulimit -u", namespaces=joined, process=alone).stdout == "1\n"


def test_another_container_s_ipc_and_shared_memory_are_joined(box: Box, rootfs: Path, tmp_path: Path) -> None:
    other = Box(rootfs, tmp_path / "other")
    other.place.mkdir()
    with box.running("sh", "-c", "echo there > /dev/shm/x; sleep 60") as first:
        eventually(lambda: os.path.exists(f"/proc/{first.pid}/root/dev/shm/x"))
        joined = (*without("ipc"), Namespace("ipc", f"/proc/{first.pid}/ns/ipc"))
        shm = Mount("/dev/shm", "bind", f"/proc/{first.pid}/root/dev/shm", ("rbind", "rw", "noexec"))
        mounts = (*(m for m in defaults.default_mounts() if m.destination != "/dev/shm"), shm)
        output = other.sh("cat /dev/shm/x; readlink /proc/self/ns/ipc", namespaces=joined, mounts=mounts)
        assert output.splitlines() == ["there", first.link("ns/ipc")]


# Mounts


def test_the_host_sees_none_of_the_mounts(box: Box) -> None:
    before = {(entry.id, entry.mount_point) for entry in mountinfo.read()}
    with box.running(*SLEEP):
        assert {(entry.id, entry.mount_point) for entry in mountinfo.read()} == before


def test_the_root_is_the_overlay_and_the_host_s_tree_is_gone(box: Box) -> None:
    with box.running(*SLEEP) as container:
        entries = mountinfo.read(str(container.pid))
        assert [entry.fs_type for entry in entries if entry.mount_point == "/"] == ["overlay"]
        assert not any(entry.fs_type in {"ext4", "devtmpfs", "xfs", "btrfs"} for entry in entries)


def test_no_mount_is_shared_with_anybody(box: Box) -> None:
    with box.running(*SLEEP) as container:
        assert not [entry for entry in mountinfo.read(str(container.pid)) if entry.optional]


def test_mounts_are_where_and_how_docker_has_them(box: Box) -> None:
    with box.running(*SLEEP) as container:
        found = {entry.mount_point: entry for entry in mountinfo.read(str(container.pid))}
        for place, fs_type, options in (
            ("/proc", "proc", "rw,nosuid,nodev,noexec,relatime"),
            ("/dev", "tmpfs", "rw,nosuid"),
            ("/dev/pts", "devpts", "rw,nosuid,noexec,relatime"),
            ("/dev/mqueue", "mqueue", "rw,nosuid,nodev,noexec,relatime"),
            ("/dev/shm", "tmpfs", "rw,nosuid,nodev,noexec,relatime"),
            ("/sys", "sysfs", "ro,nosuid,nodev,noexec,relatime"),
        ):
            entry = found[place]
            assert (entry.fs_type, set(_words(entry.options))) == (fs_type, set(options.split(","))), place


def test_cgroups_are_there_and_read_only(box: Box) -> None:
    with box.running(*SLEEP) as container:
        below = [entry for entry in mountinfo.read(str(container.pid)) if "/sys/fs/cgroup" in entry.mount_point]
        assert len(below) > 1
        assert all("ro" in _words(entry.options) for entry in below)
    assert box.run("mkdir", "/sys/fs/cgroup/memory/x").exit_code != 0


def test_the_upper_layer_gets_what_is_written_and_the_image_does_not(box: Box, rootfs: Path) -> None:
    box.sh("echo changed > /made; rm /etc/group")
    assert (box.place / "upper/made").read_text() == "changed\n"
    assert not (rootfs / "made").exists()
    assert (rootfs / "etc/group").exists()


def test_a_read_only_root_cannot_be_written(box: Box) -> None:
    ended = box.run(
        "sh", "-c", "echo x > /x; echo y > /dev/shm/y && echo shm works", root=Root("rootfs", read_only=True)
    )
    assert "Read-only file system" in ended.stdout
    assert "shm works" in ended.stdout


def test_masked_paths_are_empty(box: Box) -> None:
    script = "for f in $(find /proc/acpi /sys/firmware -mindepth 1); do echo $f; done; cat /proc/keys /proc/timer_list"
    assert box.sh(script) == ""


def test_kernel_switches_cannot_be_written(box: Box) -> None:
    ended = box.run("sh", "-c", "echo 1 > /proc/sys/kernel/panic || exit 7")
    assert (ended.exit_code, ended.stdout.count("Read-only file system")) == (7, 1)


def test_sysfs_is_read_only(box: Box) -> None:
    ended = box.run("sh", "-c", "echo 1 > /sys/kernel/mm/ksm/run")
    assert "Read-only file system" in ended.stdout or "nonexistent" in ended.stdout


# Devices


def test_dev_has_docker_s_list(box: Box) -> None:
    assert box.sh("ls /dev").split() == [
        "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom",
        "zero",
    ]  # fmt: skip


def test_devices_work_for_everybody(box: Box) -> None:
    script = "echo x > /dev/null && head -c 3 /dev/zero | wc -c && head -c 5 /dev/urandom | wc -c"
    assert box.sh(script, process={"user": User(username="alice")}).split() == ["3", "5"]


def test_the_host_s_disks_cannot_be_opened_even_after_mknod(box: Box) -> None:
    disk = next(name for name in os.listdir("/sys/block"))
    major, minor = Path(f"/sys/block/{disk}/dev").read_text().strip().split(":")
    ended = box.run("sh", "-c", f"mknod /disk b {major} {minor} && head -c 1 /disk")
    assert ended.exit_code != 0
    assert "Operation not permitted" in ended.stdout


# Privileges


def test_capabilities_are_docker_s_fourteen(box: Box) -> None:
    with box.running(*SLEEP) as container:
        status = container.outside("status")
    for name in ("CapEff", "CapPrm", "CapBnd"):
        assert field(status, name) == "00000000a80425fb", name
    for name in ("CapInh", "CapAmb"):
        assert field(status, name) == "0000000000000000", name


def test_without_capabilities_root_has_none(box: Box) -> None:
    with box.running(*SLEEP, process={"capabilities": capability_sets(())}) as container:
        status = container.outside("status")
    assert {field(status, name) for name in ("CapEff", "CapPrm", "CapBnd")} == {"0000000000000000"}


def test_all_capabilities_are_given_when_asked(box: Box) -> None:
    own = Path("/proc/self/status").read_text()
    bits = int(field(own, "CapBnd"), 16)
    names = tuple(name for number, name in enumerate(NAMES) if bits >> number & 1)
    with box.running(*SLEEP, process={"capabilities": capability_sets(names)}, seccomp=None) as container:
        assert int(field(container.outside("status"), "CapEff"), 16) == bits


def test_an_ordinary_user_has_no_capability_but_keeps_the_bounding_set(box: Box) -> None:
    with box.running(*SLEEP, process={"user": User(username="1000")}) as container:
        status = container.outside("status")
    assert field(status, "CapEff") == field(status, "CapPrm") == "0000000000000000"
    assert field(status, "CapBnd") == "00000000a80425fb"


def test_the_seccomp_filter_is_on_and_refuses(box: Box) -> None:
    with box.running(*SLEEP) as container:
        status = container.outside("status")
    assert field(status, "Seccomp") == "2"
    assert "Operation not permitted" in box.run("unshare", "-m", "true").stdout


def test_without_a_profile_there_is_no_filter(box: Box) -> None:
    with box.running(*SLEEP, seccomp=None) as container:
        assert field(container.outside("status"), "Seccomp") == "0"


@pytest.mark.parametrize("wanted", [False, True])
def test_no_new_privileges_is_as_asked(box: Box, wanted: bool) -> None:
    with box.running(*SLEEP, process={"no_new_privileges": wanted}) as container:
        status = container.outside("status")
    assert field(status, "NoNewPrivs") == str(int(wanted))
    assert field(status, "Seccomp") == "2"


def test_no_descriptor_is_inherited(box: Box) -> None:
    leak = os.open("/etc/passwd", os.O_RDONLY)
    os.set_inheritable(leak, True)
    try:
        with box.running(*SLEEP) as container:
            assert sorted(os.listdir(f"/proc/{container.pid}/fd")) == ["0", "1", "2"]
    finally:
        os.close(leak)


def test_signals_are_all_as_at_birth(box: Box) -> None:
    with box.running(*SLEEP) as container:
        status = container.outside("status")
    assert {field(status, name) for name in ("SigBlk", "SigIgn", "SigCgt")} == {"0000000000000000"}


def test_umask_session_and_working_directory(box: Box) -> None:
    sections = box.probe()
    assert sections["umask"] == "0022\n"
    assert sections["cwd"] == "/\n"
    numbers = sections["stat"].rpartition(")")[2].split()
    assert numbers[3] == "1"  # field 6: session


def test_the_parent_s_death_kills_the_container(box: Box) -> None:
    parent = os.fork()
    if parent == 0:
        with box.running(*SLEEP) as container:
            Path(box.place / "pid").write_text(f"{container.pid} {container.bundle.path.name}")
            os._exit(0)  # without any clean-up, as a killed shim
    os.waitpid(parent, 0)
    pid, name = (box.place / "pid").read_text().split()
    eventually(lambda: not _runs(int(pid)))
    group = choose().open(f"jupyter-containers/{name}")
    eventually(lambda: not group.processes())
    group.remove()
    choose().tidy("jupyter-containers")


# Users and limits


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (User(username="alice"), "uid=1000(alice) gid=1000(alice) groups=50(staff),1000(alice)"),
        (User(username="alice:mail"), "uid=1000(alice) gid=8(mail) groups=8(mail)"),
        (User(username="77:88"), "uid=77 gid=88 groups=88"),
        (User(username="1000", additional_groups=("mail",)), None),
    ],
)
def test_the_user_is_looked_up_in_the_container(box: Box, user: User, expected: str | None) -> None:
    text = box.sh("id", process={"user": user}).strip()
    if expected is None:
        assert "8(mail)" in text
    else:
        assert text == expected


def test_home_is_the_user_s(box: Box) -> None:
    assert box.sh("echo $HOME", process={"user": User(username="alice")}) == "/home/alice\n"
    assert box.sh("echo $HOME", process={"user": User(username="4711")}) == "/\n"
    assert box.sh("echo $HOME") == "/root\n"


def test_the_user_s_streams_can_be_reopened(box: Box) -> None:
    assert box.sh("echo out > /dev/stderr", process={"user": User(username="alice")}) == "out\n"


def test_the_environment_is_what_was_given_and_no_more(box: Box) -> None:
    os.environ["LEAK"] = "1"
    try:
        ended = box.run("env", process={"env": ("PATH=/bin", "A=b c", "HOME=/x")})
    finally:
        del os.environ["LEAK"]
    assert sorted(ended.stdout.splitlines()) == ["A=b c", "HOME=/x", "PATH=/bin"]


def test_the_working_directory_is_made_and_entered(box: Box) -> None:
    process = {"cwd": "/a/b c", "user": User(username="alice")}
    lines = box.sh("pwd; stat -c '%a %u' '/a/b c'", process=process).splitlines()
    assert lines == ["/a/b c", "755 0"]


def test_rlimits_are_set(box: Box) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limits = (Rlimit("RLIMIT_NOFILE", 64, min(hard, 128)), Rlimit("RLIMIT_CORE", 0, 0))
    text = box.sh("ulimit -n; ulimit -Hn; ulimit -c", process={"rlimits": limits})
    assert text.split() == ["64", "128", "0"]


def test_a_low_descriptor_limit_does_not_break_the_start(box: Box) -> None:
    assert box.sh("ulimit -n", process={"rlimits": (Rlimit("RLIMIT_NOFILE", 4, 4),)}) == "4\n"


def test_oom_score_is_set(box: Box) -> None:
    assert box.sh("cat /proc/self/oom_score_adj", process={"oom_score_adj": 300}) == "300\n"


@pytest.mark.skipif(
    "CAP_SYS_RESOURCE" in capabilities.read().effective, reason="this user may go below its own OOM score"
)
def test_an_oom_score_that_cannot_be_is_not_passed_over(box: Box) -> None:
    with pytest.raises(InvalidParameter, match="cannot set the OOM score to -300"):
        box.run("true", process={"oom_score_adj": -300})


def test_limits_are_in_the_kernel_s_files(box: Box) -> None:
    resources = Resources(memory_limit=64 << 20, pids_limit=50, devices=defaults.default_device_rules())
    text = box.sh("cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max", resources=resources)
    assert text.split() == [str(64 << 20), "50"]


def test_sysctls_are_set_inside_only(box: Box) -> None:
    before = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()
    sysctl = {"net.ipv4.ip_unprivileged_port_start": "7", "kernel.shmmax": "12345"}
    text = box.sh("cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shmmax", sysctl=sysctl)
    assert text.split() == ["7", "12345"]
    assert Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text() == before


# Volumes


def test_a_bind_is_seen_and_written_through(box: Box, tmp_path: Path) -> None:
    source = tmp_path / "volume"
    source.mkdir()
    mounts = (*defaults.default_mounts(), Mount("/mnt/v", "bind", str(source), ("rbind", "rprivate")))
    box.sh("echo hello > /mnt/v/x", mounts=mounts)
    assert (source / "x").read_text() == "hello\n"


def test_a_read_only_bind_cannot_be_written(box: Box, tmp_path: Path) -> None:
    mounts = (*defaults.default_mounts(), Mount("/v", "bind", str(tmp_path), ("rbind", "ro")))
    assert "Read-only file system" in box.run("sh", "-c", "echo x > /v/x", mounts=mounts).stdout


def test_a_file_is_bound_over_a_file_that_is_not_there_yet(box: Box, tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n")
    mounts = (*defaults.default_mounts(), Mount("/new/hosts", "bind", str(tmp_path / "hosts"), ("bind",)))
    assert box.sh("cat /new/hosts", mounts=mounts) == "127.0.0.1 localhost\n"


def test_a_tmpfs_takes_its_options_and_the_mode_of_what_it_covers(box: Box) -> None:
    quiet = ("nosuid", "nodev", "noexec")
    mounts = (
        *defaults.default_mounts(),
        Mount("/root", "tmpfs", "tmpfs", quiet),
        Mount("/new", "tmpfs", "tmpfs", quiet),
        Mount("/small", "tmpfs", "tmpfs", ("size=64k", "mode=700")),
    )
    text = box.sh("stat -c %a /root /small /new; df -k /small | tail -1; grep /root /proc/mounts", mounts=mounts)
    assert text.split()[:3] == ["700", "700", "1777"]
    assert re.search(r"tmpfs\s+64\s", text)
    assert "nosuid,nodev,noexec" in text


@pytest.mark.parametrize("propagation", ["rslave", "rshared"])
def test_a_volume_sees_later_mounts_of_the_host_when_asked(box: Box, tmp_path: Path, propagation: str) -> None:
    source = tmp_path / "volume"
    source.mkdir()
    host_before = {entry.mount_point for entry in mountinfo.read()}
    mount("tmpfs", source, "tmpfs")
    mount(None, source, None, constants.MS_SHARED)
    try:
        (source / "sub").mkdir()
        mounts = (*defaults.default_mounts(), Mount("/v", "bind", str(source), ("rbind", propagation)))
        with box.running(*SLEEP, mounts=mounts, rootfs_propagation=propagation) as container:
            mount("tmpfs", source / "sub", "tmpfs")
            try:
                (source / "sub/later").write_text("")
                assert container.exec("ls", "/v/sub").stdout == "later\n"
            finally:
                unmount(source / "sub", constants.MNT_DETACH)
    finally:
        unmount(source, constants.MNT_DETACH)
    assert {entry.mount_point for entry in mountinfo.read()} == host_before


def _words(options: object) -> list[str]:
    return options.split(",") if isinstance(options, str) else list(options)  # type: ignore[call-overload]


def _runs(pid: int) -> bool:
    try:
        return field(Path(f"/proc/{pid}/status").read_text(), "State")[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
