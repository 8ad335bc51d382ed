"""What can be known of processes born ahead without making one; the rest is in tests/integration/runtime."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.cgroups import v2
from jupyter_containers.runtime import defaults, newborn


def test_they_fit_containers_of_docker_s_defaults() -> None:
    assert frozenset(entry.type for entry in defaults.default_namespaces()) == newborn.NAMESPACES


def test_there_are_none_where_groups_are_entered_by_clone(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("memory pids\n")
    (tmp_path / "cgroup.subtree_control").write_text("memory pids\n")
    (tmp_path / "cgroup.procs").touch()
    manager = v2.find(tmp_path, "/")
    assert manager.version == 2
    assert newborn.bear(manager) is None
