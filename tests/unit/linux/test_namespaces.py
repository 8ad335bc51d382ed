from __future__ import annotations

import os

import pytest

from jupyter_containers.linux import constants, namespaces
from tests.support.children import own_children


def test_every_type_of_the_runtime_spec_has_a_flag_and_a_file() -> None:
    assert set(namespaces.FLAGS) == set(namespaces.FILES)
    assert len(set(namespaces.FLAGS.values())) == 7
    for name in namespaces.FILES.values():
        assert os.path.exists(f"/proc/self/ns/{name}"), name


def test_a_clone_without_namespaces_is_a_fork() -> None:
    read_fd, write_fd = os.pipe()
    pid = namespaces.clone(0)
    if pid == 0:
        os.write(write_fd, f"{os.getpid()} {os.getppid()}".encode())
        os._exit(7)
    os.close(write_fd)
    with os.fdopen(read_fd) as answer:
        assert answer.read() == f"{pid} {os.getpid()}"
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7


def test_flags_that_are_no_namespace_are_refused() -> None:
    # The low byte is the signal at the child's end: a wrong one would be no error for the kernel.
    with pytest.raises(OSError, match="clone: flags 0x1 "):
        namespaces.clone(1)


def test_a_refused_clone_makes_no_child() -> None:
    before = own_children()
    with pytest.raises(OSError, match="clone: "):
        namespaces.clone(constants.CLONE_NEWNS, cgroup_fd=-1)
    assert own_children() <= before


def test_setns_wants_a_namespace() -> None:
    with pytest.raises(OSError, match="setns: Bad file descriptor"):
        namespaces.setns(-1)
