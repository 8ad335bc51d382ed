"""The maker: what it leaves to the shim, and what it takes along when it fails or dies."""

from __future__ import annotations

import os
import select
import signal
import uuid
from pathlib import Path

import pytest

from jupyter_containers.cgroups.manager import choose
from jupyter_containers.errors import ContainersError, NotFound
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.create import start
from jupyter_containers.shim import creation
from tests.support.children import exit_of
from tests.support.containers import overlay, spec_for

pytestmark = pytest.mark.needs("root", "namespaces", "overlay")


@pytest.fixture
def bundle(tmp_path: Path, rootfs: Path) -> Bundle:
    identifier = uuid.uuid4().hex * 2
    spec = spec_for(
        rootfs, "sh", "-c", "exit 4", rootfs=(overlay(rootfs, tmp_path),),
        cgroups_path=f"jupyter-containers/{identifier}",
    )  # fmt: skip
    return Bundle.create(tmp_path / identifier, spec)


def ignore(_netns_fd: int, _netlink_fd: int) -> None:
    """Do nothing about the network."""


def group_is_gone(bundle: Bundle) -> bool:
    try:
        choose().open(f"jupyter-containers/{bundle.path.name}")
    except NotFound:
        return True
    return False


def in_a_shim(work: object) -> None:
    """Run in a process of its own, whose children are reaped there and nowhere else."""
    assert exit_of(work) == 0  # type: ignore[arg-type]
    choose().tidy("jupyter-containers")


def null() -> tuple[int, int, int]:
    fd = os.open(os.devnull, os.O_RDWR)
    return fd, fd, fd


def test_init_is_a_child_of_the_shim_and_the_maker_is_gone(bundle: Bundle) -> None:
    def work() -> None:
        maker = creation.begin(bundle, stdio=null(), cgroups=choose(), tell_network=ignore)
        created = maker.finish()
        assert os.waitpid(maker.pid, 0) == (maker.pid, 0)
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        assert children == [str(created.pid)]
        start(created)
        assert os.waitstatus_to_exitcode(os.waitpid(created.pid, 0)[1]) == 4
        created.cgroup.remove()

    in_a_shim(work)


def test_a_maker_that_is_killed_half_way_leaves_nothing(bundle: Bundle) -> None:
    def die(_netns_fd: int, _netlink_fd: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def work() -> None:
        maker = creation.begin(bundle, stdio=null(), cgroups=choose(), tell_network=die)
        with pytest.raises(ContainersError, match="the process that made it has died"):
            maker.finish()
        assert group_is_gone(bundle)
        while True:
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                break

    in_a_shim(work)


def test_a_failure_arrives_with_its_words_and_details(bundle: Bundle) -> None:
    os.unlink(bundle.config_path)

    def work() -> None:
        maker = creation.begin(bundle, stdio=null(), cgroups=choose(), tell_network=ignore)
        with pytest.raises(ContainersError) as caught:
            maker.finish()
        assert caught.value.kind == "not_found"
        assert str(bundle.path) in caught.value.message
        os.waitpid(maker.pid, 0)

    in_a_shim(work)


def test_the_maker_tells_of_the_network_and_keeps_nothing_of_it_open_here(bundle: Bundle) -> None:
    read_fd, write_fd = os.pipe()

    def tell(netns_fd: int, _netlink_fd: int) -> None:
        os.write(write_fd, os.readlink(f"/proc/self/fd/{netns_fd}").encode())

    def work() -> None:
        before = set(os.listdir("/proc/self/fd"))
        stdio = null()
        maker = creation.begin(bundle, stdio=stdio, cgroups=choose(), tell_network=tell)
        created = maker.finish()
        assert select.select([read_fd], [], [], 5)[0]
        assert os.read(read_fd, 100).decode() == os.readlink(f"/proc/{created.pid}/ns/net")
        os.kill(created.pid, signal.SIGKILL)
        os.waitpid(maker.pid, 0)
        os.waitpid(created.pid, 0)
        created.cgroup.remove()
        os.close(created.go_fd)
        os.close(stdio[0])
        assert set(os.listdir("/proc/self/fd")) == before

    in_a_shim(work)
    os.close(read_fd)
    os.close(write_fd)
