"""Rows of failed steps."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.failed_steps import FailedStepEntry, FailedSteps


def test_steps_come_back_the_newest_first_and_go_once(tmp_path: Path) -> None:
    database = Database(tmp_path / "metadata.db")
    steps = FailedSteps(database)
    steps.put("a", 1.0, {"n": 1})
    steps.put("b", 2.0, {"n": 2})
    steps.put("a", 1.0, {"n": 3})
    assert steps.all() == [FailedStepEntry("b", 2.0, {"n": 2}), FailedStepEntry("a", 1.0, {"n": 3})]
    steps.remove("b")
    steps.remove("b")
    assert [entry.id for entry in steps.all()] == ["a"]
    database.close()
