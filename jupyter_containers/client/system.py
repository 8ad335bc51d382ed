"""The daemon itself: does it answer, what is it, what happens in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from jupyter_containers.client.containers import Filters, filters_text
from jupyter_containers.client.streams import json_lines
from jupyter_containers.client.values import Event, Json

if TYPE_CHECKING:
    from jupyter_containers.client.transport import Transport


class System:
    """Facts about the daemon. Raises what Transport does."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ping(self) -> tuple[int, int]:
        """Return the version of the API that both sides speak. Raises Unavailable when nobody answers."""
        return self._transport.version

    def version(self) -> Json:
        body: Json = self._transport.request("GET", "/version").json()
        return body

    def info(self) -> Json:
        body: Json = self._transport.request("GET", "/info").json()
        return body

    def disk_usage(self) -> Json:
        """Return what images, containers, volumes and the build cache take; measured now, which may take a while."""
        body: Json = self._transport.request("GET", "/system/df").json()
        return body

    def events(self, *, since: str = "", until: str = "", filters: Filters | None = None) -> Iterator[Event]:
        """Yield events as they happen; without `until` it never ends."""
        query = {"since": since, "until": until, "filters": filters_text(filters)}
        answer = self._transport.request("GET", "/events", query=query, stream=True)
        with closing(answer):
            yield from (Event.from_wire(line) for line in json_lines(self._transport.chunks(answer)))

    def events_between(self, since: float, until: float, *, container: str) -> list[Event]:
        """Return what happened to a container in a time that is over; in seconds since the epoch."""
        filters = {"type": ["container"], "container": [container]}
        return list(self.events(since=f"{since:.9f}", until=f"{until:.9f}", filters=filters))
