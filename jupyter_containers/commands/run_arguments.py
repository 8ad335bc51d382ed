"""The options of run and exec, named as docker's, and what they mean for a container."""

from __future__ import annotations

import os
import shlex
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from jupyter_containers.client.run_settings import ExecSettings, PublishedPort, RunSettings, absolute_source
from jupyter_containers.commands import container_arguments
from jupyter_containers.commands.command import Argument, Completes, Takes
from jupyter_containers.commands.quantities import positive_number, size_in_bytes, size_or_all
from jupyter_containers.commands.session import MAGIC, SHELL

# Linux takes no single argument longer than this (MAX_ARG_STRLEN), less some room.
SCRIPT_BYTES = 120_000

PROCESS = (
    Argument(("-e", "--env"), "set a variable; NAME alone takes this process's value", Takes.EACH, "NAME=VALUE"),
    Argument(("-w", "--workdir"), "working directory inside", metavar="PATH", default=""),
    Argument(("-u", "--user"), "user inside, by name or number", metavar="USER[:GROUP]", default=""),
    Argument(("--privileged",), "without the usual confinement", Takes.NOTHING),
    Argument(("-i", "--interactive"), "pass on standard input", Takes.NOTHING, only_in=SHELL),
    Argument(("-t", "--tty"), "give it a terminal", Takes.NOTHING, only_in=SHELL),
)
LIMITS = (
    Argument(("-m", "--memory"), "memory limit, such as 64m", metavar="SIZE", parse=size_in_bytes, default=0),
    Argument(("--memory-swap",), "limit of memory and swap together", metavar="SIZE", parse=size_or_all, default=0),
    Argument(("--cpus",), "how many processors, such as 0.5", metavar="NUMBER", parse=positive_number, default=0.0),
    Argument(("--pids-limit",), "how many processes at most", metavar="NUMBER", parse=int, default=0),
)
RESTART_POLICY = Argument(
    ("--restart",), "no, on-failure[:COUNT], always, unless-stopped", metavar="POLICY", default=""
)
CONTAINER = (
    Argument(("--name",), "name of the container", metavar="NAME", default=""),
    Argument(("-v", "--volume"), "mount a folder or a volume inside", Takes.EACH, "SOURCE:PATH[:ro]"),
    Argument(("-p", "--publish"), "publish a port", Takes.EACH, "[[IP:]PORT:]PORT", PublishedPort.parse),
    Argument(
        ("--network", "--net"), "a network by name, or none, host, container:NAME", metavar="NETWORK", default="",
        completes=Completes.NETWORK,
    ),
    Argument(("-h", "--hostname"), "its host name", metavar="NAME", default=""),
    Argument(("--entrypoint",), "run this instead of the image's entrypoint", metavar="COMMAND"),
    Argument(("--tmpfs",), "mount an empty folder in memory", Takes.EACH, "PATH[:OPTIONS]"),
    Argument(("-l", "--label"), "label the container", Takes.EACH, "NAME=VALUE"),
    Argument(("--read-only",), "its root cannot be written", Takes.NOTHING),
    Argument(("--cap-add",), "add a capability", Takes.EACH, "NAME"),
    Argument(("--cap-drop",), "drop a capability", Takes.EACH, "NAME"),
    RESTART_POLICY,
    Argument(("-d", "--detach"), "start it and return at once", Takes.NOTHING),
    Argument(("--rm",), "remove it when it ends (in a notebook that is the rule)", Takes.NOTHING),
    Argument(("--keep",), "do not remove it when it ends", Takes.NOTHING, only_in=MAGIC),
    Argument(("--init",), "an init as PID 1, which passes signals on (in a notebook that is the rule)", Takes.NOTHING),
    Argument(("--no-init",), "the command itself as PID 1", Takes.NOTHING, only_in=MAGIC),
    Argument(
        ("--pull",), "fetch the image: always, missing (default) or never", metavar="WHEN", default="missing",
        choices=("always", "missing", "never"),
    ),
)  # fmt: skip
NO_RAISE = Argument(
    ("--no-raise-error",), "another exit code than 0 is no error", Takes.NOTHING, only_in=MAGIC
)  # fmt: skip


def with_values(variables: Sequence[str]) -> tuple[str, ...]:
    """Return -e texts with the values of names that have none; as in docker, one that is not set here is left out."""
    texts = []
    for text in variables:
        if "=" in text:
            texts.append(text)
        elif text in os.environ:
            texts.append(f"{text}={os.environ[text]}")
    return tuple(texts)


def run_settings(options: Namespace, body: str, *, is_magic: bool, folder: Path) -> tuple[RunSettings, bytes | None]:
    """Return the container that the options ask for, and its standard input (None: it has none)."""
    command, entrypoint, stdin = _process(options, body)
    attached_magic = is_magic and not options.detach
    keeps = is_magic and (bool(options.name) or options.detach or options.keep)
    settings = RunSettings(
        image=options.image,
        command=command,
        entrypoint=entrypoint,
        name=options.name,
        environment=(*_of_files(options, folder), *with_values(options.env)),
        volumes=tuple(absolute_source(volume, folder) for volume in options.volume),
        tmpfs=tuple(options.tmpfs),
        labels=(*container_arguments.lines_of(options.label_file, folder, "--label-file"), *options.label),
        ports=tuple(options.publish),
        workdir=options.workdir,
        user=options.user,
        hostname=options.hostname,
        network=options.network,
        memory_bytes=options.memory,
        memory_swap_bytes=options.memory_swap,
        cpus=options.cpus,
        pids_limit=options.pids_limit,
        read_only=options.read_only,
        privileged=options.privileged,
        cap_add=tuple(options.cap_add),
        cap_drop=tuple(options.cap_drop),
        # SIGINT does nothing to a PID 1 that has no handler for it; an init lets an interrupt reach the command.
        init=options.init or (attached_magic and not options.no_init),
        stdin=stdin is not None,
        attached=not options.detach,
        auto_remove=options.rm or (is_magic and not keeps),
        restart=options.restart,
        further=container_arguments.config(options),
        further_host=container_arguments.host_config(options, folder),
        platform=options.platform,
    )
    return settings, stdin


def _of_files(options: Namespace, folder: Path) -> tuple[str, ...]:
    return with_values(container_arguments.lines_of(options.env_file, folder, "--env-file"))


_Words = tuple[str, ...] | None


def _process(options: Namespace, body: str) -> tuple[_Words, _Words, bytes | None]:
    """Return command, entrypoint and standard input.

    A body is a script for the container's `sh`, or, with a command or an entrypoint given, that command's input. The
    script goes as an argument: as input, a program in it that reads its input would eat the rest of the script.
    """
    command, entrypoint = _words(options.command), _entrypoint(options.entrypoint)
    script = body.encode()
    if not body.strip():
        return command, entrypoint, None
    if command is not None or entrypoint is not None:
        return command, entrypoint, script
    if len(script) < SCRIPT_BYTES:
        return ("-c", body), ("sh",), None
    return ("-s",), ("sh",), script


def exec_settings(options: Namespace, body: str, folder: Path) -> tuple[ExecSettings, bytes | None]:
    """Return the process that the options ask for, and its standard input."""
    command, stdin = _words(options.command), None
    if body.strip():
        script = body.encode()
        if command is not None:
            stdin = script
        elif len(script) < SCRIPT_BYTES:
            command = ("sh", "-c", body)
        else:
            command, stdin = ("sh", "-s"), script
    settings = ExecSettings(
        command=command or (),
        environment=(*_of_files(options, folder), *with_values(options.env)),
        workdir=options.workdir,
        user=options.user,
        privileged=options.privileged,
        stdin=stdin is not None,
        detached=options.detach,
    )
    return settings, stdin


def shown_command(options: Namespace, body: str) -> tuple[str, ...]:
    """Return the words by which people recognise what runs; a script is no word."""
    words = _words(options.command) or ()
    entrypoint = getattr(options, "entrypoint", None)
    if body.strip() and not words and entrypoint is None:
        return ("sh",)
    return (*shlex.split(entrypoint or ""), *words)


def _words(words: Sequence[str]) -> tuple[str, ...] | None:
    return tuple(words[1:] if words[:1] == ["--"] else words) or None


def _entrypoint(text: str | None) -> tuple[str, ...] | None:
    # An empty one is how docker takes an image's entrypoint away.
    return None if text is None else (text,)
