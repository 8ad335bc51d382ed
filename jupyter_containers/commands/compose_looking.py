"""compose ps, logs, top, ls, config: what a project is."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from jupyter_containers.client.values import short_id
from jupyter_containers.commands.compose_arguments import STATES
from jupyter_containers.commands.compose_life import selected
from jupyter_containers.commands.compose_output import ProjectLogs
from jupyter_containers.commands.compose_project import name_and_project, the_project
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.quantities import ago, timestamp
from jupyter_containers.commands.results import Message, Table
from jupyter_containers.commands.session import Session
from jupyter_containers.compose import labels
from jupyter_containers.compose.configuration import as_json, as_yaml
from jupyter_containers.compose.model import Project
from jupyter_containers.compose.observing import Container, observe
from jupyter_containers.compose.ordering import with_dependencies
from jupyter_containers.compose.watching import LogEnded, Lost, Watch, Wrote
from jupyter_containers.errors import ContainersError, NotFound

_TITLES = ("NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS")
_COMMAND_WIDTH = 20


class ServiceTable(Table):
    kind: ClassVar[str] = "compose-services"


class ProjectTable(Table):
    kind: ClassVar[str] = "compose-projects"


def ps(session: Session, options: Namespace) -> ServiceTable | Message:
    name, project = name_and_project(session, options)
    found = observe(session.client, name)
    states = [*options.status, *(_state(text) for text in options.filter)]
    containers = [
        one for one in selected(name, project, found, options.service)
        if (one.state in states if states else options.all or one.is_running)
    ]  # fmt: skip
    containers.sort(key=lambda one: (one.service, one.number))
    if options.quiet:
        ids = tuple(one.id for one in containers)
        return Message(ids, ids)
    if options.services:
        names = tuple(dict.fromkeys(one.service for one in containers))
        return Message(names, names)
    rows = tuple(_row(one, is_whole=options.no_trunc) for one in containers)
    return ServiceTable("containers", _TITLES, rows, [one.summary for one in containers])


def _state(text: str) -> str:
    """Read `status=exited`. Raises UsageError."""
    name, _, state = text.partition("=")
    if name != "status" or state not in STATES:
        raise UsageError(f"ps: --filter {text!r}: it is status= with one of {', '.join(STATES)}")
    return state


def _row(container: Container, *, is_whole: bool) -> tuple[str, ...]:
    summary = container.summary
    command = summary.command
    if len(command) > _COMMAND_WIDTH and not is_whole:
        command = command[: _COMMAND_WIDTH - 1] + "…"
    image = short_id(summary.image) if summary.image.startswith("sha256:") else summary.image
    ports = ", ".join(map(str, summary.ports))
    return container.name, image, command, container.service, ago(summary.created_at), summary.status, ports


def logs(session: Session, options: Namespace) -> ProjectLogs:
    """Show what containers wrote: one after the other, or with --follow as it comes."""
    name, project = name_and_project(session, options)
    client = session.client
    containers = selected(name, project, observe(client, name), options.service)
    containers.sort(key=lambda one: (one.service, one.number))
    options.since, options.until = timestamp(options.since), timestamp(options.until)
    result = ProjectLogs(name, plain=options.no_log_prefix)
    with session.front.live(result) as tell:
        if options.follow:
            for happening in _followed(session, name, containers, options):
                tell(happening)
        else:
            for one in containers:
                pieces = client.containers.logs(
                    one.id, tail=options.tail, since=options.since, until=options.until, timestamps=options.timestamps
                )
                for stream, content in pieces:
                    tell(Wrote(one.service, one.name, stream, content))
                tell(LogEnded(one.name))
    return result


def _followed(
    session: Session, name: str, containers: Sequence[Container], options: Namespace
) -> Iterator[Wrote | LogEnded]:
    with Watch(session.client, name) as watch:
        for one in containers:
            framed = not session.client.containers.inspect(one.id)["Config"].get("Tty")
            watch.follow_logs(
                one.service, one.name, one.id, framed=framed, since=options.since, until=options.until,
                tail=options.tail, timestamps=options.timestamps,
            )  # fmt: skip
        left = len(containers)
        while left:
            happening = watch.next()
            if isinstance(happening, (Wrote, LogEnded)):
                left -= isinstance(happening, LogEnded)
                yield happening
            elif isinstance(happening, Lost):
                raise happening.error


def top(session: Session, options: Namespace) -> Table:
    name, project = name_and_project(session, options)
    found = observe(session.client, name)
    titles: tuple[str, ...] = ("SERVICE", "CONTAINER")
    rows = []
    for one in selected(name, project, found, options.service):
        if one.is_running:
            body = session.client.containers.top(one.id)
            titles = ("SERVICE", "CONTAINER", *body["Titles"])
            rows += [(one.service, one.name, *map(str, process)) for process in body["Processes"]]
    return Table("processes", titles, tuple(row for row in rows if len(row) == len(titles)), rows)


def ls(session: Session, options: Namespace) -> ProjectTable | Message:
    """List the projects of the daemon, ours and those of other Composes."""
    found = session.client.containers.list(every=True, filters={"label": [labels.PROJECT]})
    projects: dict[str, dict[str, int]] = {}
    files = {}
    for one in found:
        states = projects.setdefault(one.labels[labels.PROJECT], {})
        states[one.state] = states.get(one.state, 0) + 1
        files[one.labels[labels.PROJECT]] = one.labels.get(labels.CONFIG_FILES, "")
    shown = {name: states for name, states in sorted(projects.items()) if options.all or "running" in states}
    for text in options.filter:
        kind, _, part = text.partition("=")
        if kind != "name":
            raise UsageError(f"ls: --filter {text!r}: it is name=, and a part of a name")
        shown = {name: states for name, states in shown.items() if part in name}
    if options.quiet:
        return Message(tuple(shown), tuple(shown))
    rows = tuple(
        (name, ", ".join(f"{state}({count})" for state, count in sorted(states.items())), files[name])
        for name, states in shown.items()
    )
    return ProjectTable("projects", ("NAME", "STATUS", "CONFIG FILES"), rows, list(shown))


def config(session: Session, options: Namespace) -> Message:
    """Write the file out in long form, or name what is in it."""
    project = the_project(session, options, options.service)
    if options.service:
        project = _only(project, with_dependencies(project.services, options.service))
    if options.quiet:
        return Message(())
    for key in ("services", "volumes", "networks", "images", "profiles"):
        if getattr(options, key):
            found = tuple(_names(project, key))
            return Message(found, found)
    if options.hash:
        wanted = list(project.services) if options.hash == "*" else options.hash.split(",")
        if missing := [one for one in wanted if one not in project.services]:
            raise NotFound(f"no service {missing[0]!r} in the file")
        hashes = {one: project.services[one].hash() for one in wanted}
        return Message(tuple(f"{one} {text}" for one, text in hashes.items()), tuple(hashes.values()))
    text = as_json(project) if options.format == "json" else as_yaml(project)
    if options.output:
        return _written(session, options.output, text)
    return Message(tuple(text.rstrip("\n").split("\n")), tuple(project.services))


def _written(session: Session, path: str, text: str) -> Message:
    try:
        (session.folder / path).write_text(text.rstrip("\n") + "\n")
    except OSError as error:
        raise ContainersError(f"cannot write {path}: {error.strerror}") from None
    return Message((f"wrote {path}",), (path,))


def _only(project: Project, names: Collection[str]) -> Project:
    """Return a project with some of its services, and the networks that they are on."""
    services = {name: service for name, service in project.services.items() if name in names}
    used = {key for service in services.values() for key in service.networks}
    return replace(
        project, services=services, networks={key: one for key, one in project.networks.items() if key in used}
    )


def _names(project: Project, kind: str) -> list[str]:
    services = project.services.values()
    if kind == "images":
        return list(dict.fromkeys(one.image for one in services))
    if kind == "profiles":
        return sorted({name for one in services for name in one.definition.get("profiles", ())})
    return list({"services": project.services, "volumes": project.volumes, "networks": project.networks}[kind])
