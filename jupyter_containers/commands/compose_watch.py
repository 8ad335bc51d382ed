"""compose watch: services are brought up, and kept as the files are that they are made from."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from jupyter_containers.commands.compose_images import prepare_images
from jupyter_containers.commands.compose_project import the_project
from jupyter_containers.commands.compose_result import ProjectResult
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.run_result import Interrupted
from jupyter_containers.commands.session import Session
from jupyter_containers.commands.terminals import connector
from jupyter_containers.compose.attending import Course
from jupyter_containers.compose.developing import Developing
from jupyter_containers.compose.model import Project, Service
from jupyter_containers.compose.planning import Wishes, chosen
from jupyter_containers.compose.triggers import REBUILD, Trigger, triggers_of
from jupyter_containers.compose.up import up
from jupyter_containers.compose.watching import LogEnded, Lost, Watch, Wrote
from jupyter_containers.errors import ContainersError, NotFound


def watch(session: Session, options: Namespace) -> ProjectResult:
    """Watch until somebody ends it. Raises Interrupted then; the services run on."""
    project = the_project(session, options, options.service)
    wishes = Wishes(services=tuple(options.service))
    developing = developing_of(session, project, wishes, prunes=not options.no_prune)
    if not options.no_up:
        project = _built(project)
        prepare_images(session, project, wishes)
    result = ProjectResult("watch", project.name, project)
    with session.front.live(result) as tell:
        try:
            if not options.no_up:
                tell(up(session.client, project, wishes, Course(), tell))
            with Watch(session.client, project.name) as happenings:
                developing.begin(happenings.put)
                while True:
                    happening = happenings.next()
                    if isinstance(happening, Lost):
                        raise happening.error
                    if not isinstance(happening, (Wrote, LogEnded)):
                        tell(happening)
        except ContainersError as error:
            tell(error)
            raise
        except KeyboardInterrupt as error:
            tell(error)
            raise Interrupted(
                f"the watch of {project.name} was stopped; its services run on, and compose down ends them", result
            ) from None
        finally:
            developing.close()


def developing_of(session: Session, project: Project, wishes: Wishes, *, prunes: bool = True) -> Developing:
    """Return what follows the rules of the services that are meant. Raises NotFound if there are none, UsageError."""
    services = [project.services[name] for name in chosen(project, wishes)]
    rules = [rule for service in services for rule in _rules(session, service)]
    if not rules:
        raise NotFound(f"none of {', '.join(one.name for one in services)} has develop.watch in the file")
    for rule in rules:
        if not rule.path.exists():
            raise NotFound(f"services.{rule.service}.develop.watch: there is no {rule.path}")
        if rule.action == REBUILD and wishes.no_build:
            raise UsageError(f"--no-build: {rule.service} wants to be rebuilt when {rule.path} changes; leave it out")
    return Developing(project, rules, connector(session), prunes=prunes)


def _rules(session: Session, service: Service) -> Sequence[Trigger]:
    found = []
    mounted = [Path(one["source"]) for one in service.definition.get("volumes", ()) if one["type"] == "bind"]
    for rule in triggers_of(service):
        if rule.syncs and any(rule.path.is_relative_to(place) for place in mounted):
            session.front.note(f"note: {rule.path} is mounted in {service.name} already, and is not watched for it")
        else:
            found.append(rule)
    return found


def _built(project: Project) -> Project:
    """Return a project whose services that are watched are built, also if their images are there."""
    services = {
        name: replace(one, definition={**one.definition, "pull_policy": "build"})
        if one.build is not None and one.definition.get("develop") else one
        for name, one in project.services.items()
    }  # fmt: skip
    return replace(project, services=services)
