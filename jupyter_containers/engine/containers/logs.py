"""Logs: what a container has written, and with `follow` what it goes on to write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.log_file import Entry, LogFile
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import InvalidParameter

# How often a followed log is looked at. The kernel could tell (inotify), but 25 looks a second cost next to nothing.
LOOK_SECONDS = 0.04


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


async def read_logs(roster: Roster, container: Container, query: LogQuery) -> AsyncIterator[list[Entry]]:
    """Give entries in bunches; with `follow`, until the container stops. Closes its file at the end."""
    log = LogFile(roster.log_path(container.record), tail=query.tail)
    try:
        while True:
            # Asked before reading: what was written until the end is then read after it.
            ends = not query.follow or not container.is_running
            entries = log.read()
            while entries:
                wanted = [entry for entry in entries if _is_wanted(entry, query)]
                if wanted:
                    yield wanted
                if query.until and entries[-1].at > query.until:
                    return
                entries = log.read()
            if ends or (query.until and roster.now() > query.until):
                return
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        log.close()


def _is_wanted(entry: Entry, query: LogQuery) -> bool:
    if (query.since and entry.at < query.since) or (query.until and entry.at > query.until):
        return False
    return query.stdout if entry.stream == "stdout" else query.stderr
