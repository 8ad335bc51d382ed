"""`up`: what is there becomes what the file says.

    observe ─▶ plan ─▶ networks, volumes, containers (executing.py) ─▶ started and watched (attending.py)

Images have been built or fetched before (plan_images): that takes long, and is shown in other ways.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from jupyter_containers.client import Client
from jupyter_containers.client.interrupts import Interrupts
from jupyter_containers.compose.attending import Attending, Beside, Course
from jupyter_containers.compose.executing import Executor
from jupyter_containers.compose.hooks import before_stop, run_hooks
from jupyter_containers.compose.members import Member, Status
from jupyter_containers.compose.model import Project
from jupyter_containers.compose.observing import Container, observe
from jupyter_containers.compose.operations import StartContainer
from jupyter_containers.compose.ordering import with_dependencies
from jupyter_containers.compose.planning import Wishes, chosen, orphans, plan_up
from jupyter_containers.compose.watching import Interrupt, Watch
from jupyter_containers.errors import ContainersError

Tell = Callable[[object], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the containers of the services are at the end. `interrupts` counts those that were taken as a stop."""

    members: tuple[Status, ...] = ()
    interrupts: int = 0
    orphans: tuple[str, ...] = ()
    # The service whose container ended first, and its exit code.
    first_end: tuple[str, int | None] | None = None


def up(
    client: Client, project: Project, wishes: Wishes, course: Course, tell: Tell, *,
    beside: Beside | None = None,
) -> Outcome:  # fmt: skip
    """Make, start and watch a project's containers as far as `course` goes; `beside` works on them meanwhile.

    Interrupted while it makes containers, new ones that have not been started are taken away again, and
    KeyboardInterrupt is raised; so it is when nobody follows. Raises ContainersError with a note of what was being
    done.
    """
    names = chosen(project, wishes)
    images = [project.services[name].image for name in names]
    found = observe(client, project.name, images)
    plan = plan_up(project, found, wishes)
    starts = [operation for operation in plan if isinstance(operation, StartContainer)]
    with Interrupts() as interrupts:
        executor = Executor(client, project, found, tell, interrupts.check)
        try:
            executor.carry_out(tuple(operation for operation in plan if operation not in starts))
            attending = _attend(
                client, project, course, tell, names=names, starts=starts, interrupts=interrupts, beside=beside
            )
        except BaseException:
            _take_back(client, executor)
            raise
    left = () if wishes.remove_orphans else tuple(one.name for one in orphans(project, found))
    first = attending.first_end
    return Outcome(
        tuple(member.status() for member in attending.members.values()), interrupts.count, left,
        None if first is None else (first.service, first.exit_code),
    )  # fmt: skip


def _attend(
    client: Client, project: Project, course: Course, tell: Tell, *, names: Sequence[str],
    starts: Sequence[StartContainer], interrupts: Interrupts, beside: Beside | None = None,
) -> Attending:  # fmt: skip
    with Watch(client, project.name) as watch:
        interrupts.deliver_to(lambda signal: watch.put(Interrupt(signal)))
        found = observe(client, project.name)
        members = {
            one.name: _member(client, one, watch.since) for name in names for one in found.of(name)
        }  # fmt: skip
        attending = Attending(client, project, found, watch, course, tell, members, list(starts), beside=beside)
        try:
            attending.run()
        finally:
            if beside is not None:
                beside.close()
        return attending


def _member(client: Client, container: Container, now: str) -> Member:
    member = Member(container.service, container.name, container.id)
    member.look(client.containers.inspect(container.id))
    # What one that has ended has written is known; one that was just made has written nothing yet.
    member.log_since = "" if member.state == "created" else now
    return member


def _take_back(client: Client, executor: Executor) -> None:
    """Remove the containers that were made here, replace no other, and have not been started."""
    for id_ in executor.made.values():
        with suppress(ContainersError):
            if client.containers.inspect(id_)["State"]["Status"] == "created":
                client.containers.remove(id_, force=True, volumes=True)


def start(client: Client, project: Project | None, containers: Sequence[Container]) -> list[str]:
    """Start containers that are there, as their needs allow; return the names of those that were started.

    What a service needs that the project does not have is not known in full: such start first, in the order given.
    """
    waiting = [one for one in containers if not one.is_running]
    unknown = [one for one in waiting if project is None or one.service not in project.services]
    for one in unknown:
        client.containers.start(one.id)
    if project is None or unknown == waiting:
        return [one.name for one in unknown]
    starts = [
        StartContainer(project.services[one.service], one.name, project.services[one.service].depends_on)
        for one in waiting
        if one not in unknown
    ]
    names = sorted({one.service for one in containers if one.service in project.services})
    names = with_dependencies(project.services, names)
    with Interrupts() as interrupts:
        attending = _attend(
            client, project, Course(), lambda _: None, names=names, starts=starts, interrupts=interrupts
        )
    return [*(one.name for one in unknown), *attending.begun]


def restart(
    client: Client, project: Project | None, containers: Sequence[Container], timeout_seconds: int | None, *,
    with_needs: bool = True,
) -> list[str]:  # fmt: skip
    """Restart containers, and those that want to be when these are; return their names."""
    meant = list(containers)
    if project is not None and with_needs:
        services = {one.service for one in containers}
        more = {
            service.name for service in project.services.values()
            if any(need.restart and need.service in services for need in service.depends_on)
        }  # fmt: skip
        there = observe(client, project.name).containers
        meant += [one for one in there if one.service in more - services and one.is_running]
    for one in meant:
        before_stop(client, project, one)
        client.containers.restart(one.id, timeout_seconds=timeout_seconds)
        if project is not None and one.service in project.services:
            run_hooks(client, project.services[one.service], "post_start", one.id)
    return [one.name for one in meant]
