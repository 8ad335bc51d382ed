"""The JSON of build checks, in the shape that `docker buildx build --call=check,format=json` prints."""

from __future__ import annotations

from typing import Any

from jupyter_containers.build.dockerfile.checks.finding import Finding
from jupyter_containers.build.dockerfile.checks.rules import DESCRIPTIONS, url_of
from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.engine.builds import Checked


def check_json(checked: Checked) -> dict[str, Any]:
    """Return the findings, and the Dockerfile that their ranges are about."""
    source = {"filename": "Dockerfile", "language": "Dockerfile", "data": checked.dockerfile}
    return {"warnings": [_warning(finding) for finding in checked.findings], "sources": [source]}


def failed_check(error: DockerfileError) -> dict[str, Any]:
    """Return why there is nothing to check."""
    lines = (int(error.details.get("line", 0)), int(error.details.get("end_line", 0)))
    failure = {"message": error.message, **({"location": _location(lines)} if lines[0] else {})}
    return {"warnings": [], "sources": [], "buildError": failure}


def _warning(finding: Finding) -> dict[str, Any]:
    return {
        "ruleName": finding.rule,
        "description": DESCRIPTIONS[finding.rule],
        "url": url_of(finding.rule),
        "detail": finding.text,
        "location": _location(finding.lines),
    }


def _location(lines: tuple[int, int]) -> dict[str, Any]:
    first, last = lines
    return {
        "sourceIndex": 0,
        "ranges": [{"start": {"line": first, "character": 0}, "end": {"line": last, "character": 0}}],
    }
