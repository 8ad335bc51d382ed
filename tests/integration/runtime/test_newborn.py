"""A process that was born ahead: what it has before it is anything, what it becomes, and how it fails."""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.cgroups.manager import choose
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound
from jupyter_containers.linux.constants import MS_BIND
from jupyter_containers.linux.mounts import mount, unmount
from jupyter_containers.oci.runtime_spec import Mount
from jupyter_containers.runtime import defaults, newborn
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.create import has_gone, start
from jupyter_containers.runtime.explain import explain
from jupyter_containers.runtime.newborn import Newborn
from tests.support.children import own_children
from tests.support.containers import Box, grown
from tests.support.eventually import eventually

pytestmark = pytest.mark.needs("root", "namespaces", "overlay", "openat2", "open_tree", "cgroup_v1")


@pytest.fixture
def box(rootfs: Path, tmp_path: Path) -> Box:
    return Box(rootfs, tmp_path, ahead=True)


def born() -> Newborn:
    waiting = newborn.bear(choose())
    assert waiting is not None
    return waiting


def namespace(pid: int | str, kind: str) -> str:
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def files_of(pid: int) -> set[str]:
    found = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # it is closing what it has from its parent
            found.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
    return found


def null() -> tuple[int, int, int]:
    fd = os.open(os.devnull, os.O_RDWR)
    return fd, fd, fd


def bundle_of(box: Box, *args: str) -> Bundle:
    return Bundle.create(box.place / "b", box.spec(*args))


def group_is_gone(bundle: Bundle) -> bool:
    try:
        choose().open(f"jupyter-containers/{bundle.path.name}")
    except NotFound:
        return True
    return False


def test_it_waits_in_namespaces_of_its_own_with_nothing_of_its_parent_s() -> None:
    waiting = born()
    try:
        for kind in ("pid", "net", "ipc", "uts"):
            assert namespace(waiting.pid, kind) != namespace("self", kind)
        # What the host mounts from now on is seen by the container it becomes.
        assert namespace(waiting.pid, "mnt") == namespace("self", "mnt")
        eventually(lambda: {name for name in files_of(waiting.pid) if not name.startswith("socket:")} == {"/dev/null"})
    finally:
        waiting.discard()
    assert waiting.pid not in own_children()


def test_it_sees_what_the_host_has_mounted_since_its_birth(box: Box, tmp_path: Path) -> None:
    source, disk = tmp_path / "source", tmp_path / "disk"
    source.mkdir()
    disk.mkdir()
    (disk / "file").write_text("there")
    waiting = born()
    mount(disk, source, None, MS_BIND)
    try:
        mounts = (*defaults.default_mounts(), Mount("/data", "bind", str(source), ("rbind",)))
        bundle = Bundle.create(box.place / "b", replace(box.spec("cat", "/data/file"), mounts=mounts))
        reading, writing = os.pipe()
        newborn.become(waiting, bundle, (writing, writing, writing))
        made, _ = newborn.follow(waiting, bundle, choose())
        os.close(writing)
        start(made)
        assert os.read(reading, 100) == b"there"
        os.waitpid(made.pid, 0)
        os.close(reading)
        os.close(made.pidfd)
        os.close(made.mounts_fd)
        made.cgroup.remove()
    finally:
        unmount(source)
    choose().tidy("jupyter-containers")


def test_one_that_died_while_it_waited_is_an_error_and_leaves_nothing(box: Box) -> None:
    waiting = born()
    os.kill(waiting.pid, signal.SIGKILL)
    os.waitid(os.P_PID, waiting.pid, os.WEXITED | os.WNOWAIT)
    bundle, stdio = bundle_of(box, "true"), null()
    newborn.become(waiting, bundle, stdio)
    with pytest.raises(ContainersError, match="init died: it ended without a word"):
        newborn.follow(waiting, bundle, choose())
    os.close(stdio[0])
    assert group_is_gone(bundle)
    assert waiting.pid not in own_children()


def test_a_failure_half_way_has_its_words_and_leaves_no_group(box: Box) -> None:
    spec = box.spec("true")
    bundle = Bundle.create(box.place / "b", replace(spec, mounts=(Mount("/x", "no-such-type", "none"),)))
    stdio = null()
    gc.collect()  # what other tests have left to it
    before = set(os.listdir("/proc/self/fd"))
    with pytest.raises(ContainersError, match="cannot mount no-such-type on /x"):
        grown(bundle, stdio, choose())
    assert set(os.listdir("/proc/self/fd")) == before
    os.close(stdio[0])
    assert group_is_gone(bundle)
    choose().tidy("jupyter-containers")


def test_a_spec_that_cannot_be_is_refused_in_the_same_words(box: Box) -> None:
    spec = box.spec("true")
    bundle = Bundle.create(box.place / "b", replace(spec, process=replace(spec.process, cwd="relative")))
    stdio = null()
    with pytest.raises(InvalidParameter, match="invalid working directory 'relative'"):
        grown(bundle, stdio, choose())
    os.close(stdio[0])


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    shim = os.fork()
    if shim == 0:
        os.write(writing, str(born().pid).encode())
        os._exit(0)
    pid = int(os.read(reading, 20))
    pidfd = os.pidfd_open(pid) if os.path.exists(f"/proc/{pid}") else None
    os.waitpid(shim, 0)
    if pidfd is not None:
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        assert poll.poll(5000)
        os.close(pidfd)
    os.close(reading)
    os.close(writing)


def test_what_it_did_is_told_from_its_birth_on(box: Box) -> None:
    bundle, stdio = bundle_of(box, "true"), null()
    made = grown(bundle, stdio, choose())
    words = [(step.side, step.description) for step in explain(bundle).steps]
    assert [description for side, description in words if side == "outside"] == [
        "clone into new namespaces, ahead of time",
        "open the network namespace, ahead of time",
        "plan",
        "make the cgroup",
        "make the mount namespace",
        "wait for init",
    ]
    inside = [description for side, description in words if side == "inside"]
    assert inside[0] == "leave the parent's session and descriptors"
    assert inside[-1] == "drop privileges"
    start(made)
    os.waitpid(made.pid, 0)
    made.cgroup.remove()
    for fd in (stdio[0], made.pidfd, made.netns_fd, made.netlink_fd, made.mounts_fd):
        if fd is not None:
            os.close(fd)
    choose().tidy("jupyter-containers")


def test_one_that_was_let_go_ahead_may_have_ended_before_anybody_looks(box: Box) -> None:
    waiting = born()
    bundle = bundle_of(box, "sh", "-c", "exit 5")
    newborn.become(waiting, bundle, null(), will_be_let_go=True)
    newborn.let_go(waiting)
    assert os.waitstatus_to_exitcode(os.waitpid(waiting.pid, 0)[1]) == 5
    created, _durations = newborn.follow(waiting, bundle, choose())
    assert (created.pid, created.pid_start_time) == (waiting.pid, waiting.pid_start_time)
    has_gone(created.pid, created.go_fd)
    os.close(created.pidfd)
    os.close(created.mounts_fd)
    created.cgroup.remove()
