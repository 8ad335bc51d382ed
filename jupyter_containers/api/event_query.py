"""Which events somebody asks for: `since`, `until` and `filters`, read and applied as dockerd does. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_containers.api.filters import Filters, label_matches
from jupyter_containers.api.wire.times import parse_time
from jupyter_containers.engine.events import Event
from jupyter_containers.errors import InvalidParameter

# What happens to these has them as its type; the last six are a swarm's and plugins', of which nothing is ever told.
_ACTORS = ("container", "daemon", "image", "network", "volume", "config", "node", "plugin", "secret", "service")
FILTERS = frozenset({*_ACTORS, "event", "label", "scope", "type"})


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Moments are nanoseconds since the epoch; None where nothing was said."""

    since: int | None
    until: int | None
    filters: Filters

    @classmethod
    def read(cls, since: str | None, until: str | None, filters: Filters, *, now: int) -> EventQuery:
        """Read the two moments. Raises InvalidParameter."""
        start = parse_time(since, "since", now=now) if since else None
        end = parse_time(until, "until", now=now) if until else None
        query = cls(start, end, filters)
        if query.since is not None and query.until is not None and query.since > query.until:
            raise InvalidParameter(f"`since` time ({since}) cannot be after `until` time ({until})")
        return query

    @property
    def wants_past(self) -> bool:
        """Whether events are asked for that have happened already."""
        return self.since is not None or self.until is not None

    def matches(self, event: Event) -> bool:
        """Tell whether an event passes the filters, and is not after the end."""
        if self.until is not None and event.at_ns > self.until:
            return False
        wanted = self.filters
        if event.type not in wanted.get("type", (event.type,)) or "local" not in wanted.get("scope", ("local",)):
            return False
        if "event" in wanted and not any(_is_action(event.action, action) for action in wanted["event"]):
            return False
        if not label_matches(event.attributes, wanted.get("label", ())):
            return False
        return all(_is_actor(event, kind, wanted[kind]) for kind in _ACTORS if kind in wanted)


def _is_action(actual: str, wanted: str) -> bool:
    """`exec_start` is what `exec_start: sh -c true` begins with; the whole is matched, too."""
    return actual in (wanted, wanted.strip()) or actual.startswith(f"{wanted}:")


def _is_actor(event: Event, kind: str, wanted: tuple[str, ...]) -> bool:
    if kind == "image":
        return _is_image(event, wanted)
    name = event.attributes.get("name", "")
    return event.type == kind and any(
        event.actor_id.startswith(text) or name.startswith(text) for text in wanted if text
    )


def _is_image(event: Event, wanted: tuple[str, ...]) -> bool:
    """An image is told of by its own events and those of its containers, by id or name, with or without its tag."""
    if event.type == "image":
        names = {event.actor_id, event.attributes.get("name", "")}
    elif event.type == "container":
        names = {event.attributes.get("image", "")}
    else:
        return False
    return bool(({_without_tag(name) for name in names} | names) & set(wanted))


def _without_tag(name: str) -> str:
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag and head != "sha256" else name
