from __future__ import annotations

import json
from pathlib import Path

from jupyter_containers.cgroups import manager
from jupyter_containers.cgroups.absent import AbsentManager
from jupyter_containers.cgroups.manager import BlockTransfer, Usage
from jupyter_containers.cgroups.v1 import LegacyManager
from jupyter_containers.cgroups.v2 import UnifiedManager


def hierarchy(place: Path) -> None:
    place.mkdir(parents=True)
    (place / "cgroup.procs").write_text("")


def test_a_unified_root_is_version_2(tmp_path: Path) -> None:
    for name in ("cgroup.controllers", "cgroup.procs", "cgroup.subtree_control"):
        (tmp_path / name).write_text("cpu memory\n")
    chosen = manager.choose(tmp_path)
    assert isinstance(chosen, UnifiedManager)
    assert chosen.version == 2


def test_hierarchies_beside_each_other_are_version_1(tmp_path: Path) -> None:
    hierarchy(tmp_path / "memory")
    hierarchy(tmp_path / "cpu,cpuacct")
    (tmp_path / "unified").mkdir()
    (tmp_path / "unified" / "cgroup.controllers").write_text("")
    chosen = manager.choose(tmp_path)
    assert isinstance(chosen, LegacyManager)
    assert chosen.version == 1


def test_nothing_mounted_is_absent_with_the_place(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "missing"):
        chosen = manager.choose(place)
        assert isinstance(chosen, AbsentManager)
        assert chosen.version == 0
        assert str(place) in chosen.reason


def test_usage_survives_json() -> None:
    usage = Usage(
        cpu_total_ns=5,
        per_cpu_ns=(2, 3),
        memory_stat={"cache": 1},
        blkio=(BlockTransfer(8, 0, "Read", 4096, 1),),
        pids=1,
    )
    assert Usage.from_json(json.loads(json.dumps(usage.to_json()))) == usage
