"""compose up: the services of a file run, and are shown while they do."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence

from jupyter_containers.commands.compose_images import prepare_images
from jupyter_containers.commands.compose_project import the_project
from jupyter_containers.commands.compose_result import ProjectResult
from jupyter_containers.commands.compose_watch import developing_of
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Message
from jupyter_containers.commands.run_result import Interrupted
from jupyter_containers.commands.session import Session
from jupyter_containers.compose.attending import Course
from jupyter_containers.compose.freshness import stale_images
from jupyter_containers.compose.model import Project
from jupyter_containers.compose.observing import observe
from jupyter_containers.compose.planning import Wishes, chosen, plan_images, plan_up
from jupyter_containers.compose.up import Outcome
from jupyter_containers.compose.up import up as bring_up
from jupyter_containers.errors import ContainersError, NotFound

# Who does not stay cannot end with anybody, and what is not started is not there.
_EXCLUSIVE = (
    ("--build", "--no-build"), ("--force-recreate", "--no-recreate"), ("--no-start", "--wait"),
    *((one, other) for one in ("--abort-on-container-exit", "--exit-code-from", "--watch")
      for other in ("--detach", "--wait", "--no-start")),
)  # fmt: skip


# What the verbs beside up do not ask for.
_UNSAID: Mapping[str, object] = {
    "detach": False, "wait": False, "wait_timeout": None, "renew_anon_volumes": False, "no_deps": False,
    "abort_on_container_exit": False, "exit_code_from": "", "attach": (), "no_attach": (), "timeout": None,
    "watch": False, "build": False, "no_build": False, "pull": "", "force_recreate": False, "no_recreate": False,
    "no_start": False, "remove_orphans": False, "dry_run": False,
}  # fmt: skip


class ServiceFailed(ContainersError):
    """The service whose exit code was asked for ended with another than 0. `result` has the output."""

    def __init__(self, result: ProjectResult, service: str) -> None:
        super().__init__(f"exit code {result.exit_code} of {service}", exit_code=result.exit_code)
        self.result = result


def create(session: Session, options: Namespace) -> ProjectResult | Message:
    """Make what up would, and start nothing."""
    return up(session, Namespace(**{**_UNSAID, **vars(options), "no_start": True}), verb="create")


def scale(session: Session, options: Namespace) -> ProjectResult | Message:
    """Run so many containers of services, in the background; the others stay as they are."""
    given = {**_UNSAID, **vars(options), "service": [*scale_of(options.scale)], "detach": True}
    return up(session, Namespace(**given), verb="scale")


def up(session: Session, options: Namespace, *, verb: str = "up") -> ProjectResult | Message:
    """Bring a project up; followed to its end unless -d or --wait. Raises Interrupted when the user ended it."""
    wishes = wishes_of(options, verb)
    project = the_project(session, options, (*wishes.services, *wishes.scale))
    if options.dry_run:
        return _planned(session, project, wishes)
    beside = developing_of(session, project, wishes) if options.watch else None
    prepare_images(session, project, wishes)
    result = ProjectResult(verb, project.name, project)
    course = _course(options, project, wishes)
    with session.front.live(result) as tell:
        try:
            outcome = bring_up(session.client, project, wishes, course, tell, beside=beside)
            tell(outcome)
        except ContainersError as error:
            tell(error)
            raise
        except KeyboardInterrupt as error:
            tell(error)
            raise Interrupted(
                f"{verb} of {project.name} was given up; what is new and had not been started is removed", result
            ) from None
    return _judged(session, options, result, outcome)


def _judged(session: Session, options: Namespace, result: ProjectResult, outcome: Outcome) -> ProjectResult:
    if outcome.orphans and not session.is_magic:
        session.front.note(result.orphans_told())
    if outcome.interrupts:
        how = "stopped" if outcome.interrupts == 1 else "killed"
        raise Interrupted(f"the services of {result.name} were {how}; compose down removes them", result)
    first, code = outcome.first_end or ("", None)
    service = options.exit_code_from or (first if options.abort_on_container_exit else "")
    if service:
        codes = [one.exit_code for one in outcome.members if one.service == service and one.exit_code is not None]
        # Its others were stopped.
        result.exit_code = code if service == first else next(iter(codes), None)
        if result.exit_code:
            raise ServiceFailed(result, service)
    return result


def _planned(session: Session, project: Project, wishes: Wishes) -> Message:
    images = [project.services[name].image for name in chosen(project, wishes)]
    found = observe(session.client, project.name, images)
    stale = stale_images(session.client, [project.services[name] for name in chosen(project, wishes)])
    plan = (*plan_images(project, wishes, found.images, stale), *plan_up(project, found, wishes))
    lines = tuple(operation.describe() for operation in plan) or (f"nothing is to be done for {project.name}",)
    return Message(lines, tuple(operation.describe() for operation in plan))


def wishes_of(options: Namespace, verb: str = "up") -> Wishes:
    """Return what the options ask for. Raises UsageError."""
    for one, other in _EXCLUSIVE:
        if _is_given(options, one) and _is_given(options, other):
            raise UsageError(f"{verb}: both {one} and {other}; leave one of them out")
    if options.wait_timeout is not None and not options.wait:
        raise UsageError("up: --wait-timeout is for --wait")
    return Wishes(
        services=tuple(options.service),
        scale=scale_of(options.scale),
        force_recreate=options.force_recreate,
        no_recreate=options.no_recreate,
        no_deps=options.no_deps,
        no_start=options.no_start,
        remove_orphans=options.remove_orphans,
        renew_volumes=options.renew_anon_volumes,
        build=options.build,
        no_build=options.no_build,
        pull=options.pull,
        stop_seconds=options.timeout,
    )


def _is_given(options: Namespace, name: str) -> bool:
    return bool(getattr(options, name.removeprefix("--").replace("-", "_")))


def scale_of(texts: Sequence[str]) -> dict[str, int]:
    """Read `web=3`. Raises UsageError."""
    found = {}
    for text in texts:
        name, _, count = text.partition("=")
        if not name or not (count.isascii() and count.isdigit() and len(count) < 5):
            raise UsageError(f"--scale {text!r}: write SERVICE=NUMBER")
        found[name] = int(count)
    return found


def _course(options: Namespace, project: Project, wishes: Wishes) -> Course:
    names = chosen(project, wishes)
    follows = not options.detach and not options.wait and not wishes.no_start
    for name in (*options.attach, *options.no_attach, *filter(None, [options.exit_code_from])):
        if name not in names:
            raise NotFound(f"no service {name!r} is among those that are to run")
    silent = {name for name in names if project.services[name].definition.get("attach") is False}
    silent |= {*options.no_attach} | ({*names} - {*options.attach} if options.attach else set())
    return Course(
        follows=follows,
        waits=options.wait,
        wait_seconds=options.wait_timeout,
        silent=tuple(silent),
        stops_with=options.exit_code_from or ("*" if options.abort_on_container_exit else ""),
        stop_seconds=options.timeout,
    )
