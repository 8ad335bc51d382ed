"""compose down, stop, start, restart, rm, kill, pause, unpause: what is there of a project."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Collection, Sequence

from jupyter_containers.client import Client
from jupyter_containers.commands.compose_project import name_and_project
from jupyter_containers.commands.compose_result import ProjectResult
from jupyter_containers.commands.containers import each
from jupyter_containers.commands.results import Message
from jupyter_containers.commands.run_result import Interrupted
from jupyter_containers.commands.session import Session
from jupyter_containers.compose.ending import DownWishes, ending_groups, plan_down, plan_remove, plan_stop
from jupyter_containers.compose.executing import Executor
from jupyter_containers.compose.model import Project
from jupyter_containers.compose.observing import Container, Found, observe
from jupyter_containers.compose.operations import Plan
from jupyter_containers.compose.shapes import near
from jupyter_containers.compose.up import restart as restart_services
from jupyter_containers.compose.up import start as start_services
from jupyter_containers.errors import ContainersError, NotFound


def down(session: Session, options: Namespace) -> ProjectResult | Message:
    name, project = name_and_project(session, options)
    client = session.client
    found = observe(client, name)
    wishes = DownWishes(
        tuple(options.service), options.volumes, options.rmi, options.remove_orphans, options.timeout
    )  # fmt: skip
    if options.service:
        selected(name, project, found, options.service)
    plan = plan_down(name, project, found, wishes)
    if options.dry_run:
        lines = tuple(operation.describe() for operation in plan)
        return Message(lines or (f"there is nothing of {name}",), lines)
    return carried_out(session, "down", name, plan, project=project, found=found)


def carried_out(
    session: Session, verb: str, name: str, plan: Plan, *, project: Project | None, found: Found
) -> ProjectResult:
    """Carry out a plan and show it. Raises Interrupted when the user gave up, ContainersError for what fails."""
    result = ProjectResult(verb, name, project)
    with session.front.live(result) as tell:
        try:
            Executor(session.client, project, found, tell).carry_out(plan)
            tell(None)
        except ContainersError as error:
            tell(error)
            raise
        except KeyboardInterrupt as error:
            tell(error)
            raise Interrupted(f"{verb} of {name} was given up; say it again to go on", result) from None
    return result


def selected(name: str, project: Project | None, found: Found, services: Sequence[str]) -> list[Container]:
    """Return the containers of services, or of all. Raises NotFound for a service that nobody knows."""
    known = {one.service for one in found.containers} | set(project.services if project is not None else ())
    for service in services:
        if service not in known:
            raise NotFound(f"no service {service!r} in {name}{near(service, known)}")
    return [one for one in found.containers if (one.service in services if services else not one.is_oneoff)]


def stop(session: Session, options: Namespace) -> ProjectResult:
    name, project, found, meant = _meant(session, options)
    plan = plan_stop(meant, options.timeout)
    return carried_out(session, "stop", name, plan, project=project, found=found)


def remove(session: Session, options: Namespace) -> ProjectResult:
    name, project, found, meant = _meant(session, options)
    steps: Plan = plan_stop(meant) if options.stop else ()
    ended = meant if options.stop else [one for one in meant if not one.is_running]
    plan = (*steps, *plan_remove(ended, volumes=options.volumes))
    return carried_out(session, "rm", name, plan, project=project, found=found)


def start(session: Session, options: Namespace) -> Message:
    name, project, _, meant = _meant(session, options)
    if not meant:
        raise NotFound(f"there are no containers of {name} to start; compose up makes them")
    started = start_services(session.client, project, meant)
    return Message((f"started {', '.join(started)}" if started else "all of them run already",), tuple(started))


def restart(session: Session, options: Namespace) -> Message:
    _, project, _, meant = _meant(session, options)
    names = restart_services(session.client, project, meant, options.timeout, with_needs=not options.no_deps)
    return Message((f"restarted {', '.join(names)}" if names else "there is nothing to restart",), tuple(names))


def kill(session: Session, options: Namespace) -> Message:
    signal = options.signal.upper().removeprefix("SIG")
    return _each(session, options, f"sent {signal} to", lambda client, one: client.containers.kill(one.id, signal))


def pause(session: Session, options: Namespace) -> Message:
    running = {"running"}
    return _each(session, options, "paused", lambda client, one: client.containers.pause(one.id), states=running)


def unpause(session: Session, options: Namespace) -> Message:
    paused = {"paused"}
    return _each(session, options, "unpaused", lambda client, one: client.containers.unpause(one.id), states=paused)


def _each(
    session: Session, options: Namespace, verb: str, action: Callable[[Client, Container], object], *,
    states: Collection[str] = frozenset({"running", "restarting", "paused"}),
) -> Message:  # fmt: skip
    _, _, _, meant = _meant(session, options)
    there = {one.name: one for one in meant if one.state in states}
    if not there:
        return Message((f"none of them is {' or '.join(sorted(states))}",))
    return each(session, list(there), verb, lambda name: action(session.client, there[name]))


def _meant(session: Session, options: Namespace) -> tuple[str, Project | None, Found, list[Container]]:
    name, project = name_and_project(session, options)
    found = observe(session.client, name)
    meant = selected(name, project, found, options.service)
    groups = ending_groups(meant)
    return name, project, found, sorted(meant, key=lambda one: (-groups[one.service], one.number))
