"""Known attacks on container runtimes, tried: images and neighbours that lie about paths, processes that look back.

Named after the advisories whose trick each repeats.
"""

from __future__ import annotations

import os
import shutil
import signal
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.linux import constants, mountinfo
from jupyter_containers.oci.runtime_spec import Mount, Namespace, Root, User
from jupyter_containers.runtime import defaults, foreign, passage
from jupyter_containers.runtime.create import start
from jupyter_containers.runtime.defaults import capability_sets
from jupyter_containers.runtime.executable import CannotExecute
from jupyter_containers.runtime.join import join
from tests.support.containers import Box
from tests.support.eventually import eventually
from tests.support.rootfs import busybox_rootfs

pytestmark = pytest.mark.needs("root", "namespaces", "overlay", "openat2", "open_tree", "pidfd")

SLEEP = ("sleep", "60")


@pytest.fixture
def evil(tmp_path: Path) -> Iterator[Box]:
    """An image of one's own, to put traps into."""
    yield Box(busybox_rootfs(tmp_path / "image"), tmp_path)


def with_mounts(*mounts: Mount) -> tuple[Mount, ...]:
    return (*defaults.default_mounts(), *mounts)


@pytest.mark.parametrize("name", ["proc", "sys"])
def test_cve_2019_19921_a_link_in_place_of_proc_is_refused(evil: Box, name: str) -> None:
    shutil.rmtree(evil.rootfs / name)
    (evil.rootfs / "elsewhere").mkdir()
    os.symlink("/elsewhere", evil.rootfs / name)
    with pytest.raises(InvalidParameter, match=f"/{name} is a symbolic link in this image"):
        evil.run("true")


def test_cve_2021_30465_a_link_at_a_mount_target_leads_nowhere_outside(evil: Box, tmp_path: Path) -> None:
    outside, volume = tmp_path / "outside", tmp_path / "volume"
    outside.mkdir()
    volume.mkdir()
    (volume / "mark").write_text("volume")
    os.symlink(f"/../../../../..{outside}", evil.rootfs / "target")
    before = {entry.mount_point for entry in mountinfo.read()}
    text = evil.sh(
        f"cat {outside}/mark; cat /target/mark", mounts=with_mounts(Mount("/target", "bind", str(volume), ("rbind",)))
    )
    assert text == "volumevolume"  # the link was followed inside the root
    assert list(outside.iterdir()) == []
    assert {entry.mount_point for entry in mountinfo.read()} == before


def test_cve_2021_30465_swapping_a_target_while_mounting_leads_nowhere_outside(evil: Box, tmp_path: Path) -> None:
    """A neighbour that shares a volume flips a directory into a link to / while we mount below it."""
    volume, source, outside = tmp_path / "volume", tmp_path / "source", tmp_path / "outside"
    for path in (volume / "dir", source, outside):
        path.mkdir(parents=True)
    os.symlink("/../../../../../.." + str(outside), volume / "link")
    flipper = os.fork()
    if flipper == 0:
        try:
            for _ in range(2_000_000):
                _swap(volume)
        finally:
            os._exit(0)  # whatever happens to it, it must not climb back into pytest
    try:
        mounts = with_mounts(
            Mount("/v", "bind", str(volume), ("rbind",)), Mount("/v/dir/deep", "bind", str(source), ("rbind",))
        )
        for _ in range(10):
            try:
                evil.run("true", mounts=mounts)
            except ContainersError:
                continue  # caught in the act: refusing is fine
            assert list(outside.iterdir()) == []
    finally:
        os.kill(flipper, signal.SIGKILL)
        os.waitpid(flipper, 0)


@pytest.mark.parametrize("path", ["/proc/self/fd/3", "/proc/self/fd/7", "/proc/self/cwd", "/proc/1/root/.."])
def test_cve_2024_21626_a_working_directory_through_proc_is_refused(evil: Box, path: str) -> None:
    with pytest.raises(ContainersError):
        evil.run("pwd", process={"cwd": path})


def test_cve_2024_21626_an_exec_s_working_directory_through_proc_is_refused(evil: Box) -> None:
    with evil.running(*SLEEP) as container:
        for number in range(3, 12):
            with pytest.raises(CannotExecute, match="chdir to cwd"):
                container.exec("pwd", cwd=f"/proc/self/fd/{number}")


def test_cve_2024_21626_a_link_to_a_descriptor_is_no_working_directory_either(evil: Box) -> None:
    os.symlink("/proc/self/fd/3", evil.rootfs / "work")
    with pytest.raises(ContainersError):
        evil.run("pwd", process={"cwd": "/work"})


def test_cve_2025_31133_dev_null_of_the_image_does_not_serve_as_a_mask(evil: Box) -> None:
    """The mask is the null device by number, from a /dev that was empty a moment before."""
    shutil.rmtree(evil.rootfs / "dev")
    (evil.rootfs / "dev").mkdir()
    os.symlink("/proc/sys/kernel/core_pattern", evil.rootfs / "dev/null")
    assert evil.sh("cat /proc/keys; stat -c '%t:%T' /proc/keys") == "1:3\n"


def test_cve_2025_31133_without_a_dev_of_ours_a_false_null_device_is_refused(evil: Box) -> None:
    shutil.rmtree(evil.rootfs / "dev")
    (evil.rootfs / "dev").mkdir()
    (evil.rootfs / "dev/null").write_text("not a device")
    mounts = (Mount("/proc", "proc", "proc"), Mount("/dev", "bind", str(evil.rootfs / "dev"), ("rbind",)))
    with pytest.raises(ContainersError, match="not the null device"):
        evil.run("true", mounts=mounts)


def test_cve_2025_52565_the_console_is_the_terminal_and_nothing_of_the_image(evil: Box) -> None:
    os.symlink("/proc/sys/kernel/core_pattern", evil.rootfs / "dev/console")
    with evil.created("sleep", "60", process={"terminal": True}) as container:
        entries = [entry for entry in mountinfo.read(str(container.pid)) if entry.mount_point == "/dev/console"]
        assert [entry.fs_type for entry in entries] == ["devpts"]


def test_cve_2025_52881_a_sysctl_is_written_to_procfs_or_not_at_all(evil: Box, tmp_path: Path) -> None:
    """A volume mounted over /proc/sys must not receive, and not redirect, what was meant for the kernel."""
    trap = tmp_path / "trap"
    (trap / "net/ipv4").mkdir(parents=True)
    (trap / "net/ipv4/ip_forward").write_text("untouched")
    mounts = with_mounts(Mount("/proc/sys", "bind", str(trap), ("rbind",)))
    with pytest.raises(ContainersError):
        evil.run("true", mounts=mounts, sysctl={"net.ipv4.ip_forward": "1"})
    assert (trap / "net/ipv4/ip_forward").read_text() == "untouched"


def test_cve_2016_9962_an_exec_cannot_be_looked_into_while_it_enters(evil: Box) -> None:
    """A process inside tries to open descriptors, the root and the program of everybody that appears."""
    script = """
    while :; do for p in /proc/[0-9]*; do
      case $p in /proc/1|/proc/$$) continue;; esac
      e=$(readlink $p/exe 2>/dev/null) && case $e in */busybox) ;; *) echo "exe $e";; esac
      ls $p/root/ $p/cwd/ 2>/dev/null | grep -E '^(work|boot|lib64)$'
      readlink $p/fd/* 2>/dev/null | grep -v -E 'pipe|/fd$'
    done; done
    """
    with evil.running("sh", "-c", script) as container:
        for _ in range(20):
            container.exec("true")
        os.kill(container.pid, signal.SIGKILL)
        text = os.read(container.output, 65536).decode()
    assert text == ""


def test_with_ptrace_an_exec_still_does_not_show_the_host_s_root(evil: Box) -> None:
    """CAP_SYS_PTRACE opens also who is not dumpable: nobody may be in the pid namespace with the host's mounts."""
    script = """
    while :; do for p in /proc/[0-9]*; do
      case $p in /proc/1|/proc/$$) continue;; esac
      ls $p/root/ $p/cwd/ 2>/dev/null | grep -E '^(work|boot|lib64)$'
    done; done
    """
    sets = capability_sets((*defaults.default_capabilities(), "CAP_SYS_PTRACE"))
    with evil.running("sh", "-c", script, process={"capabilities": sets}) as container:
        for _ in range(20):
            container.exec("true")
        os.kill(container.pid, signal.SIGKILL)
        text = os.read(container.output, 65536).decode()
    assert text == ""


def test_with_ptrace_whoever_appears_has_nothing_more_than_the_container(evil: Box, tmp_path: Path) -> None:
    """What can be traced can be rewritten: an exec, or a neighbour by its pid namespace, may not be born with more."""
    script = """
    while :; do for p in /proc/[0-9]*; do
      case $p in /proc/1|/proc/$$) continue;; esac
      while read -r n v; do case $n in CapPrm:|CapEff:|CapBnd:) echo "$n $v";; esac; done < $p/status
    done; done 2>/dev/null
    """
    sets = capability_sets((*defaults.default_capabilities(), "CAP_SYS_PTRACE"))
    neighbour = Box(busybox_rootfs(tmp_path / "second"), tmp_path / "place")
    neighbour.place.mkdir()
    with evil.running("sh", "-c", script, process={"capabilities": sets}) as container:
        pid = Namespace("pid", f"/proc/{container.pid}/ns/pid")
        namespaces = (*(n for n in defaults.default_namespaces() if n.type != "pid"), pid)
        for _ in range(10):
            container.exec("true")
            neighbour.run("true", namespaces=namespaces)
        os.kill(container.pid, signal.SIGKILL)
        seen = set(os.read(container.output, 65536).decode().splitlines())
    few, more = "00000000a80425fb", "00000000a80c25fb"
    assert seen
    assert seen <= {f"{name} {word}" for name in ("CapPrm:", "CapEff:", "CapBnd:") for word in (few, more)}


def test_a_neighbour_that_is_stopped_before_its_start_does_not_hold_up_its_shim(evil: Box, tmp_path: Path) -> None:
    """A hostile container stops whoever appears in its pid namespace: the other one's start must come to an end."""
    script = """
    while :; do for p in /proc/[0-9]*; do
      case $p in /proc/1|/proc/$$) continue;; esac
      kill -STOP ${p#/proc/} 2>/dev/null
    done; done
    """
    neighbour = Box(busybox_rootfs(tmp_path / "second"), tmp_path / "place")
    neighbour.place.mkdir()
    with evil.running("sh", "-c", script) as container:
        pid = Namespace("pid", f"/proc/{container.pid}/ns/pid")
        namespaces = (*(n for n in defaults.default_namespaces() if n.type != "pid"), pid)
        with neighbour.created(*SLEEP, namespaces=namespaces) as second:
            eventually(lambda: "T (stopped)" in second.outside("status"))
            with pytest.raises(ContainersError, match="something in the container has stopped it"):
                start(second.created)


@pytest.mark.parametrize(
    ("trap", "words"),
    [
        ("umount /dev/shm && rmdir /dev/shm && ln -s /etc /dev/shm", "Too many levels of symbolic links"),
        ("umount /dev/shm && rmdir /dev/shm && touch /dev/shm", "Not a directory"),
        ("mount --bind /etc /dev/shm", "it has something else there"),
    ],
)
def test_a_donor_of_shared_memory_gives_nothing_else(evil: Box, trap: str, words: str) -> None:
    """The copy is made with the host's privileges, in a mount namespace where the donor is root."""
    sets = capability_sets((*defaults.default_capabilities(), "CAP_SYS_ADMIN"))
    script = f"{trap} && echo ready; sleep 60"
    with evil.running("sh", "-c", script, process={"capabilities": sets}, seccomp=None) as container:
        assert os.read(container.output, 100) == b"ready\n"
        with pytest.raises(ContainersError, match=words):
            foreign.copy_mount(container.pid, "/dev/shm", constants.TMPFS_MAGIC)


def test_a_donor_of_processes_does_not_pass_on_the_host_s(evil: Box) -> None:
    """Who was given the host's /proc, by -v, may keep it: a neighbour in its pid namespace was given nothing."""
    mounts = tuple(
        Mount("/proc", "bind", "/proc", ("rbind",)) if m.destination == "/proc" else m
        for m in defaults.default_mounts()
    )
    with (
        evil.running(*SLEEP, mounts=mounts, masked_paths=(), readonly_paths=()) as container,
        pytest.raises(ContainersError, match="it shows other processes than its own"),
    ):
        foreign.copy_proc(container.pid)


def test_a_container_that_has_frozen_itself_does_not_keep_its_shim(evil: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root of a privileged container may write its groups. Who enters a frozen one could not even be killed."""
    monkeypatch.setattr(passage, "PATIENCE_SECONDS", 0.5)
    with evil.running(*SLEEP) as container:
        container.created.cgroup.freeze()
        try:
            with pytest.raises(ContainersError, match="it takes too long"):
                container.join("true")
        finally:
            # On cgroup v1 what is frozen does not even die.
            container.created.cgroup.thaw()


def test_a_filter_that_allows_no_clone_is_for_those_who_cannot_trace(evil: Box) -> None:
    """Such a filter is loaded in sight of the container, which is safe as long as nobody there has CAP_SYS_PTRACE."""
    profile = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["clone", "clone3", "fork", "vfork"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}],
    }
    with evil.running(*SLEEP, seccomp=profile) as container:
        process = replace(container.spec.process, args=("sh", "-c", "(true) || exit 7"))
        null = os.open(os.devnull, os.O_RDWR)
        common = {"stdio": (null, null, null), "seccomp": profile}
        try:
            joined = join(container.state(), container.created.cgroup, process, can_trace=False, **common)
            os.close(joined.pidfd)
            assert os.waitstatus_to_exitcode(os.waitpid(joined.pid, 0)[1]) == 2
            with pytest.raises(ContainersError, match="let the process into the container"):
                join(container.state(), container.created.cgroup, process, can_trace=True, **common)
        finally:
            os.close(null)


def test_an_exec_that_is_stopped_from_inside_does_not_hold_up_its_shim(evil: Box) -> None:
    """Root inside may signal whoever appears. The shim waited for ever, and nobody could kill the container."""
    script = """
    while :; do for p in /proc/[0-9]*; do
      case $p in /proc/1|/proc/$$) continue;; esac
      kill -STOP ${p#/proc/} 2>/dev/null
    done; done
    """
    with evil.running("sh", "-c", script) as container:
        refused = 0
        for _ in range(10):
            try:
                # What is stopped after its `execve` is the container's own business: nothing waits for its end here.
                joined = container.join("true")
            except ContainersError as error:
                assert "has stopped it" in error.message
                refused += 1
            else:
                os.kill(joined.pid, signal.SIGKILL)
                os.waitpid(joined.pid, 0)
                os.close(joined.pidfd)
    assert refused


def test_cve_2016_9962_init_before_its_start_shows_nothing_to_a_neighbour_in_its_pid_namespace(evil: Box) -> None:
    with evil.created(*SLEEP) as container:
        # Not dumpable: owned by root although it may run as anybody, and closed to ptrace without CAP_SYS_PTRACE.
        assert os.stat(f"/proc/{container.pid}/exe", follow_symlinks=False).st_uid == 0
        status = container.outside("status")
        assert "NoNewPrivs:\t0" in status
        descriptors = os.listdir(f"/proc/{container.pid}/fd")
        assert {"0", "1", "2"} < set(descriptors)
        assert len(descriptors) == 4  # and the handshake


def test_a_container_that_lies_about_the_kernel_s_capabilities_gains_none_by_an_exec(evil: Box) -> None:
    script = "mount -t tmpfs tmpfs /proc/sys/kernel && echo 0 > /proc/sys/kernel/cap_last_cap && echo ready; sleep 60"
    mounting = capability_sets((*defaults.default_capabilities(), "CAP_SYS_ADMIN"))
    with evil.running("sh", "-c", script, process={"capabilities": mounting}, seccomp=None) as container:
        assert os.read(container.output, 100) == b"ready\n"
        ended = container.exec("grep", "CapBnd", "/proc/self/status", capabilities=capability_sets(("CAP_CHOWN",)))
    assert ended.stdout.split()[1] == "0000000000000001"


def test_cve_2022_0492_there_is_no_release_agent(evil: Box) -> None:
    assert evil.sh("find /sys/fs/cgroup -name release_agent") == ""


def test_a_bind_source_is_not_looked_up_in_the_image(evil: Box, tmp_path: Path) -> None:
    (evil.rootfs / "etc/hostname").write_text("image")
    (tmp_path / "hostname").write_text("host")
    mounts = with_mounts(Mount("/seen", "bind", str(tmp_path / "hostname"), ("bind",)))
    assert evil.sh("cat /seen", mounts=mounts) == "host"


def test_passwd_may_be_a_trap(evil: Box) -> None:
    (evil.rootfs / "etc/passwd").unlink()
    os.mkfifo(evil.rootfs / "etc/passwd")
    (evil.rootfs / "etc/group").unlink()
    os.symlink("/proc/self/fd/0", evil.rootfs / "etc/group")
    with pytest.raises(InvalidParameter, match="unable to find user root"):
        evil.run("true", process={"user": User(username="root:wheel")})
    # By numbers, nothing has to be read. (busybox' own `id` would wait for the FIFO's writer.)
    assert "Uid:\t12\t12" in evil.run("cat", "/proc/self/status", process={"user": User(username="12")}).stdout


def test_a_program_with_capabilities_gives_nothing_under_no_new_privileges(evil: Box) -> None:
    (evil.rootfs / "bin/grep").unlink()
    shutil.copy2(evil.rootfs / "bin/busybox", evil.rootfs / "bin/grep")
    # struct vfs_cap_data: version 2, effective; CAP_CHOWN permitted. (busybox drops what a set-user-id bit gives.)
    os.setxattr(evil.rootfs / "bin/grep", "security.capability", struct.pack("<5I", 0x02000001, 1, 0, 0, 0))
    looked = ("grep", "CapPrm", "/proc/self/status")
    as_alice = {"user": User(username="alice")}
    assert evil.run(*looked, process=as_alice).stdout.split()[1] == "0000000000000001"
    assert evil.run(*looked, process=as_alice | {"no_new_privileges": True}).stdout.split()[1] == "0000000000000000"


def test_the_host_s_abstract_sockets_are_out_of_reach(evil: Box) -> None:
    """CVE-2020-15257: with a network namespace of one's own, @names of the host do not exist."""
    assert evil.sh("cat /proc/net/unix | wc -l") == "1\n"


def test_a_read_only_root_stays_so_for_binds_of_it(evil: Box) -> None:
    ended = evil.run("sh", "-c", "mount -o remount,rw /; echo x > /x", root=Root("rootfs", read_only=True))
    assert "Read-only file system" in ended.stdout


def test_an_image_may_not_point_dev_at_the_host(evil: Box, tmp_path: Path) -> None:
    shutil.rmtree(evil.rootfs / "dev")
    os.symlink("/../../../../../.." + str(tmp_path / "outside"), evil.rootfs / "dev")
    (tmp_path / "outside").mkdir()
    try:
        evil.run("true")
    except ContainersError:
        pass
    assert list((tmp_path / "outside").iterdir()) == []


def _swap(volume: Path) -> None:
    os.rename(volume / "dir", volume / "kept")
    os.rename(volume / "link", volume / "dir")
    os.rename(volume / "dir", volume / "link")
    os.rename(volume / "kept", volume / "dir")
