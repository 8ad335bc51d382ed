"""attach, and what -it means in a notebook: a terminal in the cell, or this terminal's keyboard where there is one."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace

from jupyter_containers.client import Client
from jupyter_containers.client.run_settings import ExecSettings, RunSettings
from jupyter_containers.commands import keyboard
from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.front import TerminalFront
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Result
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.commands.session import MAGIC, Session
from jupyter_containers.commands.terminal_session import TerminalSession
from jupyter_containers.commands.terminal_ways import SHELL, AttachWay, ExecWay, RunWay

TERMINAL = Argument(
    ("-it", "-ti", "-t", "--tty"), "open a terminal in the cell (Ctrl+Shift+Escape leaves it for the page)",
    Takes.NOTHING, only_in=MAGIC,
)  # fmt: skip
# What a terminal does not go together with: the option's name in the namespace, and what people write.
_REFUSED = {
    "detach": "-d", "timeout": "--timeout", "changes": "--changes", "no_raise_error": "--no-raise-error",
    "input": "-i", "output": "-o",
}  # fmt: skip


def opens_panels(session: Session) -> bool:
    """Tell whether terminals open in cells; where there is a keyboard, it is used. Raises UsageError without either."""
    is_cell = session.is_magic and not isinstance(session.front, TerminalFront)
    if is_cell and not session.front.is_attended:
        raise UsageError(
            "a terminal opens in a cell of a notebook in a browser, and nobody is there who could type into it; "
            "leave out -t, or do it in a shell: python -m jupyter_containers exec -it CONTAINER sh"
        )
    return is_cell


def check(session: Session, options: Namespace, word: str) -> None:
    """Raise UsageError for what a terminal cannot have."""
    if session.body.strip():
        raise UsageError(f"{word} -it opens a terminal, which takes no script; leave the cell's body empty")
    for name, shown in _REFUSED.items():
        if getattr(options, name, None):
            raise UsageError(f"{word} -it opens a terminal, which does not go with {shown}; leave one of them out")


def open_exec(session: Session, container: str, settings: ExecSettings) -> RunResult | TerminalSession:
    """Open a terminal for one more process in a container; without a command for a shell. Raises NotFound, Conflict."""
    settings = replace(settings, command=settings.command or SHELL)
    if not opens_panels(session):
        return keyboard.run_exec(session, container, settings, terminal=True, stdin=True)
    # What is wrong with the name is said now, not in the terminal.
    session.client.containers.inspect(container)
    return TerminalSession(ExecWay(container, settings), connector(session))


def open_run(session: Session, settings: RunSettings, *, where: str = "") -> RunResult | TerminalSession:
    """Open a terminal for a container of its own."""
    if not opens_panels(session):
        return keyboard.run(session, settings, terminal=True, stdin=True)
    return TerminalSession(RunWay(where or settings.image, settings), connector(session))


def attach(session: Session, options: Namespace) -> Result:
    """Open a terminal on the process of a container. Raises NotFound, UsageError for one that does not run."""
    found = session.client.containers.inspect(options.container)
    if not found["State"]["Running"]:
        raise UsageError(f"attach: {options.container} does not run; start it, or read its logs")
    has_terminal, takes_input = bool(found["Config"]["Tty"]), bool(found["Config"]["OpenStdin"])
    if opens_panels(session):
        return TerminalSession(AttachWay(options.container, has_terminal, takes_input), connector(session))
    watches, keys = getattr(options, "no_stdin", False), getattr(options, "detach_keys", "")
    stdin = takes_input and not watches
    return keyboard.attach(session, options.container, terminal=has_terminal, stdin=stdin, detach_keys=keys)


def connector(session: Session) -> Callable[[], Client]:
    """Return what makes a connection to the daemon that is used now, beside the one that cells use."""
    address = session.client.address
    return lambda: Client(address)


ATTACH = Command(
    "attach",
    "go to the terminal of a container",
    attach,
    (
        Argument(
            ("--detach-keys",),
            "other keys that leave it alone, such as ctrl-x,x",
            metavar="KEYS",
            default="",
            only_in="shell",
        ),
        Argument(("--no-stdin",), "only watch", Takes.NOTHING, only_in="shell"),
        Argument(("container",), "name or id", metavar="CONTAINER", completes=Completes.RUNNING),
    ),
    refused={"--sig-proxy": "keys go to the process, and signals stay here"},
    details=(
        "In a notebook it opens in the cell, and its Close button leaves the container alone.\n"
        "Ctrl-P Ctrl-Q leaves it, too. What the container wrote before is in its logs."
    ),
)
