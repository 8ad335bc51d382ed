"""Tests of daemon.storage.finding."""

from __future__ import annotations

from jupyter_containers.daemon.storage.finding import Finding, Outcome


def test_a_finding_is_not_mended_by_being_found() -> None:
    outcome = Outcome(Finding("blob", "x", "is short", "remove it"))
    assert (outcome.mended, outcome.failure, outcome.finding.mend) == (False, "", None)
