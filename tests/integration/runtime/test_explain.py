"""A record of a container's making: the calls that were really made, in order, and none where none are wanted."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from jupyter_containers.cgroups.manager import choose
from jupyter_containers.errors import ContainersError
from jupyter_containers.linux import recording
from jupyter_containers.oci.runtime_spec import ANNOTATION_TRACE, Mount, Resources
from jupyter_containers.runtime import defaults
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.calls import Row
from jupyter_containers.runtime.create import create, let_go_recorded
from jupyter_containers.runtime.executable import CannotExecute
from jupyter_containers.runtime.explain import record
from tests.support.containers import Box, grown

pytestmark = pytest.mark.needs("root", "namespaces", "overlay", "openat2", "open_tree")

WANTED = {"annotations": {ANNOTATION_TRACE: "calls"}}
LIMIT = 64 << 20


def find(rows: list[Row], call: str, *words: str) -> Row:
    """Return the one call of a name whose arguments have these words in them."""
    found = [row for row in rows if row.call == call and all(word in " ".join(row.arguments) for word in words)]
    assert len(found) == 1, (call, words, found)
    return found[0]


def traced(box: Box, *args: str, **changes: Any) -> list[Row]:
    with box.created(*args, **WANTED, **changes) as container:
        let_go_recorded(container.bundle, container.pid, container.created.go_fd)
        assert container.wait().exit_code == 0
        return record(container.bundle)


def test_the_calls_of_a_container_are_in_its_record(box: Box) -> None:
    resources = Resources(memory_limit=LIMIT, devices=defaults.default_device_rules())
    rows = traced(box, "/bin/true", resources=resources, rootfs_propagation="rprivate")
    flags = find(rows, "clone").arguments[0].split(" | ")
    assert {"CLONE_NEWPID", "CLONE_NEWNET", "CLONE_NEWIPC", "CLONE_NEWUTS"} <= set(flags)
    assert find(rows, "mount", "MS_PRIVATE").arguments == ("/", "MS_REC | MS_PRIVATE")
    names = {"1": "memory.limit_in_bytes", "2": "memory.max"}
    limit = find(rows, "write", names[str(choose().version)])
    assert limit.arguments[1] == str(LIMIT)
    assert limit.arguments[0].startswith("/sys/fs/cgroup/")
    assert (limit.step, limit.result) == ("make the cgroup", str(len(str(LIMIT))))
    assert find(rows, "pivot_root").arguments == (".", ".")
    assert find(rows, "umount2").arguments == (".", "MNT_DETACH")
    assert find(rows, "fsopen", "mqueue").step.startswith("mount mqueue on /dev/mqueue")
    assert "CAP_CHOWN" in find(rows, "capset").arguments[0]
    assert "CAP_SYS_ADMIN" in find(rows, "prctl", "PR_CAPBSET_DROP").arguments
    assert find(rows, "seccomp").step == "drop privileges"
    assert find(rows, "execve").arguments == ("/bin/true",)


def test_they_stand_in_the_order_in_which_they_were_made(box: Box) -> None:
    rows = traced(box, "/bin/true")
    order = [find(rows, *one) for one in (("clone",), ("pivot_root",), ("capset",), ("execve",))]
    assert [rows.index(row) for row in order] == sorted(rows.index(row) for row in order)
    assert [row.side for row in order] == ["outside", "inside", "inside", "inside"]
    assert all(row.duration_us >= 0 for row in rows)


def test_a_refused_call_is_the_last_and_says_why(box: Box) -> None:
    nowhere = (*defaults.default_mounts(), Mount("/x", "nosuchfilesystem", "none"))
    bundle = Bundle.create(box.place / "b", box.spec("/bin/true", **WANTED, mounts=nowhere))
    null_fd = os.open(os.devnull, os.O_RDWR)
    streams = (null_fd, null_fd, null_fd)
    with pytest.raises(ContainersError, match="nosuchfilesystem"):
        grown(bundle, streams, choose()) if box.ahead else create(bundle, stdio=streams, cgroup_manager=choose())
    os.close(null_fd)
    last = record(bundle)[-1]
    assert (last.call, last.arguments, last.result) == ("fsopen", ("nosuchfilesystem",), "ENODEV")


@pytest.mark.parametrize(("name", "size"), [("ENOENT", 0), ("E2BIG", 1 << 18)])
def test_an_execve_that_is_refused_has_the_kernel_s_reason(box: Box, name: str, size: int) -> None:
    program = "/bin/true" if size else "/no/such"
    with box.created(program, "x" * size, **WANTED) as container:
        with pytest.raises(CannotExecute):
            let_go_recorded(container.bundle, container.pid, container.created.go_fd)
        container.wait()
        last = record(container.bundle)[-1]
    assert (last.call, last.arguments[0], last.result) == ("execve", program, name)


def test_an_init_that_died_has_called_nothing(box: Box) -> None:
    with box.created("/bin/true", **WANTED) as container:
        os.kill(container.pid, signal.SIGKILL)
        container.wait()
        with pytest.raises(ContainersError, match="died"):
            let_go_recorded(container.bundle, container.pid, container.created.go_fd)
        assert "execve" not in {row.call for row in record(container.bundle)}


def test_nothing_is_recorded_unless_it_is_wanted(box: Box) -> None:
    with box.running("/bin/true") as container:
        container.wait()
        assert record(container.bundle) == []
    assert recording.active() is None


def test_this_process_is_itself_again_afterwards(box: Box) -> None:
    traced(box, "/bin/true")
    assert recording.active() is None
