"""top, diff, port, stats, history, info, version: looks at containers, images and the daemon."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from jupyter_containers.client.values import moment, short_id
from jupyter_containers.commands.changes import LETTERS
from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.containers import NO_TEMPLATES, ONE, ONE_PLATFORM
from jupyter_containers.commands.image_diff import ImageDiff, diff_images
from jupyter_containers.commands.quantities import ago, size_text
from jupyter_containers.commands.results import Json, Message, Table
from jupyter_containers.commands.session import MAGIC, Session

_STATS_TITLES = ("NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS")
# Each takes a second, in which two samples are taken: many are asked at once.
_AT_ONCE = 16
_COMMAND_WIDTH = 60


class Processes(Table):
    kind: ClassVar[str] = "processes"


class Changes(Table):
    kind: ClassVar[str] = "changes"


class Usages(Table):
    """What containers use; `samples` are the daemon's own words, `records` and `df` have numbers, sizes in bytes."""

    kind: ClassVar[str] = "stats"
    samples: Sequence[Json] = ()


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


def stats(session: Session, options: Namespace) -> Usages:
    client = session.client
    names = options.container or [one.name for one in client.containers.list(every=options.all)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        samples = list(pool.map(client.containers.stats, names))
    records = [usage(name, sample) for name, sample in zip(names, samples, strict=True)]
    found = Usages("containers", _STATS_TITLES, tuple(map(usage_row, records)), records)
    found.samples = samples
    return found


def usage(name: str, sample: Json) -> Json:
    """Return a sample as numbers, counted as docker's CLI counts; memory without the cache that can be given back."""
    memory = sample.get("memory_stats") or {}
    details = memory.get("stats") or {}
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    used, limit = max(memory.get("usage", 0) - cache, 0), memory.get("limit", 0)
    networks = (sample.get("networks") or {}).values()
    disk = (sample.get("blkio_stats") or {}).get("io_service_bytes_recursive") or ()
    read, written = (sum(e["value"] for e in disk if e["op"].lower() == way) for way in ("read", "write"))
    return {
        "name": name, "cpu_percent": _cpu_percent(sample), "memory_bytes": used, "memory_limit_bytes": limit,
        "memory_percent": 100 * used / limit if limit else 0.0,
        "received_bytes": sum(n["rx_bytes"] for n in networks), "sent_bytes": sum(n["tx_bytes"] for n in networks),
        "read_bytes": read, "written_bytes": written, "pids": (sample.get("pids_stats") or {}).get("current", 0),
    }  # fmt: skip


def usage_row(record: Json) -> tuple[str, ...]:
    """Return a line of statistics."""
    memory, limit = size_text(record["memory_bytes"]), size_text(record["memory_limit_bytes"])
    return (
        record["name"],
        f"{record['cpu_percent']:.2f}%",
        f"{memory} / {limit}",
        f"{record['memory_percent']:.2f}%",
        f"{size_text(record['received_bytes'])} / {size_text(record['sent_bytes'])}",
        f"{size_text(record['read_bytes'])} / {size_text(record['written_bytes'])}",
        str(record["pids"]),
    )


def _cpu_percent(sample: Json) -> float:
    now, before = sample.get("cpu_stats") or {}, sample.get("precpu_stats") or {}
    used = now.get("cpu_usage", {}).get("total_usage", 0) - before.get("cpu_usage", {}).get("total_usage", 0)
    passed = now.get("system_cpu_usage", 0) - before.get("system_cpu_usage", 0)
    return 100 * used / passed * now.get("online_cpus", 1) if used > 0 and passed > 0 else 0.0


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
        Argument(("--no-stream",), "as docker has it; it is once here anyway", Takes.NOTHING),
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
