"""The result of build --check: what was found in a Dockerfile, with the lines, as docker prints it."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_containers.client.builds import Finding
from jupyter_containers.commands.results import Message

_AROUND = 2
_RULER = "-" * 20


class CheckResult(Message):
    """False when something was found, so that a shell sees exit code 1. `findings` are for programs."""

    def __init__(self, findings: Sequence[Finding], dockerfile: str, name: str = "Dockerfile") -> None:
        self.findings = tuple(findings)
        count = len(self.findings)
        headline = "Check complete, no warnings found."
        if count:
            headline = f"Check complete, {count} warning{'s have' if count > 1 else ' has'} been found!"
        lines = [headline]
        for finding in self.findings:
            lines += ["", *_shown(finding, dockerfile.splitlines(), name)]
        super().__init__(tuple(lines), tuple(finding.rule for finding in self.findings))

    def __bool__(self) -> bool:
        return not self.findings


def _shown(finding: Finding, source: Sequence[str], name: str) -> list[str]:
    lines = [f"WARNING: {finding.rule}{f' - {finding.url}' if finding.url else ''}"]
    lines += [finding.description] if finding.description else []
    lines += [finding.text] if finding.text else []
    if not finding.line or not source:
        return lines
    lines += [f"{name}:{finding.line}", _RULER]
    for number, text in enumerate(source, 1):
        if finding.line - _AROUND <= number <= finding.end_line + _AROUND:
            mark = ">>>" if finding.line <= number <= finding.end_line else "   "
            lines.append(f"{number:4} | {mark} {text}".rstrip())
    return [*lines, _RULER]
