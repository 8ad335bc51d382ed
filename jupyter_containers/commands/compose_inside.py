"""compose cp, attach, export, commit: into and out of the containers of a service."""

from __future__ import annotations

from argparse import Namespace

from jupyter_containers.commands import committing, copying, terminals
from jupyter_containers.commands.compose_life import selected
from jupyter_containers.commands.compose_project import name_and_project
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Message, Result
from jupyter_containers.commands.session import Session
from jupyter_containers.compose.observing import Container, observe
from jupyter_containers.errors import NotFound


def copy(session: Session, options: Namespace) -> Message:
    """Copy out of one container of a service, or into all of them, as docker compose does."""
    source, target = copying.split(options.source), copying.split(options.target)
    if bool(source[0]) == bool(target[0]):
        raise UsageError("cp: one side is SERVICE:PATH, the other a path here")
    service = source[0] or target[0]
    there = containers_of(session, options, service)
    lines: list[str] = []
    for one in there[:1] if source[0] else there:
        words = Namespace(
            source=f"{one.name}:{source[1]}" if source[0] else options.source,
            target=f"{one.name}:{target[1]}" if target[0] else options.target,
        )
        lines += copying.copy(session, words).lines
    return Message(tuple(lines), (options.target,))


def attach(session: Session, options: Namespace) -> Result:
    """Go to the process of a service's container. Raises NotFound for one that does not run."""
    there = [one for one in containers_of(session, options, options.service) if one.is_running]
    if not there:
        raise NotFound(f"no container of {options.service} runs; compose up starts it")
    options.container = there[0].name
    return terminals.attach(session, options)


def export(session: Session, options: Namespace) -> Message:
    """Write the files of a service's container into a tar: of the first, or that of --index. Raises NotFound."""
    options.container = containers_of(session, options, options.service)[0].name
    return committing.export(session, options)


def commit(session: Session, options: Namespace) -> Message:
    """Make an image of a service's container: of the first, or that of --index. Raises NotFound."""
    options.container = containers_of(session, options, options.service)[0].name
    return committing.commit(session, options)


def containers_of(session: Session, options: Namespace, service: str) -> list[Container]:
    """Return the containers of a service by their numbers, or only the one of --index. Raises NotFound."""
    name, project = name_and_project(session, options)
    there = [one for one in selected(name, project, observe(session.client, name), [service]) if not one.is_oneoff]
    there = sorted(there, key=lambda one: one.number)
    if options.index:
        there = [one for one in there if one.number == options.index]
    if not there:
        which = f"{service}{f' number {options.index}' if options.index else ''}"
        raise NotFound(f"there is no container of {which} in {name}; compose up makes it")
    return there
