"""run and exec: a process in a container, its output as it comes, its exit code."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.client.runs import Outcome
from jupyter_containers.client.values import short_id
from jupyter_containers.commands import (
    carrying,
    changes,
    container_arguments,
    keyboard,
    run_arguments,
    safety,
    terminals,
)
from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.front import Tell
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.pulling import ensure_image
from jupyter_containers.commands.quantities import positive_number
from jupyter_containers.commands.results import Message
from jupyter_containers.commands.run_result import CommandFailed, Interrupted, RunResult
from jupyter_containers.commands.session import MAGIC, Session
from jupyter_containers.commands.terminal_session import TerminalSession
from jupyter_containers.errors import ContainersError, InvalidParameter

Attend = Callable[[Callable[[int, bytes], None]], Outcome]
Deliver = Callable[[bool], None]


class CannotExecute(InvalidParameter):
    """The command is not in the image (exit code 127) or cannot be executed (126)."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message, exit_code=exit_code)


def run(session: Session, options: Namespace) -> RunResult | Message | TerminalSession:
    _check_detached(options, "run")
    settings, stdin = run_arguments.run_settings(
        options, session.body, is_magic=session.is_magic, folder=session.folder
    )
    _check_input(options, stdin, "run")
    options.safe = safety.is_wanted(options)
    settings = session.marked(settings)
    if options.safe:
        settings = safety.hardened(settings)
    if session.is_magic and options.tty:
        terminals.check(session, options, "run")
        ensure_image(session, settings.image, options.pull, options.platform)
        return terminals.open_run(session, replace(settings, init=options.init))
    carrier = carrying.carrier_of(session, options)
    ensure_image(session, settings.image, options.pull, options.platform)
    client = session.client
    if options.detach:
        started = start(session, settings)
        if options.safe and session.is_magic:
            started.lines += tuple(safety.prove(client, started.items[0], settings))
        return started
    if not session.is_magic and (options.tty or options.interactive):
        return keyboard.run(session, settings, terminal=options.tty, stdin=options.interactive)
    result = RunResult(settings.image, run_arguments.shown_command(options, session.body))
    extra: dict[str, Any] = {"timeout_seconds": getattr(options, "timeout", 0.0)}
    if options.safe:
        extra["watch"] = safety.watch(client, result, settings)
    if carrier is not None:
        settings, extra["luggage"] = carrier.into_run(settings), carrier.luggage(session)
    if getattr(options, "changes", False):
        extra["luggage"] = changes.noting(client, result, extra.get("luggage"))
    attend(
        session, result, lambda output: client.runs.run(settings, output, stdin=stdin, **extra),
        _delivery(session, result, carrier),
    )  # fmt: skip
    return judged(session, result, raises=session.is_magic and not options.no_raise_error)


def _check_detached(options: Namespace, word: str) -> None:
    """Read --bg as -d and --name. Raises UsageError for what only a run has that is waited for."""
    if getattr(options, "bg", ""):
        if options.name:
            raise UsageError(f"{word}: --bg {options.bg} and --name {options.name} both name it; leave out --name")
        options.detach, options.name = True, options.bg
    if options.detach and getattr(options, "changes", False):
        raise UsageError(f"{word}: --changes is for a run that is waited for; %container diff NAME tells of the others")
    if options.detach and getattr(options, "timeout", 0.0):
        raise UsageError(f"{word}: --timeout is for what is waited for; leave it out, or -d")


def _check_input(options: Namespace, stdin: bytes | None, word: str) -> None:
    """Raise UsageError for an input that nobody would pass on."""
    if options.detach and stdin is not None:
        raise UsageError(
            f"{word}: -d leaves it alone, so nothing passes the cell's body on to its command; leave out the body or -d"
        )


def start(session: Session, settings: RunSettings) -> Message:
    """Start a container and leave it alone; one that cannot be started is not left behind."""
    client = session.client
    id_ = client.containers.create(settings)
    try:
        client.containers.start(id_)
    except ContainersError as error:
        client.containers.remove(id_, force=True)
        raise _explained(error, settings.command) from error
    if not session.is_magic:
        return Message((id_,), (id_,))
    name = settings.name or client.containers.inspect(id_)["Name"].removeprefix("/")
    ports = ", ".join(map(str, client.containers.list(filters={"id": [id_]})[0].ports)) if settings.ports else ""
    return Message((f"started {name} ({short_id(id_)}){f', {ports}' if ports else ''}",), (name,))


def attend(
    session: Session, result: RunResult, work: Attend, deliver: Deliver | None = None,
    meanwhile: Callable[[Tell], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> None:  # fmt: skip
    """Show a process to its end, and then `deliver` what came out of it, told whether it succeeded.

    `meanwhile` may tell more while it works. Raises Interrupted when the user ended it, and what prevented it.
    """
    result.output.open_lines = session.settings.open_lines
    with session.front.live(result) as tell:
        try:
            with meanwhile(tell):
                outcome = work(lambda stream, content: tell((stream, content)))
            tell(outcome)
            if deliver is not None:
                deliver(outcome.exit_code == 0)
        except ContainersError as error:
            explained = _explained(error, result.command)
            tell(explained)
            raise explained from error
        except KeyboardInterrupt as error:
            tell(error)
            raise Interrupted("stopped before it ended; its container has been removed", result) from None


def _delivery(session: Session, result: RunResult, carrier: carrying.Carrier | None) -> Deliver | None:
    if carrier is None:
        return None
    return lambda succeeded: carrier.deliver(session, result, succeeded=succeeded)


def judged(session: Session, result: RunResult, *, raises: bool) -> RunResult:
    """Return the result of a process that has ended. Raises Interrupted, and with `raises` CommandFailed.

    With `raises` an interrupt is one even if the process took it well: what comes after it shall not run.
    """
    if result.interrupts and (raises or not result):
        signal = "SIGINT" if result.interrupts == 1 else "SIGKILL"
        raise Interrupted(f"{signal} was sent to the process, which ended ({result.state()})", result)
    if raises and not result:
        raise CommandFailed(result)
    return result


def _explained(error: ContainersError, command: tuple[str, ...] | None) -> ContainersError:
    """Return the error of a command that cannot be executed with its exit code, in the words of shells."""
    message = error.message
    if 'exec: "' not in message and "exec format error" not in message:
        return error
    is_missing = "executable file not found" in message or "no such file or directory" in message
    reason = message[message.find('exec: "') :] if 'exec: "' in message else message
    hint = _hint(command or ()) if is_missing else ""
    return CannotExecute(f"cannot run it: {reason.removesuffix(': unknown')}{hint}", 127 if is_missing else 126)


def _hint(command: tuple[str, ...]) -> str:
    if command == ("sh",):
        return "; the image has no shell, so leave the cell's body empty"
    # As with docker, that name ends the options.
    is_option = bool(command) and command[0].startswith("-")
    return "; options stand before the name of the image or container" if is_option else ""


def exec_(session: Session, options: Namespace) -> RunResult | TerminalSession | None:
    _check_detached(options, "exec")
    settings, stdin = run_arguments.exec_settings(options, session.body, session.folder)
    _check_input(options, stdin, "exec")
    if session.is_magic and options.tty:
        terminals.check(session, options, "exec")
        return terminals.open_exec(session, options.container, settings)
    if not settings.command:
        raise UsageError(f"exec: which command in {options.container}? write it behind the name, or a script as body")
    carrier = carrying.carrier_of(session, options, is_exec=True)
    client = session.client
    if options.detach:
        client.execs.start_detached(client.execs.create(options.container, settings))
        return None
    if not session.is_magic and (options.tty or options.interactive):
        return keyboard.run_exec(session, options.container, settings, terminal=options.tty, stdin=options.interactive)
    result = RunResult("", run_arguments.shown_command(options, session.body), where=options.container)
    extra: dict[str, Any] = {"timeout_seconds": getattr(options, "timeout", 0.0)}
    if carrier is not None:
        settings, extra["luggage"] = carrier.into_exec(settings), carrier.luggage(session, is_exec=True)
    attend(
        session, result,
        lambda output: client.runs.run_exec(options.container, settings, output, stdin=stdin, **extra),
        _delivery(session, result, carrier),
    )  # fmt: skip
    return judged(session, result, raises=session.is_magic and not options.no_raise_error)


TIMEOUT = Argument(
    ("--timeout",),
    "kill it after so many seconds (an exec: its process, not what that has begun, and only where the daemon is here)",
    metavar="SECONDS",
    parse=positive_number,
    default=0.0,
    only_in=MAGIC,
    setting="timeout",
)
BACKGROUND = Argument(
    ("--bg",), "call it NAME, start it and return at once: -d --name NAME", metavar="NAME", default="", only_in=MAGIC
)
# A shell takes it.
_INPUT = {"--interactive": "the cell's body is the input, and -it opens a terminal in the cell"}
RUN = Command(
    "run",
    "run a command in a new container",
    run,
    (
        *carrying.VARIABLES,
        *run_arguments.CONTAINER,
        *run_arguments.PROCESS,
        terminals.TERMINAL,
        *run_arguments.LIMITS,
        *container_arguments.FURTHER,
        *safety.SAFE_OR_NOT,
        changes.CHANGES,
        BACKGROUND,
        TIMEOUT,
        run_arguments.NO_RAISE,
        Argument(
            ("image",),
            "the image (host: this machine's own system)",
            metavar="IMAGE",
            completes=Completes.IMAGE,
            setting="image",
        ),
        Argument(("command",), "command and arguments; default is the image's own", Takes.REST, "COMMAND"),
    ),
    details=(
        "In a notebook the container is removed when it ends, unless --name, -d or --keep asks for it to stay. The\n"
        "Interrupt button sends SIGINT to the command, and pressed again SIGKILL. The result has exit_code, stdout,\n"
        "stderr, started, finished, duration, and is true when the exit code is 0; another code raises an error.\n\n"
        + carrying.DETAILS
    ),
    body="a script for the container's sh; with a COMMAND, the command's standard input; empty for the image's command",
    refused={**container_arguments.REFUSED, **_INPUT},
)
EXEC = Command(
    "exec",
    "run a command in a running container",
    exec_,
    (
        *carrying.VARIABLES,
        *run_arguments.PROCESS,
        terminals.TERMINAL,
        container_arguments.ENV_FILE,
        TIMEOUT,
        Argument(("-d", "--detach"), "start it and return at once", Takes.NOTHING),
        run_arguments.NO_RAISE,
        Argument(("container",), "name or id", metavar="CONTAINER", completes=Completes.RUNNING),
        Argument(("command",), "command and arguments", Takes.REST, "COMMAND"),
    ),
    details=carrying.DETAILS,
    body="a script for the container's sh; with a COMMAND, the command's standard input",
    refused={"--detach-keys": container_arguments.REFUSED["--detach-keys"], **_INPUT},
)
