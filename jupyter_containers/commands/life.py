"""restart, pause, unpause, wait, rename, update: what can be done to a container that is there."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing

from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.containers import each
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.quantities import positive_number, size_in_bytes
from jupyter_containers.commands.results import Message, Result
from jupyter_containers.commands.session import Session


def restart(session: Session, options: Namespace) -> Result:
    containers, timeout = session.client.containers, options.time
    return each(options.container, "restarted", lambda name: containers.restart(name, timeout_seconds=timeout))


def pause(session: Session, options: Namespace) -> Result:
    return each(options.container, "paused", session.client.containers.pause)


def unpause(session: Session, options: Namespace) -> Result:
    return each(options.container, "unpaused", session.client.containers.unpause)


def wait(session: Session, options: Namespace) -> Result:
    """Wait for each to end; the items of the result are the exit codes, as text."""
    codes = []
    for name in options.container:
        with closing(session.client.containers.wait(name)) as waiting:
            codes.append(str(waiting.result()))
    return Message(tuple(codes), tuple(codes))


def rename(session: Session, options: Namespace) -> Result:
    session.client.containers.rename(options.container, options.name)
    return Message((f"{options.container} is called {options.name} now",), (options.name,))


def update(session: Session, options: Namespace) -> Result:
    changes = {
        "Memory": options.memory,
        "MemorySwap": options.memory_swap,
        "NanoCpus": round(options.cpus * 1e9),
        "PidsLimit": options.pids_limit,
    }
    if options.restart:
        name, _, count = options.restart.partition(":")
        changes["RestartPolicy"] = {"Name": name, "MaximumRetryCount": int(count or 0)}
    if not any(changes.values()):
        raise UsageError("update: what shall change? such as --memory 64m")
    wanted = {name: value for name, value in changes.items() if value}
    return each(options.container, "updated", lambda name: session.client.containers.update(name, wanted))


_RUNNING = Argument(("container",), "names or ids", Takes.MANY, "CONTAINER", completes=Completes.RUNNING)
_ANY = Argument(("container",), "names or ids", Takes.MANY, "CONTAINER", completes=Completes.CONTAINER)

RESTART = Command(
    "restart",
    "stop containers and start them again",
    restart,
    (Argument(("-t", "--time"), "seconds until it is killed (default 10)", metavar="SECONDS", parse=int), _ANY),
)
PAUSE = Command("pause", "freeze all processes of containers", pause, (_RUNNING,))
UNPAUSE = Command("unpause", "let frozen containers go on", unpause, (_RUNNING,))
WAIT = Command("wait", "wait until containers have ended, and tell their exit codes", wait, (_ANY,))
RENAME = Command(
    "rename",
    "give a container another name",
    rename,
    (
        Argument(("container",), "name or id", metavar="CONTAINER", completes=Completes.CONTAINER),
        Argument(("name",), "the new name", metavar="NAME"),
    ),
)
UPDATE = Command(
    "update",
    "change the limits of containers",
    update,
    (
        Argument(("-m", "--memory"), "memory limit, such as 64m", metavar="SIZE", parse=size_in_bytes, default=0),
        Argument(("--memory-swap",), "memory and swap together", metavar="SIZE", parse=size_in_bytes, default=0),
        Argument(("--cpus",), "how many processors, such as 0.5", metavar="NUMBER", parse=positive_number, default=0.0),
        Argument(("--pids-limit",), "how many processes at most", metavar="NUMBER", parse=int, default=0),
        Argument(("--restart",), "no, on-failure[:COUNT], always, unless-stopped", metavar="POLICY", default=""),
        _ANY,
    ),
)
