"""compose events, wait and stats: what happens in a project, until it has happened."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence

from jupyter_containers.client import Client
from jupyter_containers.client.values import Event
from jupyter_containers.commands import looking
from jupyter_containers.commands.compose_life import carried_out, selected
from jupyter_containers.commands.compose_project import name_and_project
from jupyter_containers.commands.happening import Events
from jupyter_containers.commands.quantities import timestamp
from jupyter_containers.commands.results import Json, Message, Said
from jupyter_containers.commands.session import Session
from jupyter_containers.commands.usage import Usages, usages
from jupyter_containers.commands.usage_stream import UsageStream
from jupyter_containers.compose import labels
from jupyter_containers.compose.ending import DownWishes, plan_down
from jupyter_containers.compose.observing import Container, observe
from jupyter_containers.compose.watching import Lost, Watch
from jupyter_containers.errors import NotFound


class ProjectEvents(Events):
    """Events of a project's containers in their order; with `as_json` each is a line of JSON."""

    def __init__(self, *, as_json: bool = False) -> None:
        super().__init__()
        self._as_json = as_json

    def apply(self, event: object) -> Iterable[Said]:
        told = super().apply(event)
        return [(stream, f"{as_line(event)}\n") for stream, _ in told] if self._is_written(event) else told

    def _is_written(self, event: object) -> bool:
        return self._as_json and isinstance(event, Event)

    def text(self) -> str:
        return "\n".join(map(as_line, self.events)) if self._as_json else super().text()


def as_line(event: object) -> str:
    """Return an event as docker compose writes it: JSON with the service, and without Compose's own labels."""
    assert isinstance(event, Event)
    return json.dumps(as_record(event), ensure_ascii=True)


def as_record(event: Event) -> Json:
    own = {name: value for name, value in event.attributes.items() if not name.startswith(labels.PREFIX)}
    return {
        "time": f"{event.at:%Y-%m-%dT%H:%M:%S.%f}", "type": event.type, "action": event.action, "id": event.actor_id,
        "service": event.attributes.get(labels.SERVICE, ""), "attributes": own,
    }  # fmt: skip


def events(session: Session, options: Namespace) -> ProjectEvents:
    """Show what happens to the containers of services, until --until or an interrupt."""
    name, project = name_and_project(session, options)
    if options.service:
        selected(name, project, observe(session.client, name), options.service)
    filters = {"type": ["container"], "label": [f"{labels.PROJECT}={name}"]}
    result = ProjectEvents(as_json=options.json)
    found = session.client.system.events(
        since=timestamp(options.since), until=timestamp(options.until), filters=filters
    )
    with session.front.live(result) as tell:
        for event in found:
            if _is_meant(event.attributes, options.service):
                tell(event)
    return result


def _is_meant(attributes: Mapping[str, str], services: list[str]) -> bool:
    is_oneoff = attributes.get(labels.ONEOFF, "").lower() == "true"
    return not is_oneoff and (not services or attributes.get(labels.SERVICE) in services)


def wait(session: Session, options: Namespace) -> Message:
    """Wait until containers have ended; with --down-project for the first, and take the project down then.

    Who has ended before is not waited for. The items of the result are the exit codes, as text.
    """
    name, project = name_and_project(session, options)
    with Watch(session.client, name) as watch:
        found = observe(session.client, name)
        meant = [one for one in selected(name, project, found, options.service) if one.state != "created"]
        if not meant:
            raise NotFound(
                f"no container of {', '.join(options.service) or name} has run, so there is nothing to wait for"
            )
        ends = []
        for one, code in _ends(session.client, watch, meant):
            ends.append((one, code))
            if options.down_project:
                break
    lines = [f"{one.name} exited with code {code}" for one, code in ends]
    if options.down_project:
        plan = plan_down(name, project, observe(session.client, name), DownWishes())
        carried_out(session, "down", name, plan, project=project, found=found)
        lines.append(f"took {name} down")
    return Message(tuple(lines), tuple(code for _, code in ends))


def _ends(client: Client, watch: Watch, containers: Sequence[Container]) -> Iterator[tuple[Container, str]]:
    """Yield containers with their exit codes as they end, until all have; first those that have ended already."""
    for one in containers:
        if not one.is_running:
            yield one, str(client.containers.inspect(one.id)["State"].get("ExitCode", ""))
    left = {one.id: one for one in containers if one.is_running}
    while left:
        happening = watch.next()
        if isinstance(happening, Lost):
            raise happening.error
        if isinstance(happening, Event) and happening.action == "die" and happening.actor_id in left:
            yield left.pop(happening.actor_id), happening.attributes.get("exitCode", "")


def stats(session: Session, options: Namespace) -> Usages | UsageStream:
    """Show what the containers of services use, as `stats` does."""
    name, project = name_and_project(session, options)
    there = selected(name, project, observe(session.client, name), options.service)
    options.container = [one.name for one in there if options.all or one.is_running]
    return looking.stats(session, options) if options.container else usages({})
