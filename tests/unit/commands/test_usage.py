"""Tests of commands.usage; its numbers are checked in tests/integration/commands/test_looking.py."""

from __future__ import annotations

from jupyter_containers.commands.usage import usages


def test_samples_become_a_table_with_their_names() -> None:
    found = usages({"web": {"pids_stats": {"current": 3}}, "data": {}})
    assert [row[0] for row in found.rows] == ["web", "data"]
    assert found.rows[0][-1] == "3"
    assert found.records[0]["pids"] == 3
    assert len(found.samples) == 2
