"""Tests of api.wire.checks: the client reads back what was found."""

from __future__ import annotations

from jupyter_containers.api.wire.checks import check_json, failed_check
from jupyter_containers.build.dockerfile.checks.finding import Finding
from jupyter_containers.build.dockerfile.failures import syntax_error
from jupyter_containers.client.builds import Finding as ReadFinding
from jupyter_containers.engine.builds import Checked


def test_findings_have_their_rule_and_their_lines() -> None:
    found = check_json(Checked("FROM x\n", (Finding("JSONArgsRecommended", "use JSON", (2, 3)),)))
    warning = found["warnings"][0]
    assert found["sources"][0]["data"] == "FROM x\n"
    assert warning["location"]["ranges"][0] == {
        "start": {"line": 2, "character": 0},
        "end": {"line": 3, "character": 0},
    }
    read = ReadFinding.from_wire(warning)
    assert (read.rule, read.text, read.line, read.end_line) == ("JSONArgsRecommended", "use JSON", 2, 3)
    assert read.url == "https://docs.docker.com/go/dockerfile/rule/json-args-recommended/"
    assert "signals" in read.description


def test_what_is_no_dockerfile_says_where() -> None:
    found = failed_check(syntax_error("unknown instruction: X", (4, 4)))
    assert found["warnings"] == []
    assert found["buildError"]["location"]["ranges"][0]["start"]["line"] == 4
    assert "unknown instruction" in found["buildError"]["message"]
    assert "location" not in failed_check(syntax_error("empty", (0, 0)))["buildError"]
