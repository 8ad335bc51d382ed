"""compose build, pull, push: the images of a project's services; and those that up needs."""

from __future__ import annotations

from argparse import Namespace

from jupyter_containers.commands.build_result import BuildResult
from jupyter_containers.commands.compose_project import the_project
from jupyter_containers.commands.pulling import fetch
from jupyter_containers.commands.pushing import send
from jupyter_containers.commands.results import Message
from jupyter_containers.commands.run_result import Interrupted
from jupyter_containers.commands.session import Session
from jupyter_containers.compose import images
from jupyter_containers.compose.freshness import stale_images
from jupyter_containers.compose.model import Project, Service
from jupyter_containers.compose.observing import image_id
from jupyter_containers.compose.operations import BuildImage, PullImage
from jupyter_containers.compose.ordering import with_dependencies
from jupyter_containers.compose.planning import Wishes, chosen, plan_images
from jupyter_containers.errors import ContainersError, NotFound


def prepare_images(session: Session, project: Project, wishes: Wishes) -> None:
    """Build and fetch what containers will be made from, each with a picture of its own."""
    names = [project.services[name].image for name in chosen(project, wishes)]
    here = {name: id_ for name in names if (id_ := image_id(session.client, name))}
    stale = stale_images(session.client, [project.services[name] for name in chosen(project, wishes)])
    needed = [one for one in plan_images(project, wishes, here, stale) if isinstance(one, (BuildImage, PullImage))]
    for operation in images.in_order(project, needed):
        if isinstance(operation, BuildImage):
            build_image(session, project, operation.service, images.BuildWishes())
        else:
            _fetch(session, operation)


def _fetch(session: Session, operation: PullImage) -> None:
    service = operation.service
    try:
        fetch(session, service.image, str(service.definition.get("platform", "")))
    except ContainersError as error:
        raise NotFound(f"no image {service.image} for {service.name}: {error.message}") from error


def build_image(session: Session, project: Project, service: Service, wishes: images.BuildWishes) -> str:
    """Build a service's image, drawing its steps; return its id. Raises BuildFailed, Interrupted."""
    context, dockerfile = images.context_of(service)
    settings = images.settings_of(project, service, wishes)
    result = BuildResult(dockerfile, settings.tags)
    with session.front.live(result) as tell:
        try:
            return session.client.builds.build(context, settings, tell).image_id
        except ContainersError as error:
            tell(error)
            error.add_note(f"while the image of {service.name} was built")
            raise
        except KeyboardInterrupt as error:
            tell(error)
            raise Interrupted("the build was stopped; finished steps are in the cache", result) from None


def build(session: Session, options: Namespace) -> Message:
    project = the_project(session, options, options.service)
    names = with_dependencies(project.services, options.service) if options.with_dependencies else options.service
    meant = [one for one in project.services.values() if one.build is not None and (not names or one.name in names)]
    if not meant:
        return Message(("no service of these has build in the file",))
    args = dict(_argument(text) for text in options.build_arg)
    wishes = images.BuildWishes(options.no_cache, options.pull, args)
    for operation in images.in_order(project, map(BuildImage, meant)):
        build_image(session, project, operation.service, wishes)
    built = tuple(one.image for one in meant)
    return Message((f"built {', '.join(built)}",), built)


def _argument(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    return name, value if equals else None


def pull(session: Session, options: Namespace) -> Message:
    project = the_project(session, options, options.service)
    names = with_dependencies(project.services, options.service) if options.include_deps else options.service
    pulled = []
    for service in project.services.values():
        if (names and service.name not in names) or service.image in pulled or "image" not in service.definition:
            continue
        if service.build is not None and options.ignore_buildable:
            continue
        try:
            _fetch(session, PullImage(service))
        except ContainersError as error:
            if not options.ignore_pull_failures:
                raise
            session.front.note(f"note: {error.message}")
            continue
        pulled.append(service.image)
    return Message((f"pulled {', '.join(pulled)}" if pulled else "there is no image to pull",), tuple(pulled))


def push(session: Session, options: Namespace) -> Message:
    """Send what services build, under all its names. As in docker compose, what is only pulled stays here."""
    project = the_project(session, options, options.service)
    names = with_dependencies(project.services, options.service) if options.include_deps else options.service
    pushed: list[str] = []
    for service in project.services.values():
        if service.build is None or (names and service.name not in names):
            continue
        if "image" not in service.definition:
            session.front.note(f"note: {service.name} has no image: with a registry's host in the file; it is not sent")
            continue
        for image in dict.fromkeys((service.image, *service.build.get("tags", ()))):
            try:
                send(session, image)
            except ContainersError as error:
                if not options.ignore_push_failures:
                    error.add_note(f"while the image of {service.name} was sent")
                    raise
                session.front.note(f"note: {error.message}")
                continue
            pushed.append(image)
    return Message((f"pushed {', '.join(pushed)}" if pushed else "there is no image to push",), tuple(pushed))
