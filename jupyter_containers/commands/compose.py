"""compose: the commands for a Compose file, as docker compose has them.

What they do is loaded when the first of them is said: the room compose and YAML would double what loading the
extension takes.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING

from jupyter_containers.commands import compose_arguments as arguments
from jupyter_containers.commands.command import Argument, Command, group
from jupyter_containers.commands.results import Message, Table
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.commands.session import Session
from jupyter_containers.commands.terminal_session import TerminalSession

if TYPE_CHECKING:
    from jupyter_containers.commands.compose_looking import ProjectTable, ServiceTable
    from jupyter_containers.commands.compose_output import ProjectLogs
    from jupyter_containers.commands.compose_result import ProjectResult


def up(session: Session, options: Namespace) -> ProjectResult | Message:
    from jupyter_containers.commands import compose_up

    return compose_up.up(session, options)


def down(session: Session, options: Namespace) -> ProjectResult | Message:
    from jupyter_containers.commands import compose_life

    return compose_life.down(session, options)


def stop(session: Session, options: Namespace) -> ProjectResult:
    from jupyter_containers.commands import compose_life

    return compose_life.stop(session, options)


def start(session: Session, options: Namespace) -> Message:
    from jupyter_containers.commands import compose_life

    return compose_life.start(session, options)


def restart(session: Session, options: Namespace) -> Message:
    from jupyter_containers.commands import compose_life

    return compose_life.restart(session, options)


def remove(session: Session, options: Namespace) -> ProjectResult:
    from jupyter_containers.commands import compose_life

    return compose_life.remove(session, options)


def kill(session: Session, options: Namespace) -> Message:
    from jupyter_containers.commands import compose_life

    return compose_life.kill(session, options)


def pause(session: Session, options: Namespace) -> Message:
    from jupyter_containers.commands import compose_life

    return compose_life.pause(session, options)


def unpause(session: Session, options: Namespace) -> Message:
    from jupyter_containers.commands import compose_life

    return compose_life.unpause(session, options)


def ps(session: Session, options: Namespace) -> ServiceTable | Message:
    from jupyter_containers.commands import compose_looking

    return compose_looking.ps(session, options)


def logs(session: Session, options: Namespace) -> ProjectLogs:
    from jupyter_containers.commands import compose_looking

    return compose_looking.logs(session, options)


def top(session: Session, options: Namespace) -> Table:
    from jupyter_containers.commands import compose_looking

    return compose_looking.top(session, options)


def ls(session: Session, options: Namespace) -> ProjectTable | Message:
    from jupyter_containers.commands import compose_looking

    return compose_looking.ls(session, options)


def config(session: Session, options: Namespace) -> Message:
    from jupyter_containers.commands import compose_looking

    return compose_looking.config(session, options)


def exec_(session: Session, options: Namespace) -> RunResult | TerminalSession | None:
    from jupyter_containers.commands import compose_process

    return compose_process.exec_(session, options)


def run_(session: Session, options: Namespace) -> RunResult:
    from jupyter_containers.commands import compose_process

    return compose_process.run_(session, options)


def build(session: Session, options: Namespace) -> Message:
    from jupyter_containers.commands import compose_images

    return compose_images.build(session, options)


def pull(session: Session, options: Namespace) -> Message:
    from jupyter_containers.commands import compose_images

    return compose_images.pull(session, options)


_UP_DETAILS = (
    "Containers that are as the file says stay as they are; only what has changed is made anew. The Interrupt\n"
    "button stops all services, and pressed again kills them. The result has containers, stdout, stderr and done."
)
_NO_WATCH = "nothing here watches files"
_UP_REFUSED: Mapping[str, str] = {
    "--watch": _NO_WATCH, "-w": _NO_WATCH, "--menu": "there is no menu", "--always-recreate-deps": "name them",
}  # fmt: skip
_SCRIPT = "a script for the container's sh; with a COMMAND, the command's standard input"


def _verb(name: str, summary: str, action: object, own: tuple[Argument, ...], **more: object) -> Command:
    # Every verb takes the options that name a project; the cell's body is its file unless it is said otherwise.
    given = {"body": arguments.BODY, **more}
    return Command(name, summary, action, (*arguments.NAMED, *own), **given)  # type: ignore[arg-type]


_S, _T = (arguments.SERVICES,), (arguments.TIMEOUT, arguments.SERVICES)
COMPOSE = group(
    "compose",
    "the services of a Compose file, together",
    _verb("up", "make and start the services of a file, and follow them until they end", up, arguments.UP,
          details=_UP_DETAILS, refused=_UP_REFUSED),
    _verb("down", "stop and remove the containers and networks of a project", down, arguments.DOWN),
    _verb("ps", "list the containers of a project", ps, arguments.PS),
    _verb("logs", "show what the containers of a project wrote", logs, arguments.LOGS),
    _verb("exec", "run a command in a service's container", exec_, arguments.EXEC, body=_SCRIPT),
    _verb("run", "run a command in one more container of a service", run_, arguments.RUN, body=_SCRIPT),
    _verb("config", "show the file in long form, with its variables replaced", config, arguments.CONFIG,
          aliases=("convert",)),
    _verb("build", "build the images of services", build, arguments.BUILD),
    _verb("pull", "fetch the images of services", pull, arguments.PULL),
    _verb("start", "start containers that are there", start, _S),
    _verb("stop", "stop containers, and keep them", stop, _T),
    _verb("restart", "restart containers", restart, (arguments.NO_DEPS, *_T)),
    _verb("rm", "remove containers that have ended", remove, arguments.REMOVE),
    _verb("kill", "send a signal to containers", kill, arguments.KILL),
    _verb("pause", "freeze containers", pause, _S),
    _verb("unpause", "let frozen containers go on", unpause, _S),
    _verb("top", "list the processes in containers", top, _S),
    Command("ls", "list projects", ls, arguments.LIST),
    leading=arguments.LEADING,
)  # fmt: skip
