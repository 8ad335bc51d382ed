"""compose images, volumes, port, version: one thing of a project, or of Compose itself."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Collection
from datetime import datetime

from jupyter_containers.client.values import short_id
from jupyter_containers.commands.compose_life import selected
from jupyter_containers.commands.compose_project import name_and_project, the_project
from jupyter_containers.commands.quantities import ago, size_text
from jupyter_containers.commands.results import Message, Table
from jupyter_containers.commands.session import Session
from jupyter_containers.compose import labels
from jupyter_containers.compose.model import Project
from jupyter_containers.compose.observing import observe
from jupyter_containers.errors import NotFound
from jupyter_containers.version import __version__

_TITLES = ("CONTAINER", "REPOSITORY", "TAG", "PLATFORM", "IMAGE ID", "SIZE", "CREATED")
_NONE = "<none>"


def images(session: Session, options: Namespace) -> Table | Message:
    """List the images that containers of a project were made from, whether these run or not."""
    name, project = name_and_project(session, options)
    containers = selected(name, project, observe(session.client, name), options.service)
    used = {one.name: str(session.client.containers.inspect(one.id)["Image"]) for one in containers}
    if options.quiet:
        ids = tuple(dict.fromkeys(used.values()))
        return Message(ids, ids)
    rows = tuple(_row(session, container, image) for container, image in sorted(used.items()))
    return Table("images", _TITLES, rows)


def _row(session: Session, container: str, image: str) -> tuple[str, ...]:
    try:
        found = session.client.images.inspect(image)
    except NotFound:
        # Removed by force; its container has what it needs.
        return container, _NONE, _NONE, "", short_id(image), "", ""
    repository, _, tag = next(iter(found.get("RepoTags") or ()), f"{_NONE}:{_NONE}").rpartition(":")
    platform = "/".join(filter(None, (found.get("Os"), found.get("Architecture"), found.get("Variant"))))
    created = found.get("Created")
    age = ago(datetime.fromisoformat(created)) if created else ""
    return container, repository, tag, platform, short_id(image), size_text(found["Size"]), age


def volumes(session: Session, options: Namespace) -> Table | Message:
    """List the named volumes of a project that are there; those of services as the file has them."""
    keys = None
    if options.service:
        project = the_project(session, options, options.service)
        name, keys = project.name, _mounted(project, options.service)
    else:
        name, _ = name_and_project(session, options)
    found = session.client.volumes.list({"label": [f"{labels.PROJECT}={name}"]})
    meant = [one for one in found if keys is None or one["Labels"].get(labels.VOLUME) in keys]
    names = tuple(sorted(str(one["Name"]) for one in meant))
    if options.quiet:
        return Message(names, names)
    drivers = {str(one["Name"]): str(one["Driver"]) for one in meant}
    return Table("volumes", ("DRIVER", "VOLUME NAME"), tuple((drivers[one], one) for one in names))


def _mounted(project: Project, services: Collection[str]) -> set[str]:
    """Return the volumes of services by their names in the file."""
    return {
        str(mount.get("source", ""))
        for name in services for mount in project.services[name].definition.get("volumes", ())
        if mount["type"] == "volume"
    }  # fmt: skip


def version(_: Session, options: Namespace) -> Message:
    if options.short:
        return Message((__version__,), (__version__,))
    if options.format == "json":
        return Message((json.dumps({"version": __version__}),), (__version__,))
    return Message((f"jupyter-containers compose version {__version__}",), (__version__,))


def port(session: Session, options: Namespace) -> Message:
    """Tell where on this machine a port of a service is. Raises NotFound when it is published nowhere."""
    name, project = name_and_project(session, options)
    there = [one for one in selected(name, project, observe(session.client, name), [options.service]) if one.is_running]
    number = options.index or 1
    container = next((one for one in there if one.number == number and not one.is_oneoff), None)
    if container is None:
        raise NotFound(f"no container of {options.service} number {number} runs in {name}; compose up starts it")
    wanted = f"{options.port}/{options.protocol}"
    ports = session.client.containers.inspect(container.id)["NetworkSettings"]["Ports"] or {}
    places = ports.get(wanted)
    if not places:
        raise NotFound(f"{container.name} publishes no port {wanted}; write it under ports: of {options.service}")
    # As docker compose, the first only: the others are the same port at other addresses.
    text = f"{places[0]['HostIp']}:{places[0]['HostPort']}"
    return Message((text,), (text,))
