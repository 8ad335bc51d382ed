"""Exec: one more process in a running container."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.cgroups.v2 import UnifiedManager
from jupyter_containers.errors import Conflict, InvalidParameter
from jupyter_containers.oci.runtime_spec import Namespace, Resources, User
from jupyter_containers.runtime import defaults
from jupyter_containers.runtime.create import start
from jupyter_containers.runtime.executable import CannotExecute
from jupyter_containers.runtime.join import join
from jupyter_containers.runtime.state import Status
from tests.support.containers import Box, created

pytestmark = pytest.mark.needs("root", "namespaces", "overlay", "openat2", "open_tree", "pidfd")

SLEEP = ("sleep", "60")
# On a hybrid host it is beside the legacy hierarchies, and without controllers.
UNIFIED = next(
    (
        place
        for place in map(Path, ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"))
        if (place / "cgroup.controllers").exists()
    ),
    None,
)


def test_it_runs_among_the_container_s_processes(box: Box) -> None:
    with box.running(*SLEEP) as container:
        ended = container.exec("sh", "-c", "cat /proc/1/comm; hostname; echo $$")
        assert ended.exit_code == 0
        first, name, pid = ended.stdout.split()
        assert (first, name) == ("sleep", "box")
        assert int(pid) > 1


def test_it_is_in_every_namespace_and_cgroup_of_the_container(box: Box) -> None:
    with box.running(*SLEEP) as container:
        script = "for n in pid mnt uts ipc net cgroup; do readlink /proc/self/ns/$n; done; cat /proc/self/cgroup"
        lines = container.exec("sh", "-c", script).stdout.splitlines()
        assert lines[:6] == [container.link(f"ns/{name}") for name in ("pid", "mnt", "uts", "ipc", "net", "cgroup")]
        assert all(line.split(":", 2)[2] == "/" for line in lines[6:])


@pytest.mark.skipif(UNIFIED is None, reason="no cgroup v2 hierarchy is mounted")
def test_it_is_born_in_the_container_s_group_of_version_2(box: Box, rootfs: Path, tmp_path: Path) -> None:
    manager = UnifiedManager(str(UNIFIED))
    neighbour = Box(rootfs, tmp_path / "other")
    neighbour.place.mkdir()
    with created(box.place, box.spec(*SLEEP, resources=Resources()), manager) as container:
        start(container.created)
        ended = container.exec("sh", "-c", "grep ^0:: /proc/self/cgroup; readlink /proc/self/ns/cgroup")
        assert ended.stdout.splitlines() == ["0::/", container.link("ns/cgroup")]
        pid = Namespace("pid", f"/proc/{container.pid}/ns/pid")
        namespaces = (*(n for n in defaults.default_namespaces() if n.type != "pid"), pid)
        spec = neighbour.spec(*SLEEP, resources=Resources(), namespaces=namespaces)
        with created(neighbour.place, spec, manager) as second:
            start(second.created)
            assert second.created.cgroup.processes() == [second.pid]


def test_this_process_s_children_stay_in_its_own_pid_namespace(box: Box) -> None:
    before = os.readlink("/proc/self/ns/pid_for_children")
    with box.running(*SLEEP) as container:
        container.exec("true")
    assert os.readlink("/proc/self/ns/pid_for_children") == before


def test_it_has_the_same_privileges(box: Box) -> None:
    with box.running(*SLEEP) as container:
        text = container.exec("grep", "-E", "CapEff|CapBnd|Seccomp:|NoNewPrivs", "/proc/self/status").stdout
    assert text.split() == [
        "CapEff:", "00000000a80425fb", "CapBnd:", "00000000a80425fb", "NoNewPrivs:", "0", "Seccomp:", "2",
    ]  # fmt: skip


def test_no_descriptor_comes_with_it(box: Box) -> None:
    leak = os.open("/etc/passwd", os.O_RDONLY)
    os.set_inheritable(leak, True)
    try:
        with box.running(*SLEEP) as container:
            # 3 is the directory that ls itself has open.
            assert container.exec("ls", "/proc/self/fd").stdout.split() == ["0", "1", "2", "3"]
    finally:
        os.close(leak)


def test_user_environment_directory_and_exit_code_are_its_own(box: Box) -> None:
    with box.running(*SLEEP) as container:
        user = User(username="alice", additional_groups=("mail",))
        script = "id -u; id -G; pwd; echo $A $HOME; exit 9"
        ended = container.exec("sh", "-c", script, user=user, cwd="/tmp", env=("PATH=/bin", "A=b"))
        assert ended.stdout.splitlines() == ["1000", "1000 8 50", "/tmp", "b /home/alice"]
        assert ended.exit_code == 9


def test_a_terminal_of_its_own(box: Box) -> None:
    with box.running(*SLEEP) as container:
        ended = container.exec("sh", "-c", "tty; stty size", terminal=True, console_size=(20, 70))
        assert ended.stdout.replace("\r", "").splitlines() == ["/dev/pts/0", "20 70"]


@pytest.mark.parametrize(
    ("args", "words", "exit_code"),
    [
        (("nope",), 'exec: "nope": executable file not found in $PATH', 127),
        (("/nope",), 'exec: "/nope": stat /nope: no such file or directory', 127),
        (("/etc/passwd",), 'exec: "/etc/passwd": permission denied', 126),
    ],
)
def test_a_command_that_cannot_run(box: Box, args: tuple[str, ...], words: str, exit_code: int) -> None:
    with box.running(*SLEEP) as container:
        with pytest.raises(CannotExecute) as caught:
            container.exec(*args)
        prefix = "OCI runtime exec failed: exec failed: unable to start container process"
        assert caught.value.message == f"{prefix}: {words}: unknown"
        assert caught.value.exit_code == exit_code


def test_a_directory_that_is_not_there_is_not_made(box: Box) -> None:
    with box.running(*SLEEP) as container:
        with pytest.raises(CannotExecute, match=r'chdir to cwd \("/new"\).*no such file or directory'):
            container.exec("true", cwd="/new")
        assert container.exec("ls", "-d", "/new").exit_code == 1


def test_an_unknown_user(box: Box) -> None:
    with (
        box.running(*SLEEP) as container,
        pytest.raises(InvalidParameter, match="unable to find user nope: no matching entries in passwd file"),
    ):
        container.exec("true", user=User(username="nope"))


def test_a_container_that_has_ended_is_a_conflict(box: Box) -> None:
    with box.running(*SLEEP) as container:
        os.kill(container.pid, signal.SIGKILL)
        container.reap()
        with pytest.raises(Conflict, match="is not running"):
            container.exec("true")


@pytest.mark.parametrize("status", [Status.CREATED, Status.STOPPED, Status.PAUSED])
def test_only_a_running_container_takes_a_process(box: Box, status: Status) -> None:
    with box.running(*SLEEP) as container, pytest.raises(Conflict):
        join(container.state(status), container.created.cgroup, container.spec.process, stdio=None, seccomp=None)


def test_a_reused_pid_is_not_entered(box: Box) -> None:
    with box.running(*SLEEP) as container:
        stale = replace(container.state(), pid_start_time=container.created.pid_start_time - 1)
        with pytest.raises(Conflict, match="is not running"):
            join(stale, container.created.cgroup, container.spec.process, stdio=None, seccomp=None)


def test_it_dies_with_the_container(box: Box) -> None:
    with box.running(*SLEEP) as container:
        process = replace(container.spec.process, args=SLEEP)
        joined = join(container.state(), container.created.cgroup, process, stdio=None, seccomp=None)
        assert joined.pid in container.created.cgroup.processes()
        os.kill(container.pid, signal.SIGKILL)
        _, status = os.waitpid(joined.pid, 0)
        os.close(joined.pidfd)
        assert os.WTERMSIG(status) == signal.SIGKILL


def test_it_dies_with_the_process_that_started_it(box: Box, tmp_path: Path) -> None:
    with box.running(*SLEEP) as container:
        reading, writing = os.pipe()
        shim = os.fork()
        if shim == 0:
            process = replace(container.spec.process, args=SLEEP)
            stdio = (writing, writing, writing)
            join(container.state(), container.created.cgroup, process, stdio=stdio, seccomp=None)
            os._exit(0)
        os.close(writing)
        os.waitpid(shim, 0)
        assert os.read(reading, 1) == b""  # its streams were closed by its death
        os.close(reading)
