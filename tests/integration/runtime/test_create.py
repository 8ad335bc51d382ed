"""Create, start, and all the ways in which they fail: each with its words, and nothing left."""

from __future__ import annotations

import os
import signal
import socket
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.cgroups import v2
from jupyter_containers.cgroups.absent import AbsentManager
from jupyter_containers.cgroups.manager import choose
from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.linux.processes import start_time
from jupyter_containers.oci.runtime_spec import Mount, Namespace, Resources, Rlimit, User
from jupyter_containers.runtime import defaults
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.create import create, start
from jupyter_containers.runtime.executable import CannotExecute
from jupyter_containers.runtime.explain import explain
from tests.support.children import own_children
from tests.support.containers import Box, created, run

pytestmark = pytest.mark.needs("root", "namespaces", "overlay", "openat2", "open_tree")


def with_mount(mount: Mount) -> tuple[Mount, ...]:
    return (*defaults.default_mounts(), mount)


@pytest.fixture(autouse=True)
def no_child_is_left() -> Iterator[None]:
    before = own_children()
    yield
    assert own_children() <= before


def test_a_created_container_waits_before_its_process(box: Box) -> None:
    with box.created("sh", "-c", "echo started") as container:
        assert "python" in container.link("exe")
        assert container.created.pid_start_time == start_time(container.pid)
        start(container.created)
        assert container.wait().stdout == "started\n"


def test_start_returns_when_the_process_has_its_program(box: Box) -> None:
    with box.running("sleep", "60") as container:
        assert container.link("exe").endswith("busybox")


def test_the_exit_code_is_the_process_s(box: Box) -> None:
    assert box.run("sh", "-c", "exit 42").exit_code == 42


def test_a_signal_from_outside_kills_pid_1(box: Box) -> None:
    with box.running("sleep", "60") as container:
        os.kill(container.pid, signal.SIGKILL)
        assert container.reap() == 137


def test_the_network_is_handed_out_as_soon_as_it_is_there(box: Box) -> None:
    seen: list[tuple[int, int]] = []
    bundle = Bundle.create(box.place / "early", box.spec("true"))
    null_fd = os.open("/dev/null", os.O_RDWR)
    made = create(
        bundle,
        stdio=(null_fd, null_fd, null_fd),
        cgroup_manager=choose(),
        on_network=lambda netns_fd, netlink_fd: seen.append((netns_fd, netlink_fd)),
    )
    try:
        assert seen == [(made.netns_fd, made.netlink_fd)]
    finally:
        start(made)
        os.waitpid(made.pid, 0)
        made.cgroup.remove()
        choose().tidy("jupyter-containers")
        for fd in (made.netns_fd, made.netlink_fd, made.mounts_fd, made.pidfd, null_fd):
            os.close(fd or -1)


def test_the_netlink_socket_speaks_for_the_container_s_network(box: Box) -> None:
    with box.created("sleep", "60") as container:
        netlink_fd = container.created.netlink_fd
        assert netlink_fd is not None
        with socket.socket(fileno=os.dup(netlink_fd)) as netlink:
            # RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP
            netlink.send(struct.pack("=IHHII16x", 32, 18, 0x301, 1, 0))
            answer = netlink.recv(65536)
        assert answer.count(b"lo\0") == 1
        assert b"eth" not in answer


def test_a_trace_tells_what_was_done_on_both_sides(box: Box) -> None:
    with box.created("true") as container:
        trace = explain(container.bundle)
    text = [step.description for step in trace.steps]
    assert {step.side for step in trace.steps} == {"inside", "outside"}
    assert any(step.startswith("clone into new namespaces") for step in text)
    assert "mount proc on /proc (nosuid, noexec, nodev)" in text
    assert all(step.duration_us >= 0 for step in trace.steps)


@pytest.mark.parametrize(
    ("args", "words", "exit_code"),
    [
        (("nope",), 'exec: "nope": executable file not found in $PATH', 127),
        (("./nope",), 'exec: "./nope": stat ./nope: no such file or directory', 127),
        (("/nope",), 'exec: "/nope": stat /nope: no such file or directory', 127),
        (("/etc/passwd",), 'exec: "/etc/passwd": permission denied', 126),
        (("/etc",), 'exec: "/etc": permission denied', 126),
        (("",), 'exec: "": executable file not found in $PATH', 127),
    ],
)
def test_a_command_that_cannot_run_is_told_in_docker_s_words(
    box: Box, args: tuple[str, ...], words: str, exit_code: int
) -> None:
    with box.created(*args) as container:
        with pytest.raises(CannotExecute) as caught:
            start(container.created)
        assert caught.value.message == (
            f"failed to create task for container: unable to start container process: {words}: unknown"
        )
        assert caught.value.exit_code == caught.value.details["exit_code"] == exit_code
        container.reap()


def test_starting_a_container_whose_init_was_killed_is_an_error(box: Box) -> None:
    with box.created("true") as container:
        os.kill(container.pid, signal.SIGKILL)
        container.reap()
        with pytest.raises(ContainersError, match="init process has died"):
            start(container.created)


@pytest.mark.parametrize(
    ("user", "words"),
    [
        (User(username="nope"), "unable to find user nope: no matching entries in passwd file"),
        (User(username="root:nope"), "unable to find group nope: no matching entries in group file"),
        (User(additional_groups=("nope",)), "Unable to find group nope: no matching entries in group file"),
    ],
)
def test_an_unknown_user_is_told_in_docker_s_words(box: Box, user: User, words: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        box.run("true", process={"user": user})
    assert caught.value.message == words
    assert caught.value.details["step"] == "look the user up"


def test_a_missing_bind_source_is_named(box: Box) -> None:
    with pytest.raises(InvalidParameter, match="bind source path does not exist: /nowhere"):
        box.run("true", mounts=with_mount(Mount("/x", "bind", "/nowhere", ("bind",))))


def test_a_directory_on_a_file_is_refused(box: Box, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="mount a directory onto a file"):
        box.run("true", mounts=with_mount(Mount("/etc/passwd", "bind", str(tmp_path), ("rbind",))))


def test_a_file_on_a_directory_is_refused(box: Box, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidParameter, match="mount a directory onto a file"):
        box.run("true", mounts=with_mount(Mount("/etc", "bind", str(tmp_path / "file"), ("bind",))))


def test_a_working_directory_that_is_a_file_is_refused(box: Box) -> None:
    with pytest.raises(InvalidParameter, match="Cannot mkdir: /etc/passwd is not a directory"):
        box.run("true", process={"cwd": "/etc/passwd"})


def test_an_option_that_the_file_system_refuses_is_told_with_its_step(box: Box) -> None:
    with pytest.raises(ContainersError) as caught:
        box.run("true", mounts=with_mount(Mount("/x", "tmpfs", "tmpfs", ("colour=blue",))))
    assert "mount tmpfs on /x (colour=blue)" in caught.value.message
    assert caught.value.details["errno"] == 22


def test_a_root_that_cannot_be_mounted_is_told(box: Box) -> None:
    broken = (Mount("/", "overlay", "overlay", ("lowerdir=/nowhere",)),)
    with pytest.raises(ContainersError, match="mount overlay as the root"):
        box.run("true", rootfs=broken)


def test_an_unknown_limit_is_refused(box: Box) -> None:
    with pytest.raises(InvalidParameter, match="unknown rlimit: RLIMIT_FUN"):
        box.run("true", process={"rlimits": (Rlimit("RLIMIT_FUN", 1, 1),)})


def test_a_soft_limit_above_the_hard_one_is_refused(box: Box) -> None:
    with pytest.raises(InvalidParameter, match="error setting rlimit RLIMIT_NOFILE to 20:10"):
        box.run("true", process={"rlimits": (Rlimit("RLIMIT_NOFILE", 20, 10),)})


def test_a_namespace_that_is_gone_is_told(box: Box) -> None:
    others = tuple(entry for entry in defaults.default_namespaces() if entry.type != "network")
    with pytest.raises(ContainersError, match="clone into new namespaces: No such file or directory: /proc/0/ns/net"):
        box.run("true", namespaces=(*others, Namespace("network", "/proc/0/ns/net")))


def test_an_impossible_memory_limit_leaves_no_process(box: Box) -> None:
    with pytest.raises(ContainersError):
        box.run("true", resources=Resources(memory_limit=1))


def test_a_failed_create_keeps_its_trace_for_the_reader(box: Box) -> None:
    bundle = Bundle.create(box.place / "failed", box.spec("true", process={"user": User(username="nope")}))
    with pytest.raises(InvalidParameter):
        create(bundle, stdio=None, cgroup_manager=choose())
    choose().tidy("jupyter-containers")
    inside = [step.description for step in explain(bundle).steps if step.side == "inside"]
    assert inside[0] == "leave the parent's session and descriptors"
    assert "look the user up" not in inside


def test_an_init_is_killed_by_too_little_memory_and_that_is_said(box: Box) -> None:
    resources = Resources(memory_limit=300 << 10, devices=defaults.default_device_rules())
    with pytest.raises(ContainersError, match="memory limit is too low"):
        box.run("true", resources=resources)


def test_docker_s_smallest_memory_limit_is_enough(box: Box) -> None:
    assert box.run("true", resources=Resources(memory_limit=6 << 20)).exit_code == 0


def test_a_plain_directory_can_be_the_root(box: Box, tmp_path: Path) -> None:
    mount = Mount("/", "bind", str(box.rootfs), ("rbind", "ro"))
    (box.rootfs / "etc").mkdir(exist_ok=True)
    ended = box.run("sh", "-c", "head -1 /etc/passwd; echo x > /x", rootfs=(mount,))
    assert ended.stdout.startswith("root:x:0:0")
    assert "Read-only file system" in ended.stdout


def test_many_layers_are_one_root(box: Box, tmp_path: Path) -> None:
    lowers = []
    for number in range(130):
        layer = tmp_path / "layers" / f"a-rather-long-name-of-a-layer-{number:03}"
        layer.mkdir(parents=True)
        (layer / f"file{number}").write_text(str(number))
        lowers.append(str(layer))
    (overlay,) = box.spec("true").rootfs
    (_, upper, work) = overlay.options
    many = replace(overlay, options=(f"lowerdir={':'.join([*lowers, str(box.rootfs)])}", upper, work))
    assert len(many.options[0]) > 4096
    assert box.sh("ls / | grep -c ^file; cat /file129", rootfs=(many,)) == "130\n129"


def test_a_terminal_is_the_process_s_controlling_one(box: Box) -> None:
    process = {"terminal": True, "console_size": (33, 111)}
    script = "tty; stty size; ls -l /dev/console | cut -c1; echo hi > /dev/tty"
    lines = box.run("sh", "-c", script, process=process).stdout.replace("\r", "").splitlines()
    assert lines == ["/dev/pts/0", "33 111", "c", "hi"]


def test_a_terminal_belongs_to_its_user(box: Box) -> None:
    process = {"terminal": True, "user": User(username="alice")}
    text = box.run("sh", "-c", "stat -c '%u %g %a' /dev/pts/0; echo ok > /dev/console", process=process).stdout
    assert text.replace("\r", "").splitlines() == ["1000 5 620", "ok"]


@pytest.mark.needs("cgroup_unified")
def test_cgroup_v2_puts_the_process_in_by_clone(box: Box) -> None:
    manager = v2.find("/sys/fs/cgroup/unified")
    if manager.version != 2:
        pytest.skip("the unified hierarchy is not ours to use")
    spec = box.spec("sh", "-c", "cat /proc/self/cgroup; ls /sys/fs/cgroup; sleep 60")
    with created(box.place, spec, manager) as container:
        start(container.created)
        text = os.read(container.output, 65536).decode()
        assert "0::/\n" in text
        assert container.pid in container.created.cgroup.processes()
        assert "cgroup.procs" in text or "cgroup.procs" in os.read(container.output, 65536).decode()


def test_without_a_device_cgroup_no_device_can_be_made_or_used(box: Box) -> None:
    spec = box.spec("sh", "-c", "mknod /x c 1 3; grep ' / ' /proc/self/mounts; grep CapBnd /proc/self/status")
    with created(
        box.place, replace(spec, linux=replace(spec.linux, resources=Resources())), AbsentManager("none for this test")
    ) as container:
        start(container.created)
        text = container.wait().stdout
    assert "mknod: /x: Operation not permitted" in text
    assert ",nodev," in text.splitlines()[1]
    assert "00000000a00425fb" in text


def test_two_containers_run_beside_each_other(box: Box, rootfs: Path, tmp_path: Path) -> None:
    other = Box(rootfs, tmp_path / "other")
    other.place.mkdir()
    with box.running("sleep", "60") as first, other.running("sleep", "60") as second:
        assert first.pid != second.pid
        assert first.link("ns/pid") != second.link("ns/pid")
    assert run(box.place, box.spec("true")).exit_code == 0
