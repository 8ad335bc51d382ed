"""Tests of commands.check_result."""

from __future__ import annotations

from jupyter_containers.client.builds import Finding
from jupyter_containers.commands.check_result import CheckResult

TEXT = "FROM x\nENV a b\nCMD c\nLABEL d=e\nUSER f\n"


def test_nothing_found_is_success() -> None:
    result = CheckResult((), TEXT)
    assert bool(result)
    assert result.text() == "Check complete, no warnings found."


def test_a_finding_is_shown_with_its_lines_and_is_a_failure() -> None:
    result = CheckResult([Finding("Rule", "what is wrong", 3, 3, "what it is about", "https://x")], TEXT, "D")
    assert not result
    assert result.items == ("Rule",)
    assert result.text() == "\n".join([
        "Check complete, 1 warning has been found!", "",
        "WARNING: Rule - https://x", "what it is about", "what is wrong", "D:3", "-" * 20,
        "   1 |     FROM x", "   2 |     ENV a b", "   3 | >>> CMD c", "   4 |     LABEL d=e", "   5 |     USER f",
        "-" * 20,
    ])  # fmt: skip


def test_a_finding_in_a_file_elsewhere_has_no_lines_to_show() -> None:
    findings = [Finding("A", "a", 3, 3), Finding("B", "b", 0, 0)]
    text = CheckResult(findings, "").text()
    assert text == "Check complete, 2 warnings have been found!\n\nWARNING: A\na\n\nWARNING: B\nb"
