"""The doctor: what is lacking, what it costs, and whether containers can run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jupyter_containers.daemon import doctor
from jupyter_containers.linux.features import Feature

GOOD = Feature("overlay", True, "", "", "")
BAD = Feature("openat2", False, "the kernel is 5.4", "no container starts", "use a kernel of 5.6 or newer")
MINOR = Feature("cgroup_memory", False, "not mounted", "no memory limits", "mount it")


def test_only_what_is_essential_keeps_containers_from_running() -> None:
    assert doctor.lacking([GOOD, BAD, MINOR]) == [BAD]
    assert doctor.lacking([GOOD, MINOR]) == []


def test_the_text_says_what_it_costs_and_how_to_mend_it() -> None:
    text = doctor.as_text([GOOD, BAD, MINOR])
    assert "yes  overlay" in text
    assert "NO   openat2" in text
    assert "no   cgroup_memory" in text
    assert "mend: use a kernel of 5.6 or newer" in text
    assert text.endswith("Containers cannot run here: lacking openat2.")
    assert doctor.as_text([GOOD]).endswith("Containers can run here.")


def test_the_json_tells_the_same() -> None:
    data = json.loads(json.dumps(doctor.as_json([GOOD, MINOR])))
    assert data["canRun"] is True
    assert data["features"][1] == {
        "name": "cgroup_memory", "available": False, "reason": "not mounted", "cost": "no memory limits",
        "remedy": "mount it", "essential": False,
    }  # fmt: skip


def test_this_host_is_examined_and_every_essential_feature_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    code = doctor.main(["--format", "json"])
    data = json.loads(capsys.readouterr().out)
    assert {feature["name"] for feature in data["features"]} >= doctor.ESSENTIAL
    assert code == (0 if data["canRun"] else 1)
    if os.geteuid() != 0:
        assert not data["canRun"]


def test_the_store_is_looked_at_only_when_asked_for(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert doctor.main(["--storage", "--data-root", str(tmp_path)]) == 1
    assert f"there is no store at {tmp_path}" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        doctor.main(["--repair"])
    assert "go together with --storage" in capsys.readouterr().err
