"""ps, logs, start, stop, kill, rm: containers that are there."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from jupyter_containers.client import Client, autostart
from jupyter_containers.client.values import ContainerSummary, short_id
from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.output import Output, plain
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.quantities import ago, size_text, timestamp
from jupyter_containers.commands.results import Json, LiveResult, Message, Panel, Said, Table
from jupyter_containers.commands.session import MAGIC, Session
from jupyter_containers.errors import ContainersError, InvalidParameter

_TITLES = ("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES")
_COMMAND_WIDTH = 20


class ContainerTable(Table):
    kind: ClassVar[str] = "containers"


class Logs(LiveResult):
    """The output kept of a container."""

    kind: ClassVar[str] = "logs"

    def __init__(self, container: str) -> None:
        self.container = container
        self.output = Output()

    @property
    def stdout(self) -> str:
        return self.output.stdout

    @property
    def stderr(self) -> str:
        return self.output.stderr

    def apply(self, event: object) -> Iterable[Said]:
        if isinstance(event, tuple):
            stream, content = event
            return ((stream, self.output.add(stream, content)),)
        return ()

    def text(self) -> str:
        return plain(self.output.last()).removesuffix("\n")

    def summary(self) -> str:
        return f"{self.output.lines} lines of {self.container}"

    def data(self) -> Json:
        return {
            "container": self.container,
            "output": [{"stream": stream, "text": text} for stream, text in self.output.last()],
            "linesInAll": self.output.lines,
        }


class LogPanel(Panel):
    """The logs of a container in a view that follows them. `logs` are those that have come."""

    kind: ClassVar[str] = "log-view"

    def __init__(
        self, client: Client, container: str, logs: Logs, folder: Path, *, tail: str = "all", since: str = ""
    ) -> None:
        """`folder` is where the logs are saved, when somebody wants that."""
        self.client, self.container, self.logs, self.folder = client, container, logs, folder
        self.tail, self.since = tail, since

    @property
    def output(self) -> Output:
        return self.logs.output

    def text(self) -> str:
        return self.logs.text()

    def data(self) -> Json:
        return self.logs.data()

    def summary(self) -> str:
        return self.logs.summary()


def ps(session: Session, options: Namespace) -> ContainerTable | Message:
    last = 1 if options.latest else options.last
    containers = session.client.containers.list(
        every=options.all or bool(last), filters=parse_filters(options.filter), limit=last, size=options.size
    )
    if options.quiet:
        ids = tuple(c.id if options.no_trunc else short_id(c.id) for c in containers)
        return Message(ids, ids)
    rows = tuple(_row(container, options.no_trunc) for container in containers)
    if options.size:
        sizes = ((f"{size_text(c.size_bytes or 0)} (virtual {size_text(c.whole_bytes or 0)})",) for c in containers)
        rows = tuple(row + size for row, size in zip(rows, sizes, strict=True))
    return ContainerTable("containers", (*_TITLES, "SIZE") if options.size else _TITLES, rows, containers)


def _row(container: ContainerSummary, whole: bool) -> tuple[str, ...]:
    command = container.command
    if not whole and len(command) > _COMMAND_WIDTH:
        command = command[: _COMMAND_WIDTH - 1] + "…"
    return (
        container.id if whole else short_id(container.id),
        container.image if whole or not container.image.startswith("sha256:") else short_id(container.image),
        command,
        ago(container.created_at),
        container.status,
        ", ".join(map(str, container.ports)),
        container.name,
    )


def parse_filters(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return NAME=VALUE texts as filters. Raises InvalidParameter."""
    filters: dict[str, list[str]] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator:
            raise InvalidParameter(f"invalid filter {text!r}: expected NAME=VALUE, such as status=exited")
        filters.setdefault(name, []).append(value)
    return filters


def pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """Return NAME=VALUE texts as a mapping; NAME alone has the value "". Raises InvalidParameter."""
    found = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not name:
            raise InvalidParameter(f"{option}: {text!r} has no name; write NAME=VALUE")
        found[name] = value
    return found


def logs(session: Session, options: Namespace) -> Logs | LogPanel:
    client, result = session.client, Logs(options.container)
    others = [f"--{name}" for name in ("until", "timestamps", "details") if getattr(options, name)]
    is_live = getattr(options, "live", False)
    if is_live and others:
        raise UsageError(f"logs: --live has no {others[0]}; leave one of them out")
    since, until = timestamp(options.since), timestamp(options.until)
    # Who can work with a view has one; what it has not is followed in the cell.
    if is_live or (options.follow and session.surface == MAGIC and session.front.is_attended and not others):
        client.containers.inspect(options.container)
        return LogPanel(
            client, options.container, result, session.folder, tail=options.tail, since=since
        )  # fmt: skip
    pieces = client.containers.logs(
        options.container, follow=options.follow, tail=options.tail, since=since, until=until,
        timestamps=options.timestamps, details=options.details,
    )  # fmt: skip
    with session.front.live(result) as tell:
        for piece in pieces:
            tell(piece)
    return result


def start(session: Session, options: Namespace) -> Message:
    if not options.container:
        return _start_daemon(session)
    return each(session, options.container, "started", session.client.containers.start)


def _start_daemon(session: Session) -> Message:
    if not session.uses_own_daemon:
        raise UsageError(f"start: this works with the daemon at {session.host}, which is not ours to start")
    return Message((autostart.start().sentence,))


def stop(session: Session, options: Namespace) -> Message:
    if not options.container:
        return _stop_daemon(session)
    containers, timeout, signal = session.client.containers, options.time, options.signal
    return each(
        session, options.container, "stopped",
        lambda name: containers.stop(name, timeout_seconds=timeout, signal=signal),
    )  # fmt: skip


def _stop_daemon(session: Session) -> Message:
    if session.is_magic:
        raise UsageError("stop: which container? (the daemon itself is stopped in a shell: jupyter-containers stop)")
    was_running = autostart.stop()
    return Message(("stopped the daemon; containers run on" if was_running else "the daemon is not running",))


def kill(session: Session, options: Namespace) -> Message:
    signal = options.signal.upper().removeprefix("SIG")
    kill_one = session.client.containers.kill
    return each(session, options.container, f"sent {signal} to", lambda name: kill_one(name, signal))


def remove(session: Session, options: Namespace) -> Message:
    return each(
        session,
        options.container,
        "removed",
        lambda name: session.client.containers.remove(name, force=options.force, volumes=options.volumes),
    )


def each(session: Session, names: Sequence[str], verb: str, action: Callable[[str], object]) -> Message:
    """Do something to each; what fails does not keep the others from it. Raises the error, or all of them in one."""
    done, errors = [], []
    for number, name in enumerate(names):
        if len(names) > 1:
            session.counted(number, len(names))
        try:
            action(name)
            done.append(name)
        except ContainersError as error:
            errors.append(error)
    if len(errors) == 1 and not done:
        raise errors[0]
    if errors:
        succeeded = f" ({verb} {', '.join(done)})" if done else ""
        raise type(errors[0])("; ".join(error.message for error in errors) + succeeded)
    return Message((f"{verb} {', '.join(done)}",), tuple(done))


ONE = Argument(("container",), "name or id", metavar="CONTAINER", completes=Completes.CONTAINER)
ONE_RUNNING = Argument(("container",), "name or id", metavar="CONTAINER", completes=Completes.RUNNING)
MANY = Argument(("container",), "names or ids", Takes.MANY, "CONTAINER", completes=Completes.CONTAINER)
MANY_RUNNING = Argument(("container",), "names or ids", Takes.MANY, "CONTAINER", completes=Completes.RUNNING)

TIME = Argument(("-t", "--time", "--timeout"), "seconds until it is killed (default 10)", metavar="SECONDS", parse=int)
SIGNAL = Argument(("-s", "--signal"), "which (default: what the image says, or TERM)", metavar="SIGNAL", default="")
NO_TEMPLATES = dict.fromkeys(
    ("--format", "-f"), "it takes templates of Go; the result's records have all values, and so has inspect"
)
ONE_PLATFORM = {"--platform": "each image is of one platform here"}

PS = Command(
    "ps",
    "list containers",
    ps,
    (
        Argument(("-a", "--all"), "also those that do not run", Takes.NOTHING),
        Argument(("-q", "--quiet"), "only ids", Takes.NOTHING),
        Argument(("-n", "--last"), "the last NUMBER made", metavar="NUMBER", parse=int, default=0),
        Argument(("-l", "--latest"), "the last one made", Takes.NOTHING),
        Argument(("-s", "--size"), "also what their files take", Takes.NOTHING),
        Argument(("-f", "--filter"), "only those that match, such as status=exited", Takes.EACH, "NAME=VALUE"),
        Argument(("--no-trunc",), "whole ids and commands", Takes.NOTHING),
    ),
    refused=NO_TEMPLATES,
)
LOGS = Command(
    "logs",
    "show what a container wrote",
    logs,
    (
        Argument(("-f", "--follow"), "go on until it ends; in a notebook in the view of --live", Takes.NOTHING),
        Argument(("-n", "--tail"), "only the last NUMBER lines", metavar="NUMBER", default="all"),
        Argument(("--since",), "not before this time, or so long ago (10m)", metavar="TIME", default=""),
        Argument(("--until",), "not after this time", metavar="TIME", default=""),
        Argument(("-t", "--timestamps"), "with times", Takes.NOTHING),
        Argument(
            ("--live",),
            "in a view of its own: go on, pause, search, save; the cell does not wait",
            Takes.NOTHING,
            only_in=MAGIC,
        ),
        Argument(("--details",), "with the labels and variables that --log-opt names", Takes.NOTHING),
        ONE,
    ),
)
START = Command(
    "start",
    "start the daemon, or containers",
    start,
    (Argument(("container",), "names or ids", Takes.ANY, "CONTAINER", completes=Completes.CONTAINER),),
    refused={
        **dict.fromkeys(("-a", "--attach", "-i", "--interactive"), "start it, then attach to it, or look at its logs"),
        **dict.fromkeys(("--checkpoint", "--checkpoint-dir"), "processes cannot be frozen into files here"),
        "--detach-keys": "it is for attach",
    },
)
STOP = Command(
    "stop",
    "stop containers, or (in a shell, without a name) the daemon",
    stop,
    (
        TIME,
        SIGNAL,
        Argument(("container",), "names or ids", Takes.ANY, "CONTAINER", completes=Completes.RUNNING),
    ),
)
KILL = Command(
    "kill",
    "send a signal to containers",
    kill,
    (Argument(("-s", "--signal"), "which (default KILL)", metavar="SIGNAL", default="KILL"), MANY_RUNNING),
)
RM = Command(
    "rm",
    "remove containers",
    remove,
    (
        Argument(("-f", "--force"), "kill those that run", Takes.NOTHING),
        Argument(("-v", "--volumes"), "with their nameless volumes", Takes.NOTHING),
        MANY,
    ),
    refused=dict.fromkeys(("-l", "--link"), "links cannot be taken away; remove the container"),
)
