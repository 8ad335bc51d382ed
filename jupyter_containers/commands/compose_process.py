"""compose exec and run: a process in a service's container, or in one more container of a service."""

from __future__ import annotations

import secrets
import sys
from argparse import Namespace
from dataclasses import replace

from jupyter_containers.client.run_settings import absolute_source
from jupyter_containers.client.runs import Luggage
from jupyter_containers.commands import keyboard, run, run_arguments
from jupyter_containers.commands.compose_images import build_image, prepare_images
from jupyter_containers.commands.compose_life import selected
from jupyter_containers.commands.compose_project import name_and_project, the_project
from jupyter_containers.commands.compose_result import ProjectResult
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.commands.session import Session
from jupyter_containers.commands.terminal_session import TerminalSession
from jupyter_containers.compose.attending import Course
from jupyter_containers.compose.executing import Executor
from jupyter_containers.compose.images import BuildWishes
from jupyter_containers.compose.model import Project, Service
from jupyter_containers.compose.observing import observe
from jupyter_containers.compose.planning import Wishes
from jupyter_containers.compose.short_forms import ports, volume
from jupyter_containers.compose.source import Place, plain, planted
from jupyter_containers.compose.up import up as bring_up
from jupyter_containers.errors import ContainersError, NotFound


def exec_(session: Session, options: Namespace) -> RunResult | TerminalSession | None:
    """Run a process in a container of a service that runs; the cell's body is a script, as for exec."""
    name, project = name_and_project(session, options, body_is_file=False)
    found = observe(session.client, name)
    there = [one for one in selected(name, project, found, [options.service]) if one.is_running and not one.is_oneoff]
    there.sort(key=lambda one: one.number)
    if options.index:
        there = [one for one in there if one.number == options.index]
    if not there:
        which = f"{options.service}{f' number {options.index}' if options.index else ''}"
        raise NotFound(f"no container of {which} runs in {name}; compose up starts it")
    options.container, options.env_file = there[0].name, []
    _give_terminal(session, options)
    return run.exec_(session, options)


def _give_terminal(session: Session, options: Namespace) -> bool:
    """Ask for a terminal where somebody sits at one, as docker compose does."""
    if session.is_magic or options.no_tty or options.detach or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    options.tty = options.interactive = True
    return True


def run_(session: Session, options: Namespace) -> RunResult:
    """Run one more container of a service to its end, and remove it; the cell's body is a script, as for run."""
    project = the_project(session, options, [options.service], body_is_file=False)
    service = with_options(session, project.services[options.service], options)
    _prepare(session, project, service, options)
    client = session.client
    executor = Executor(client, project, observe(client, project.name), lambda _: None)
    name = options.name or f"{project.name}-{service.name}-run-{secrets.token_hex(6)}"
    settings, prepare = executor.oneoff(service, name)
    stdin = session.body.encode() if session.body.strip() and options.command else None
    keeps = not session.is_magic and not options.rm
    settings = replace(settings, auto_remove=not keeps, stdin=stdin is not None)
    options.detach = False
    luggage = Luggage(pack=prepare, unpack=lambda _: None)
    if _give_terminal(session, options):
        return keyboard.run(session, settings, terminal=True, stdin=True, luggage=luggage)
    result = RunResult(service.image, run_arguments.shown_command(options, session.body), where=service.name)
    run.attend(session, result, lambda output: client.runs.run(settings, output, stdin=stdin, luggage=luggage))
    return run.judged(session, result, raises=session.is_magic and not options.no_raise_error)


def with_options(session: Session, service: Service, options: Namespace) -> Service:
    """Return a service as a run of it is asked for: without its ports, and with what the options say."""
    given = dict(service.definition)
    for key in ("container_name", *(() if options.service_ports else ("ports",))):
        given.pop(key, None)
    words = options.command[1:] if options.command[:1] == ["--"] else options.command
    if words:
        given["command"] = list(words)
    elif session.body.strip():
        given["command"], given["entrypoint"] = ["-c", session.body], ["sh"]
    if options.entrypoint is not None:
        given["entrypoint"] = options.entrypoint
    for key, value in (("working_dir", options.workdir), ("user", options.user)):
        if value:
            given[key] = value
    more = [
        plain(volume(planted(absolute_source(text, session.folder), Place("-v", 1)), "volume"))
        for text in options.volume
    ]
    given["volumes"] = [*given.get("volumes", ()), *more]
    given["ports"] = [*given.get("ports", ()), *(
        plain(one) for text in options.publish for one in ports(planted(text, Place("--publish", 1)), "port")
    )]  # fmt: skip
    for key, words in (("cap_add", options.cap_add), ("cap_drop", options.cap_drop)):
        given[key] = [*given.get(key, ()), *words]
    labels = dict(text.partition("=")[::2] for text in options.label)
    variables = dict(text.partition("=")[::2] for text in run_arguments.with_values(options.env))
    environment = {**service.environment, **variables}
    return replace(service, definition=given, environment=environment, labels={**service.labels, **labels})


def _prepare(session: Session, project: Project, service: Service, options: Namespace) -> None:
    """Build or fetch images, and bring up what the service needs, until it is as it needs it."""
    if options.build and service.build is not None:
        build_image(session, project, service, BuildWishes())
    needs = tuple(need.service for need in service.depends_on)
    names = (service.name,) if options.no_deps else (service.name, *needs)
    prepare_images(session, project, Wishes(names, no_deps=options.no_deps))
    if options.no_deps or not needs:
        _make_places(session, project, service)
        return
    result = ProjectResult("up", project.name, project)
    course = Course(needs=service.depends_on)
    with session.front.live(result) as tell:
        try:
            tell(bring_up(session.client, project, Wishes(needs), course, tell))
        except ContainersError as error:
            tell(error)
            raise
    _make_places(session, project, service)


def _make_places(session: Session, project: Project, service: Service) -> None:
    """Make the networks and volumes that the service itself needs, and nothing of the service."""
    wishes = Wishes((service.name,), no_deps=True, places_only=True)
    bring_up(session.client, project, wishes, Course(), lambda _: None)
