"""events: what happens in the daemon, as it happens."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from typing import ClassVar

from jupyter_containers.client.values import Event
from jupyter_containers.commands.command import Argument, Command, Takes
from jupyter_containers.commands.containers import NO_TEMPLATES, parse_filters
from jupyter_containers.commands.quantities import timestamp
from jupyter_containers.commands.results import Json, LiveResult, Said, visible
from jupyter_containers.commands.session import Session

_SHOWN = 1000


class Events(LiveResult):
    """Events in their order; `events` has all of them."""

    kind: ClassVar[str] = "events"

    def __init__(self) -> None:
        self.events: list[Event] = []

    def apply(self, event: object) -> Iterable[Said]:
        if not isinstance(event, Event):
            return ()
        self.events.append(event)
        return ((1, f"{line(event)}\n"),)

    def text(self) -> str:
        return "\n".join(line(event) for event in self.events[-_SHOWN:])

    def summary(self) -> str:
        return f"{len(self.events)} events"

    def data(self) -> Json:
        return {"lines": [line(event) for event in self.events[-_SHOWN:]], "inAll": len(self.events)}


def line(event: Event) -> str:
    """Return an event as a line like docker's, with the name of what it is about."""
    name = event.attributes.get("name") or event.actor_id[:12]
    return f"{event.at:%Y-%m-%dT%H:%M:%S.%f}Z {visible(f'{event.type} {event.action} {name}')}"


def events(session: Session, options: Namespace) -> Events:
    result, filters = Events(), parse_filters(options.filter)
    found = session.client.system.events(
        since=timestamp(options.since), until=timestamp(options.until), filters=filters
    )
    with session.front.live(result) as tell:
        for event in found:
            tell(event)
    return result


EVENTS = Command(
    "events",
    "show what happens in the daemon, until --until or you interrupt",
    events,
    (
        Argument(("--since",), "not before this time, or so long ago (10m)", metavar="TIME", default=""),
        Argument(("--until",), "not after this time (0s: what has been)", metavar="TIME", default=""),
        Argument(("-f", "--filter"), "only what matches, such as type=container", Takes.EACH, "NAME=VALUE"),
    ),
    refused=NO_TEMPLATES,
)
