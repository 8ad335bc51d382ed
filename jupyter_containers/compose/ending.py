"""The way back: lists of operations that stop and remove what a project has. Pure.

They work from labels alone, so that a project can be ended whose file is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jupyter_containers.compose import labels
from jupyter_containers.compose.model import Project
from jupyter_containers.compose.observing import Container, Found
from jupyter_containers.compose.operations import (
    Operation,
    Plan,
    RemoveContainer,
    RemoveImage,
    RemoveNetwork,
    RemoveVolume,
    StopContainer,
)


@dataclass(frozen=True, slots=True)
class DownWishes:
    """What `down` is asked for. `images`: "local" for those without a name of their own, "all"; "" for none."""

    services: tuple[str, ...] = ()
    volumes: bool = False
    images: str = ""
    remove_orphans: bool = False
    timeout_seconds: int | None = None


def ending_groups(containers: Iterable[Container]) -> dict[str, int]:
    """Return the services in the order in which they end: those that need others before these, by number of a group."""
    needs: dict[str, set[str]] = {}
    for container in containers:
        needs.setdefault(container.service, set()).update(container.needs)
    waiting = {name: {need for need in given if need in needs and need != name} for name, given in needs.items()}
    groups: dict[str, int] = {}
    while waiting:
        # Labels may be anybody's: what waits for itself in a circle goes at once.
        needed = set().union(*waiting.values())
        ready = [name for name in waiting if name not in needed] or list(waiting)
        group = max(groups.values(), default=-1) + 1
        for name in ready:
            groups[name] = group
            del waiting[name]
    return groups


def plan_stop(containers: Sequence[Container], timeout_seconds: int | None = None) -> Plan:
    """Return what stops containers that run."""
    groups = ending_groups(containers)
    running = sorted((one for one in containers if one.is_running), key=lambda one: groups[one.service])
    return tuple(StopContainer(one, groups[one.service], timeout_seconds) for one in running)


def plan_remove(containers: Sequence[Container], *, volumes: bool = False) -> Plan:
    groups = ending_groups(containers)
    ordered = sorted(containers, key=lambda one: groups[one.service])
    return tuple(RemoveContainer(one, volumes=volumes) for one in ordered)


def plan_down(name: str, project: Project | None, found: Found, wishes: DownWishes) -> Plan:
    """Return what takes a project away; its external networks and volumes stay, as do images unless asked for.

    With a `project`, containers whose services it does not have stay, and the networks they are on, unless orphans
    are asked for.
    """
    containers = [one for one in found.containers if _is_meant(one, project, wishes)]
    steps: list[Operation] = [*plan_stop(containers, wishes.timeout_seconds), *plan_remove(containers, volumes=True)]
    if not wishes.services:
        left = [one for one in found.containers if one not in containers]
        steps += _networks(name, found) if not left else ()
        steps += _volumes(name, project, found) if wishes.volumes else ()
    steps += _images(project, containers, wishes)
    return tuple(steps)


def _is_meant(container: Container, project: Project | None, wishes: DownWishes) -> bool:
    if wishes.services:
        return container.service in wishes.services
    if project is None or wishes.remove_orphans or container.is_oneoff:
        return True
    return container.service in project.services or container.service in project.inactive


def _networks(name: str, found: Found) -> Iterator[RemoveNetwork]:
    for network, given in sorted(found.networks.items()):
        if given.get(labels.PROJECT) == name and labels.NETWORK in given:
            yield RemoveNetwork(network)


def _volumes(name: str, project: Project | None, found: Found) -> Iterator[RemoveVolume]:
    external = {volume.name for volume in project.volumes.values() if volume.is_external} if project else set()
    for volume, given in sorted(found.volumes.items()):
        if _is_own(name, given) and volume not in external:
            yield RemoveVolume(volume)


def _is_own(name: str, given: Mapping[str, str]) -> bool:
    return given.get(labels.PROJECT) == name and labels.VOLUME in given


def _images(project: Project | None, containers: Sequence[Container], wishes: DownWishes) -> Iterator[RemoveImage]:
    if not wishes.images:
        return
    names: dict[str, None] = {}
    for service in project.services.values() if project is not None else ():
        if wishes.services and service.name not in wishes.services:
            continue
        if wishes.images == "all" or (service.build is not None and "image" not in service.definition):
            names[service.image] = None
    if project is None and wishes.images == "all":
        names |= {one.summary.image: None for one in containers}
    for name in names:
        yield RemoveImage(name)
