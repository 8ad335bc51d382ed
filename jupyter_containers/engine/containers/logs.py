"""Logs: what a container has written, and with `follow` what it goes on to write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.log_entries import Entries, fixed_time, time_text
from jupyter_containers.engine.containers.log_file import LogFile
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.shim.protocol import STDERR, STDOUT

# How often a followed log is looked at. The kernel could tell (inotify), but 25 looks a second cost next to nothing.
LOOK_SECONDS = 0.04
# Chunks for each visit to a thread.
BUNCH = 8


@dataclass(frozen=True, slots=True)
class LogQuery:
    """`since` and `until` in nanoseconds since the epoch, 0 for open; `tail` None for everything."""

    stdout: bool = True
    stderr: bool = True
    since: int = 0
    until: int = 0
    tail: int | None = None
    follow: bool = False


def check_logs(container: Container, query: LogQuery) -> None:
    """Raises InvalidParameter for a log that cannot be read."""
    if not (query.stdout or query.stderr):
        raise InvalidParameter("Bad parameters: you must choose at least one stream")
    if container.record.host.log_driver == "none":
        raise InvalidParameter("configured logging driver does not support reading", status=501)


@asynccontextmanager
async def opened_logs(roster: Roster, container: Container, query: LogQuery) -> AsyncIterator[AsyncIterator[Entries]]:
    """Give, for the block, what gives entries in bunches; with `follow`, until the container stops.

    The files are open when the block begins: whoever is told so loses nothing to a removal of the container.
    """
    record = container.record
    path, driver = roster.log_path(record), record.host.log_driver or "json-file"
    assert path is not None, "check_logs has refused this"
    log = await asyncio.to_thread(LogFile, path, driver=driver, tail=query.tail)
    try:
        yield _entries(roster, container, query, log)
    finally:
        log.close()


async def _entries(roster: Roster, container: Container, query: LogQuery, log: LogFile) -> AsyncIterator[Entries]:
    while True:
        # Asked before reading: what was written until the end is then read after it.
        ends = not query.follow or not container.is_running
        while log.has_more() and (bunch := await _read(log)):
            for entries in bunch:
                wanted = choose(entries, query)
                if wanted:
                    yield wanted
                if query.until and fixed_time(entries.times[-1]) > time_text(query.until):
                    return
        if ends or (query.until and roster.now() > query.until):
            return
        await asyncio.sleep(LOOK_SECONDS)


async def _read(log: LogFile) -> list[Entries]:
    """Read in a thread; after cancellation nothing reads any more."""
    reading = asyncio.ensure_future(asyncio.to_thread(log.read_many, BUNCH))
    try:
        return await asyncio.shield(reading)
    finally:
        await asyncio.wait({reading})


def choose(entries: Entries, query: LogQuery) -> Entries:
    """Return the entries of the wanted streams and times. Pure."""
    if not (query.stdout and query.stderr):
        number = STDOUT if query.stdout else STDERR
        entries = entries.chosen(stream == number for stream in entries.streams)
    if query.since or query.until:
        first = time_text(query.since) if query.since > 0 else b""
        last = time_text(query.until) if query.until else b"~"  # behind all digits
        entries = entries.chosen(first <= fixed_time(time) <= last for time in entries.times)
    return entries
