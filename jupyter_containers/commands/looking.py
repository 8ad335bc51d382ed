"""top, diff, port, stats, history, info, version: looks at containers, images and the daemon."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ClassVar

from jupyter_containers.client import Client
from jupyter_containers.client.values import moment, short_id
from jupyter_containers.commands import usage_stream
from jupyter_containers.commands.changes import LETTERS
from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.containers import NO_TEMPLATES, ONE, ONE_PLATFORM
from jupyter_containers.commands.image_diff import ImageDiff, diff_images
from jupyter_containers.commands.quantities import ago, size_text
from jupyter_containers.commands.results import Json, Message, Table
from jupyter_containers.commands.session import MAGIC, SHELL, Session
from jupyter_containers.commands.usage import Usages, usages
from jupyter_containers.commands.usage_stream import UsageStream
from jupyter_containers.errors import NotFound

# Each takes a second, in which two samples are taken: many are asked at once.
_AT_ONCE = 16
_COMMAND_WIDTH = 60


class Processes(Table):
    kind: ClassVar[str] = "processes"


class Changes(Table):
    kind: ClassVar[str] = "changes"


class History(Table):
    kind: ClassVar[str] = "history"


def top(session: Session, options: Namespace) -> Processes:
    found = session.client.containers.top(options.container, " ".join(options.ps_arguments))
    titles, rows = tuple(found["Titles"]), tuple(tuple(row) for row in found["Processes"])
    return Processes("processes", titles, rows, [dict(zip(titles, row, strict=True)) for row in rows])


def diff(session: Session, options: Namespace) -> Changes | ImageDiff:
    if getattr(options, "other", ""):
        return diff_images(session, (options.container, options.other))
    found = session.client.containers.changes(options.container)
    rows = tuple((LETTERS.get(change["Kind"], "?"), change["Path"]) for change in found)
    return Changes("changes", ("", "PATH"), rows, rows)


def port(session: Session, options: Namespace) -> Message:
    ports: Mapping[str, Any] = session.client.containers.inspect(options.container)["NetworkSettings"]["Ports"] or {}
    wanted = options.port if "/" in options.port else f"{options.port}/tcp"
    lines = []
    for inside, places in sorted(ports.items()):
        for place in places or ():
            if not options.port or inside == wanted:
                outside = f"{place['HostIp']}:{place['HostPort']}"
                lines.append(outside if options.port else f"{inside} -> {outside}")
    return Message(tuple(lines), tuple(lines))


def stats(session: Session, options: Namespace) -> Usages | UsageStream:
    if not options.no_stream and not getattr(options, "df", False) and _is_watched(session):
        return usage_stream.follow(session, options)
    client = session.client
    names = options.container or [one.name for one in client.containers.list(every=options.all)]
    # Of all, one may have gone since they were listed; one that was named must be there.
    ask = client.containers.stats if options.container else partial(_sample, client)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        samples = dict(zip(names, pool.map(ask, names), strict=True))
    return usages({name: sample for name, sample in samples.items() if sample is not None})


def _sample(client: Client, name: str) -> Json | None:
    try:
        return client.containers.stats(name)
    except NotFound:
        return None


def _is_watched(session: Session) -> bool:
    """Tell whether somebody sees it go on, and can end it."""
    return sys.stdout.isatty() if session.surface == SHELL else session.front.is_attended


def history(session: Session, options: Namespace) -> History | Message:
    layers = session.client.images.history(options.image)
    if options.quiet:
        ids = tuple(layer["Id"] if options.no_trunc else short_id(layer["Id"]) for layer in layers)
        return Message(ids, ids)
    rows = tuple(
        (
            short_id(layer["Id"]) if layer["Id"] != "<missing>" else layer["Id"],
            ago(moment(layer["Created"])),
            layer["CreatedBy"] if options.no_trunc else layer["CreatedBy"][:_COMMAND_WIDTH],
            size_text(layer["Size"]),
            layer.get("Comment", ""),
        )
        for layer in layers
    )
    return History("layers", ("IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"), rows, layers)


def info(session: Session, options: Namespace) -> Table:
    return _facts("facts", session.client.system.info())


def version(session: Session, options: Namespace) -> Table:
    return _facts("versions", session.client.system.version())


def _facts(what: str, body: Json) -> Table:
    """Return what is one word or number; the records have all of it."""
    rows = tuple((name, str(value)) for name, value in body.items() if isinstance(value, str | int | float))
    return Table(what, ("NAME", "VALUE"), rows, [body])


_RUNNING = Argument(("container",), "name or id", metavar="CONTAINER", completes=Completes.RUNNING)

TOP = Command(
    "top",
    "list the processes of a container",
    top,
    (_RUNNING, Argument(("ps_arguments",), "options of ps, such as -o pid,comm", Takes.REST, "OPTION")),
)
DIFF = Command(
    "diff",
    "list the files that a container added (A), changed (C) or deleted (D), or what differs between two images",
    diff,
    (
        Argument(
            ("container",), "a container, or the first of two images", metavar="NAME", completes=Completes.ANYTHING
        ),
        Argument(("other",), "the second image", Takes.OPTIONAL, "OTHER", default="", completes=Completes.IMAGE),
    ),
)
PORT = Command(
    "port",
    "list the published ports of a container",
    port,
    (ONE, Argument(("port",), "only of this port inside, such as 80/tcp", Takes.OPTIONAL, "PORT", default="")),
)
STATS = Command(
    "stats",
    "tell what containers use now: processor, memory, network, disk",
    stats,
    (
        Argument(("-a", "--all"), "also those that do not run", Takes.NOTHING),
        Argument(("--no-stream",), "once; else it goes on until you stop it, where somebody looks", Takes.NOTHING),
        Argument(("--no-trunc",), "as docker has it; names are whole here anyway", Takes.NOTHING),
        Argument(("--df",), "the cell's value is a DataFrame of pandas", Takes.NOTHING, only_in=MAGIC),
        Argument(("container",), "names or ids (default: all)", Takes.ANY, "CONTAINER", completes=Completes.RUNNING),
    ),
    refused=NO_TEMPLATES,
)
HISTORY = Command(
    "history",
    "list the layers of an image",
    history,
    (
        Argument(("--no-trunc",), "whole commands", Takes.NOTHING),
        Argument(("-q", "--quiet"), "only ids", Takes.NOTHING),
        Argument(("image",), "name or id", metavar="IMAGE", completes=Completes.IMAGE),
    ),
    refused={
        **NO_TEMPLATES,
        **ONE_PLATFORM,
        **dict.fromkeys(("-H", "--human"), "records have sizes in bytes, and times"),
    },
)
INFO = Command("info", "tell what the daemon is and has", info, refused=NO_TEMPLATES)
VERSION = Command("version", "tell the versions of the daemon", version, refused=NO_TEMPLATES)
