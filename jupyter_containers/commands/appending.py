"""debug --append: what helped in a failed step becomes a RUN before it, in a cell that is ready to be run."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, field

from jupyter_containers.client.failed_steps import FailedStep
from jupyter_containers.client.values import short_id
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Message
from jupyter_containers.commands.session import Session

_END = "FIX"


@dataclass
class Repairs:
    """What a notebook remembers of builds that failed: their cells, and what was tried there and went well."""

    cells: dict[str, tuple[str, str]] = field(default_factory=dict)
    tried: dict[str, list[str]] = field(default_factory=dict)

    def remember(self, step_id: str, line: str, dockerfile: str) -> None:
        """Keep the cell of a failed build: the line of its magic, and the Dockerfile below it."""
        self.cells[step_id] = (line, dockerfile)

    def note(self, step_id: str, script: str) -> None:
        """Keep what went well in a failed step; the same again is kept once."""
        scripts = self.tried.setdefault(step_id, [])
        if script.strip() and script not in scripts:
            scripts.append(script)


def append(session: Session, options: Namespace, step: FailedStep) -> Message:
    """Propose a cell with the commands as RUN before the failed step. Raises UsageError when there are none."""
    repairs = session.repairs
    scripts = [*(repairs.tried.get(step.id, ()) if options.append_tried else ()), *options.append]
    if not scripts:
        raise UsageError(
            f"debug: nothing has been tried in {short_id(step.id)} that went well; give the command: --append COMMAND"
        )
    runs = [run for script in scripts for run in as_run(script)]
    line, dockerfile = repairs.cells.get(step.id, ("", ""))
    if not dockerfile:
        place = f"{step.file or 'Dockerfile'}, before line {step.line}"
        return Message((f"put into {place}:", *runs), tuple(runs))
    changed = inserted(dockerfile, step.line, runs)
    if session.propose is None:
        return Message((changed,), tuple(runs))
    session.propose(f"%%container {line}\n{changed}")
    return Message((f"the cell below builds it with {len(scripts)} more RUN before line {step.line}",), tuple(runs))


def as_run(script: str) -> list[str]:
    """Return a script as the lines of a RUN: a document of several lines is one that ends where it fails."""
    lines = script.strip("\n").splitlines()
    if len(lines) == 1:
        return [f"RUN {lines[0].strip()}"]
    end = _END
    while end in lines:
        end += "_"
    return [f"RUN <<{end}", "set -e", *lines, end]


def inserted(dockerfile: str, line: int, runs: Sequence[str]) -> str:
    """Return a Dockerfile with lines before one of its lines, which count from 1."""
    lines = dockerfile.split("\n")
    place = min(max(line - 1, 0), len(lines))
    return "\n".join([*lines[:place], *runs, *lines[place:]])
