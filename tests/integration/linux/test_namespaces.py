from __future__ import annotations

import os

import pytest

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mounts, namespaces, processes
from tests.support.children import answer_of, waiting_child

pytestmark = pytest.mark.needs("root", "namespaces")
NEW = {kind: flag for kind, flag in namespaces.FLAGS.items() if kind != "user"}


def own_namespaces(pid: int | str = "self") -> dict[str, str]:
    return {kind: os.readlink(f"/proc/{pid}/ns/{name}") for kind, name in namespaces.FILES.items()}


@pytest.mark.parametrize("kind", NEW)
def test_a_clone_is_in_a_new_namespace_of_that_kind_only(kind: str) -> None:
    seen: dict[str, str] = {}
    answer_of(lambda: 1, flags=NEW[kind], before=lambda pid: seen.update(own_namespaces(pid)))
    mine = own_namespaces()
    assert {name for name in mine if mine[name] != seen[name]} == {kind}


def test_all_at_once_make_pid_1_and_a_hostname_of_its_own() -> None:
    def inside() -> list[object]:
        import socket

        socket.sethostname("inside")
        return [os.getpid(), os.getppid(), socket.gethostname(), os.listdir("/sys/class/net") != []]

    before = os.uname().nodename
    assert answer_of(inside, flags=sum(NEW.values()))[:3] == [1, 0, "inside"]
    assert os.uname().nodename == before


def test_a_pidfd_opens_all_namespaces_of_a_process() -> None:
    def set_up() -> None:
        namespaces.unshare(c.CLONE_NEWNET | c.CLONE_NEWUTS | c.CLONE_NEWNS)

    with waiting_child(set_up) as pid:
        expected = own_namespaces(pid)

        def inside() -> dict[str, str]:
            pidfd = processes.pidfd_open(pid)
            namespaces.setns(pidfd, c.CLONE_NEWNET | c.CLONE_NEWUTS | c.CLONE_NEWNS)
            return own_namespaces()

        assert answer_of(inside) == expected
        assert expected["network"] != own_namespaces()["network"]


def test_a_namespace_file_is_entered_by_its_descriptor() -> None:
    with waiting_child(lambda: namespaces.unshare(c.CLONE_NEWNET)) as pid:
        expected = os.readlink(f"/proc/{pid}/ns/net")

        def inside() -> str:
            fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
            namespaces.setns(fd)
            return os.readlink("/proc/self/ns/net")

        assert answer_of(inside) == expected


def test_pivot_root_leaves_nothing_of_the_old_root(tmp_path: object) -> None:
    def inside() -> list[str]:
        mounts.mount(None, "/", None, c.MS_REC | c.MS_PRIVATE)
        mounts.mount("tmpfs", os.fspath(tmp_path), "tmpfs")  # type: ignore[arg-type]
        os.chdir(os.fspath(tmp_path))  # type: ignore[arg-type]
        os.mkdir("only")
        mounts.pivot_root(".", ".")
        mounts.unmount(".", c.MNT_DETACH)
        os.chdir("/")
        return os.listdir("/")

    assert answer_of(inside, flags=c.CLONE_NEWNS) == ["only"]


@pytest.mark.needs("cgroup_unified")
def test_a_clone_can_start_in_a_cgroup(unified_group: str) -> None:
    fd = os.open(unified_group, os.O_RDONLY | os.O_DIRECTORY)
    read_fd, write_fd = os.pipe()
    pid = namespaces.clone(c.CLONE_NEWUTS, cgroup_fd=fd)
    if pid == 0:
        with open("/proc/self/cgroup") as lines:
            os.write(write_fd, next(line for line in lines if line.startswith("0::")).encode())
        os._exit(0)
    os.close(write_fd)
    os.close(fd)
    with os.fdopen(read_fd) as answer:
        assert answer.read().strip().endswith(os.path.basename(unified_group))
    os.waitpid(pid, 0)


def test_a_visit_ends_where_it_began_even_when_it_fails() -> None:
    with waiting_child(lambda: namespaces.unshare(c.CLONE_NEWNET)) as pid:

        def inside() -> list[str]:
            fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
            seen = [os.readlink("/proc/self/ns/net")]
            try:
                with namespaces.visiting("network", fd):
                    seen.append(os.readlink("/proc/self/ns/net"))
                    raise KeyError
            except KeyError:
                seen.append(os.readlink("/proc/self/ns/net"))
            return seen

        before, there, after = answer_of(inside)
        assert there == os.readlink(f"/proc/{pid}/ns/net")
        assert before == after != there
