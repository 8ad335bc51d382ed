from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.cgroups import v1
from jupyter_containers.errors import NotFound


def hierarchy(place: Path, **contents: str) -> Path:
    place.mkdir(parents=True)
    for name, content in {"cgroup.procs": "", **contents}.items():
        (place / name).write_text(content)
    return place


def test_controllers_mounted_together_share_a_directory(tmp_path: Path) -> None:
    both = hierarchy(tmp_path / "cpu,cpuacct")
    (tmp_path / "cpu").symlink_to("cpu,cpuacct")
    (tmp_path / "cpuacct").symlink_to("cpu,cpuacct")
    memory = hierarchy(tmp_path / "memory")
    found = v1.find_hierarchies(tmp_path)
    assert found == {"cpu": str(both), "cpuacct": str(both), "memory": str(memory)}


def test_directories_that_are_no_hierarchy_and_controllers_of_no_use_are_left_out(tmp_path: Path) -> None:
    hierarchy(tmp_path / "pids")
    hierarchy(tmp_path / "perf_event")
    (tmp_path / "memory").mkdir()
    assert set(v1.find_hierarchies(tmp_path)) == {"pids"}


def test_systemds_own_hierarchy_alone_is_nothing(tmp_path: Path) -> None:
    hierarchy(tmp_path / "systemd")
    assert v1.find_hierarchies(tmp_path) == {}
    hierarchy(tmp_path / "pids")
    assert set(v1.find_hierarchies(tmp_path)) == {"pids", "systemd"}


def test_what_is_missing_is_the_reason(tmp_path: Path) -> None:
    names = [name for name in v1.CONTROLLERS if name not in ("memory", "blkio")]
    complete = v1.LegacyManager({name: f"{tmp_path}/{name}" for name in v1.CONTROLLERS})
    assert complete.reason == ""
    partial = v1.LegacyManager({name: f"{tmp_path}/{name}" for name in names})
    assert partial.reason == "cgroup v1 controllers not mounted or not writable: memory blkio"


def test_a_group_that_no_hierarchy_has_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no cgroup a/b"):
        v1.LegacyManager({"pids": str(tmp_path)}).open("a/b")


def test_an_empty_cpuset_is_filled_from_above_and_a_filled_one_left_alone(tmp_path: Path) -> None:
    root = hierarchy(tmp_path / "cpuset", **{"cpuset.cpus": "0-3\n", "cpuset.mems": "0\n"})
    parent = hierarchy(root / "parent", **{"cpuset.cpus": "\n", "cpuset.mems": "\n", "cgroup.clone_children": "0\n"})
    child = hierarchy(parent / "child", **{"cpuset.cpus": "", "cpuset.mems": "1"})
    v1._fill_cpuset(str(child), str(root))
    texts = [(place / name).read_text().strip() for place in (parent, child) for name in ("cpuset.cpus", "cpuset.mems")]
    assert texts == ["0-3", "0", "0-3", "1"]


def test_a_process_enters_each_directory_once_and_as_a_thread(tmp_path: Path) -> None:
    for name in ("a", "b"):
        hierarchy(tmp_path / name / "g", tasks="")
    group = v1.LegacyCgroup({"cpu": f"{tmp_path}/a", "cpuacct": f"{tmp_path}/a", "pids": f"{tmp_path}/b"}, "g")
    group.enter()
    assert [(tmp_path / name / "g" / "tasks").read_text() for name in ("a", "b")] == ["0", "0"]
    assert group.directory_fd() is None
    assert group.paths == {"cpu": f"{tmp_path}/a/g", "cpuacct": f"{tmp_path}/a/g", "pids": f"{tmp_path}/b/g"}
