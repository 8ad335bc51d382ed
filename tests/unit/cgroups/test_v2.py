from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.cgroups import v2
from jupyter_containers.cgroups.absent import AbsentManager
from jupyter_containers.cgroups.v2 import UnifiedManager
from jupyter_containers.errors import NotFound, Unsupported
from jupyter_containers.oci.runtime_spec import Resources


def base(place: Path, controllers: str = "cpuset cpu io memory hugetlb pids") -> Path:
    place.mkdir(parents=True, exist_ok=True)
    for name in ("cgroup.procs", "cgroup.subtree_control"):
        (place / name).write_text("")
    (place / "cgroup.controllers").write_text(f"{controllers}\n")
    return place


def test_a_writable_root_is_the_base(tmp_path: Path) -> None:
    base(tmp_path)
    manager = v2.find(tmp_path, "/user.slice/own")
    assert isinstance(manager, UnifiedManager)
    with pytest.raises(NotFound):
        manager.open("user.slice/own/x")


def test_else_the_own_group_when_it_is_delegated(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu\n")
    base(tmp_path / "user.slice/own", "memory pids")
    (tmp_path / "user.slice/own/x").mkdir()
    manager = v2.find(tmp_path, "/user.slice/own")
    assert isinstance(manager, UnifiedManager)
    assert manager.open("x").paths == {"unified": f"{tmp_path}/user.slice/own/x"}
    assert {"memory", "pids"} <= manager.capabilities()
    assert not {"cpu", "cpuset", "blkio"} & manager.capabilities()
    assert "cpu cpuset io" in manager.reason


def test_else_nothing_and_the_way_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu\n")
    (tmp_path / "own").mkdir()
    manager = v2.find(tmp_path, "/own")
    assert isinstance(manager, AbsentManager)
    assert "Delegate=yes" in manager.reason
    assert "/own" in manager.reason


def test_all_controllers_leave_no_reason(tmp_path: Path) -> None:
    manager = UnifiedManager(str(base(tmp_path)))
    assert manager.reason == ""
    assert {"memory", "cpu", "cpuset", "pids", "blkio", "freezer"} <= manager.capabilities()
    assert "swappiness" not in manager.capabilities()


def test_a_limit_without_its_controller_makes_no_group(tmp_path: Path) -> None:
    manager = UnifiedManager(str(base(tmp_path, "pids")))
    with pytest.raises(Unsupported, match="memory is not given to this group"):
        manager.create("g", Resources(memory_limit=1 << 20))
    assert not (tmp_path / "g").exists()


def test_controllers_are_handed_down_to_a_new_group(tmp_path: Path) -> None:
    base(tmp_path)
    UnifiedManager(str(tmp_path)).create("g", Resources())
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+cpu +cpuset +io +memory +pids"


def test_killing_a_group_that_is_gone_is_fine_and_removing_it_too(tmp_path: Path) -> None:
    base(tmp_path)
    group = UnifiedManager(str(tmp_path)).create("g", Resources())
    group.remove()
    group.kill()
    group.remove()
    with pytest.raises(NotFound):
        group.usage()
    assert (group.processes(), group.oom_kills(), group.oom_event_fd()) == ([], 0, None)
