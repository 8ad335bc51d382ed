"""debug: a RUN that failed is a place: look at it, run a script there, or open a shell."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from jupyter_containers.client import Client
from jupyter_containers.client.failed_steps import LAST, FailedStep
from jupyter_containers.client.run_settings import RunSettings, absolute_source
from jupyter_containers.client.values import short_id
from jupyter_containers.commands import appending, keyboard, run_arguments, terminals
from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.quantities import ago, size_text
from jupyter_containers.commands.results import Json, Message, Result, Table
from jupyter_containers.commands.run import attend, judged, start
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.commands.session import Session
from jupyter_containers.commands.terminal_session import TerminalSession
from jupyter_containers.commands.terminal_ways import RunWay

_TITLES = ("STEP", "IMAGE TO BE", "WHERE", "INSTRUCTION", "EXIT", "CREATED", "SIZE")
_WIDTH = 40


class FailedPlace(TerminalSession):
    """A failed step that is kept, and how to go on there: also in a terminal. `step` has all that is known of it."""

    kind: ClassVar[str] = "failed-step"

    def __init__(self, step: FailedStep, way: RunWay, connect: Callable[[], Client]) -> None:
        self.step = step
        super().__init__(way, connect, preface=self._facts())

    def _facts(self) -> str:
        step = self.step
        lines = [f"failed step {short_id(step.id)}: exit code {step.exit_code}, {ago(step.created_at)}", _where(step)]
        lines += [f"  | {line}" for line in step.output]
        lines += [f"in {step.workdir}, as {step.user or 'root'}, with {' '.join(step.shell)}"]
        lines += step.missing
        return "\n".join([*lines, "", *self._ways()])

    def _ways(self) -> list[str]:
        words = f"debug {short_id(self.step.id)}"
        return [
            f"%%container {words}   with a script as the cell's body runs it there, each time anew",
            f"%container {words} COMMAND   runs one command",
            f"%container debug -it {short_id(self.step.id)}   opens a shell there in the cell",
            "%container debug --append COMMAND   puts a RUN before the step, in a cell that builds it again",
            f"jupyter containers {words}   in a terminal opens a shell there",
        ]

    def summary(self) -> str:
        return self._facts().partition("\n")[0] if self.started is None else super().summary()

    def data(self) -> Json:
        step = self.step
        return super().data() | {
            "id": step.id, "names": list(step.names), "created": step.created_at.isoformat(), "file": step.file,
            "line": step.line, "endLine": step.end_line, "instruction": step.instruction, "exitCode": step.exit_code,
            "output": list(step.output), "shell": list(step.shell), "environment": list(step.environment),
            "workdir": step.workdir, "user": step.user, "missing": list(step.missing), "ways": self._ways(),
        }  # fmt: skip


def debug(session: Session, options: Namespace) -> Result:
    steps = session.client.failed_steps
    if options.list:
        return _table(steps.list())
    step = steps.find(options.step)
    if options.forget:
        steps.remove(step.id)
        return Message((f"forgot the failed step {short_id(step.id)}",), (step.id,))
    if options.append or options.append_tried:
        return appending.append(session, options, step)
    command, stdin = _process(session, options, step)
    if session.is_magic and (options.tty or (command is None and not options.detach)):
        return _terminal(session, options, step, command)
    for sentence in step.missing:
        session.front.note(sentence)
    settings = _settings(session, options, step, command)
    if options.detach:
        return start(session, settings)
    shown = command or step.shell[:1]
    if not session.is_magic and (options.tty or options.interactive or command is None):
        has_terminal = options.tty or (command is None and sys.stdin.isatty())
        return keyboard.run(session, settings, terminal=has_terminal, stdin=options.interactive or command is None)
    result = RunResult("", ("sh",) if session.body.strip() else shown, where=f"failed step {short_id(step.id)}")
    attend(session, result, lambda output: session.client.runs.run(settings, output, stdin=stdin))
    judged(session, result, raises=session.is_magic and not options.no_raise_error)
    if result and not stdin:
        session.repairs.note(step.id, session.body or shlex.join(options.command))
    return result


def _terminal(session: Session, options: Namespace, step: FailedStep, command: tuple[str, ...] | None) -> Result:
    """Open a terminal at a step with -it; without it show the step, with a terminal that a button opens."""
    settings = replace(_settings(session, options, step, command), init=False)
    where = f"failed step {short_id(step.id)}"
    if options.tty:
        terminals.check(session, options, "debug")
        for sentence in step.missing:
            session.front.note(sentence)
        return terminals.open_run(session, settings, where=where)
    return FailedPlace(step, RunWay(where, settings), terminals.connector(session))


def _process(session: Session, options: Namespace, step: FailedStep) -> tuple[tuple[str, ...] | None, bytes | None]:
    """Return the command, None for the step's own shell, and its input."""
    command, script = tuple(options.command) or None, session.body.encode()
    if not session.body.strip():
        return command, None
    if command is not None:
        return command, script
    if len(script) < run_arguments.SCRIPT_BYTES:
        return (*step.shell, session.body), None
    return step.shell[:1], script


def _settings(
    session: Session, options: Namespace, step: FailedStep, command: tuple[str, ...] | None
) -> RunSettings:  # fmt: skip
    stays = bool(options.name) or options.detach or options.keep
    reads = bool(session.body.strip()) and bool(options.command)
    waits = options.detach and command is None
    settings = RunSettings(
        "",
        failed_step=step.id,
        command=command,
        name=options.name,
        environment=run_arguments.with_values(options.env),
        volumes=tuple(absolute_source(volume, session.folder) for volume in options.volume),
        workdir=options.workdir,
        user=options.user,
        network=options.network,
        privileged=options.privileged,
        init=session.is_magic,
        # A shell without a terminal would find its input closed, and end.
        terminal=waits,
        stdin=waits or reads,
        attached=not options.detach,
        auto_remove=not stays,
    )
    return session.marked(settings)


def _where(step: FailedStep) -> str:
    lines = f"line {step.line}" if step.line == step.end_line else f"lines {step.line} to {step.end_line}"
    names = f" of {', '.join(step.names)}" if step.names else ""
    return f"{step.file or 'Dockerfile'}{names}, {lines}: {step.instruction}"


def _table(steps: list[FailedStep]) -> Table:
    rows = tuple(
        (
            short_id(step.id), ", ".join(step.names), f"{step.file}:{step.line}", _shortened(step.instruction),
            str(step.exit_code), ago(step.created_at), size_text(step.size),
        )
        for step in steps
    )  # fmt: skip
    return Table("failed steps", _TITLES, rows, steps)


def _shortened(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


DEBUG = Command(
    "debug",
    "go on in the step of a build that failed",
    debug,
    (
        *run_arguments.PROCESS,
        terminals.TERMINAL,
        Argument(("--name",), "name of the container, which then stays", metavar="NAME", default=""),
        Argument(("-v", "--volume"), "mount a folder or a volume inside", Takes.EACH, "SOURCE:PATH[:ro]"),
        Argument(
            ("--network", "--net"),
            "another network than the step had",
            metavar="NETWORK",
            default="",
            completes=Completes.NETWORK,
        ),
        Argument(("-d", "--detach"), "start a container there and return at once; exec works in it", Takes.NOTHING),
        Argument(("--keep",), "do not remove the container when it ends", Takes.NOTHING),
        Argument(("--list",), "list the failed steps that are kept", Takes.NOTHING),
        Argument(
            ("--append",),
            "put this before the step as RUN, in a cell that builds it again (repeatable)",
            Takes.EACH,
            "COMMAND",
        ),
        Argument(("--append-tried",), "the same with what was run here and went well", Takes.NOTHING),
        Argument(("--forget",), "let go of the step", Takes.NOTHING),
        run_arguments.NO_RAISE,
        Argument(
            ("step",),
            "the id of a failed step or its beginning, the name of the image to be, or last (default)",
            Takes.OPTIONAL,
            "STEP",
            default=LAST,
            completes=Completes.STEP,
        ),
        Argument(("command",), "run this there instead of the step's shell", Takes.REST, "COMMAND"),
    ),
    details=(
        "A RUN that fails is kept as it left its files: the last ten, for a week. Each container there begins\n"
        "with them, and with the step's environment, working folder, user, network and mounts; secrets and agents\n"
        "are kept nowhere. A container that has no shell is not what this is for."
    ),
    body="a script for the step's shell; with a COMMAND, the command's standard input",
)
