"""compose: the commands for a Compose file, as docker compose has them.

What they do is loaded when the first of them is said: the room compose and YAML would double what loading the
extension takes.
"""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_containers.commands import committing, copying, looking, terminals
from jupyter_containers.commands import compose_arguments as arguments
from jupyter_containers.commands.command import Argument, Command, group
from jupyter_containers.commands.results import Message, Result, Table
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.commands.session import Session
from jupyter_containers.commands.terminal_session import TerminalSession
from jupyter_containers.commands.usage import Usages
from jupyter_containers.commands.usage_stream import UsageStream

if TYPE_CHECKING:
    from jupyter_containers.commands.compose_following import ProjectEvents
    from jupyter_containers.commands.compose_looking import ProjectTable, ServiceTable
    from jupyter_containers.commands.compose_output import ProjectLogs
    from jupyter_containers.commands.compose_result import ProjectResult


def up(session: Session, options: Namespace) -> ProjectResult | Message:
    from jupyter_containers.commands import compose_up

    return compose_up.up(session, options)


def create(session: Session, options: Namespace) -> ProjectResult | Message:
    from jupyter_containers.commands import compose_up

    return compose_up.create(session, options)


def scale(session: Session, options: Namespace) -> ProjectResult | Message:
    from jupyter_containers.commands import compose_up

    return compose_up.scale(session, options)


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


def images(session: Session, options: Namespace) -> Table | Message:
    from jupyter_containers.commands import compose_details

    return compose_details.images(session, options)


def port(session: Session, options: Namespace) -> Message:
    from jupyter_containers.commands import compose_details

    return compose_details.port(session, options)


def volumes(session: Session, options: Namespace) -> Table | Message:
    from jupyter_containers.commands import compose_details

    return compose_details.volumes(session, options)


def version(session: Session, options: Namespace) -> Message:
    from jupyter_containers.commands import compose_details

    return compose_details.version(session, options)


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


def push(session: Session, options: Namespace) -> Message:
    from jupyter_containers.commands import compose_images

    return compose_images.push(session, options)


def watch(session: Session, options: Namespace) -> ProjectResult:
    from jupyter_containers.commands import compose_watch

    return compose_watch.watch(session, options)


def copy(session: Session, options: Namespace) -> Message:
    from jupyter_containers.commands import compose_inside

    return compose_inside.copy(session, options)


def export(session: Session, options: Namespace) -> Message:
    from jupyter_containers.commands import compose_inside

    return compose_inside.export(session, options)


def commit(session: Session, options: Namespace) -> Message:
    from jupyter_containers.commands import compose_inside

    return compose_inside.commit(session, options)


def attach(session: Session, options: Namespace) -> Result:
    from jupyter_containers.commands import compose_inside

    return compose_inside.attach(session, options)


def events(session: Session, options: Namespace) -> ProjectEvents:
    from jupyter_containers.commands import compose_following

    return compose_following.events(session, options)


def wait(session: Session, options: Namespace) -> Message:
    from jupyter_containers.commands import compose_following

    return compose_following.wait(session, options)


def stats(session: Session, options: Namespace) -> Usages | UsageStream:
    from jupyter_containers.commands import compose_following

    return compose_following.stats(session, options)


_UP_DETAILS = (
    "Containers that are as the file says stay as they are; only what has changed is made anew. The Interrupt\n"
    "button stops all services, and pressed again kills them. The result has containers, stdout, stderr and done."
)
_WATCH_DETAILS = (
    "sync copies what changes into the containers, rebuild makes image and containers anew; restart, sync+restart and\n"
    "sync+exec do what they say. What .dockerignore and ignore: leave out is not watched. It goes on until you\n"
    "interrupt it; the services run on then."
)
_SCRIPT = "a script for the container's sh; with a COMMAND, the command's standard input"


def _verb(name: str, summary: str, action: object, own: tuple[Argument, ...], **more: object) -> Command:
    # Every verb takes the options that name a project; the cell's body is its file unless it is said otherwise.
    given = {"body": arguments.BODY, **more}
    known = {name for argument in own for name in argument.names}
    reasons = {**arguments.REFUSED[""], **arguments.REFUSED.get(name, {}), **given.get("refused", {})}  # type: ignore[dict-item]
    refused = given["refused"] = {name: reason for name, reason in reasons.items() if name not in known}
    # A short name that the verb has itself in docker compose, such as run's -p, is the verb's.
    taken = known | refused.keys()
    named = (replace(one, names=tuple(name for name in one.names if name not in taken)) for one in arguments.NAMED)
    return Command(name, summary, action, (*named, *own), **given)  # type: ignore[arg-type]


_S, _T = (arguments.SERVICES,), (arguments.TIMEOUT, arguments.SERVICES)
COMPOSE = group(
    "compose",
    "the services of a Compose file, together",
    _verb("up", "make and start the services of a file, and follow them until they end", up, arguments.UP,
          details=_UP_DETAILS),
    _verb("create", "make the containers of a file, and start none", create, arguments.CREATE),
    _verb("scale", "run so many containers of services", scale, arguments.SCALE),
    _verb("down", "stop and remove the containers and networks of a project", down, arguments.DOWN),
    _verb("ps", "list the containers of a project", ps, arguments.PS),
    _verb("logs", "show what the containers of a project wrote", logs, arguments.LOGS),
    _verb("exec", "run a command in a service's container", exec_, arguments.EXEC, body=_SCRIPT),
    _verb("run", "run a command in one more container of a service", run_, arguments.RUN, body=_SCRIPT),
    _verb("config", "show the file in long form, with its variables replaced", config, arguments.CONFIG,
          aliases=("convert",)),
    _verb("build", "build the images of services", build, arguments.BUILD),
    _verb("pull", "fetch the images of services", pull, arguments.PULL),
    _verb("push", "send the images that services build to their registries", push, arguments.PUSH),
    _verb("start", "start containers that are there", start, _S),
    _verb("stop", "stop containers, and keep them", stop, _T),
    _verb("restart", "restart containers", restart, (arguments.NO_DEPS, *_T)),
    _verb("rm", "remove containers that have ended", remove, arguments.REMOVE),
    _verb("kill", "send a signal to containers", kill, arguments.KILL),
    _verb("pause", "freeze containers", pause, _S),
    _verb("unpause", "let frozen containers go on", unpause, _S),
    _verb("top", "list the processes in containers", top, _S),
    _verb("images", "list the images of a project's containers", images, arguments.IMAGES),
    _verb("volumes", "list the volumes of a project", volumes, arguments.VOLUMES),
    _verb("port", "tell where a port of a service is published", port, arguments.PORT),
    _verb("watch", "bring services up, and keep them as their files are: develop.watch", watch, arguments.WATCH,
          details=_WATCH_DETAILS),
    _verb("attach", "go to the terminal of a service's container", attach, arguments.ATTACH,
          refused=terminals.ATTACH.refused),
    _verb("cp", "copy files into the containers of a service, or out of one", copy, arguments.CP,
          refused=copying.CP.refused),
    _verb("export", "write the files of a service's container into a tar", export, arguments.EXPORT),
    _verb("commit", "make an image of what a service's container has changed", commit, arguments.COMMIT,
          refused=committing.COMMIT.refused),
    _verb("events", "show what happens to containers, until --until or you interrupt", events, arguments.EVENTS),
    _verb("wait", "wait until containers have ended, and tell their exit codes", wait, arguments.WAIT),
    _verb("stats", "show what containers use: processor, memory, network, disk", stats, arguments.STATS,
          refused=looking.STATS.refused),
    Command("ls", "list projects", ls, arguments.LIST, refused=arguments.REFUSED["ls"]),
    Command("version", "tell which Compose this is", version, arguments.VERSION),
    leading=arguments.LEADING,
)  # fmt: skip
