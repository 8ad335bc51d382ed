"""Tests of cgroups.totals, on files as kernels write them."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.cgroups.totals import Totals, total


def test_both_kinds_of_groups_give_the_same_numbers(tmp_path: Path) -> None:
    (tmp_path / "cpu.stat").write_text("usage_usec 5\nuser_usec 3\n")
    (tmp_path / "memory.peak").write_text("1000\n")
    assert total({"unified": str(tmp_path)}) == Totals(5000, 1000)
    (tmp_path / "cpuacct.usage").write_text("5000\n")
    (tmp_path / "memory.max_usage_in_bytes").write_text("1000\n")
    assert total({"cpuacct": str(tmp_path), "memory": str(tmp_path)}) == Totals(5000, 1000)


def test_what_nobody_counts_is_none(tmp_path: Path) -> None:
    assert total({}) == total({"unified": str(tmp_path)}) == Totals()
    (tmp_path / "cpu.stat").write_text("usage_usec 5\n")
    assert total({"unified": str(tmp_path)}) == Totals(5000, None)
