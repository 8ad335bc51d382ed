"""restart, pause, unpause, wait, rename, update: what can be done to a container that is there."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing

from jupyter_containers.client.run_settings import restart_policy
from jupyter_containers.commands import container_arguments
from jupyter_containers.commands.command import Argument, Command
from jupyter_containers.commands.containers import MANY, MANY_RUNNING, ONE, SIGNAL, TIME, each
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Message
from jupyter_containers.commands.run_arguments import LIMITS, RESTART_POLICY
from jupyter_containers.commands.session import Session


def restart(session: Session, options: Namespace) -> Message:
    containers, timeout, signal = session.client.containers, options.time, options.signal
    return each(
        session, options.container, "restarted",
        lambda name: containers.restart(name, timeout_seconds=timeout, signal=signal),
    )  # fmt: skip


def pause(session: Session, options: Namespace) -> Message:
    return each(session, options.container, "paused", session.client.containers.pause)


def unpause(session: Session, options: Namespace) -> Message:
    return each(session, options.container, "unpaused", session.client.containers.unpause)


def wait(session: Session, options: Namespace) -> Message:
    """Wait for each to end; the items of the result are the exit codes, as text."""
    codes = []
    for name in options.container:
        with closing(session.client.containers.wait(name)) as waiting:
            codes.append(str(waiting.result()))
    return Message(tuple(codes), tuple(codes))


def rename(session: Session, options: Namespace) -> Message:
    session.client.containers.rename(options.container, options.name)
    return Message((f"{options.container} is called {options.name} now",), (options.name,))


def update(session: Session, options: Namespace) -> Message:
    limits = {
        "Memory": options.memory,
        "MemorySwap": options.memory_swap,
        "NanoCpus": round(options.cpus * 1e9),
        "PidsLimit": options.pids_limit,
    }
    changes = {**limits, "RestartPolicy": restart_policy(options.restart)}
    wanted = {name: value for name, value in changes.items() if value} | container_arguments.resources(options)
    if not wanted:
        raise UsageError("update: what shall change? such as --memory 64m")
    change = session.client.containers.update
    return each(session, options.container, "updated", lambda name: change(name, wanted))


RESTART = Command(
    "restart",
    "stop containers and start them again",
    restart,
    (TIME, SIGNAL, MANY),
)
PAUSE = Command("pause", "freeze all processes of containers", pause, (MANY_RUNNING,))
UNPAUSE = Command("unpause", "let frozen containers go on", unpause, (MANY_RUNNING,))
WAIT = Command("wait", "wait until containers have ended, and tell their exit codes", wait, (MANY,))
RENAME = Command(
    "rename",
    "give a container another name",
    rename,
    (
        ONE,
        Argument(("name",), "the new name", metavar="NAME"),
    ),
)
UPDATE = Command(
    "update",
    "change the limits of containers",
    update,
    (
        *LIMITS,
        *container_arguments.CHANGEABLE,
        RESTART_POLICY,
        MANY,
    ),
    refused={"--kernel-memory": container_arguments.REFUSED["--kernel-memory"]},
)
