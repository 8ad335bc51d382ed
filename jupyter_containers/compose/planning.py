"""From what a project should be and what is there to a list of operations. Pure.

Networks and volumes come first, then containers in the order of their needs, made or made anew; then they start. A
container stays as it is while its labels tell the same fingerprint and the same image.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jupyter_containers.compose import labels
from jupyter_containers.compose.freshness import refresh_age
from jupyter_containers.compose.model import Network, Project, Service, Volume, digest
from jupyter_containers.compose.observing import Container, Found
from jupyter_containers.compose.operations import (
    BuildImage,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    Operation,
    Plan,
    PullImage,
    RecreateContainer,
    RemoveContainer,
    StartContainer,
    StopContainer,
)
from jupyter_containers.compose.ordering import levels, with_dependencies
from jupyter_containers.errors import Conflict, InvalidParameter, NotFound
from jupyter_containers.version import __version__


@dataclass(frozen=True, slots=True)
class Wishes:
    """What `up` is asked for beyond the file. `services` empty: all of them."""

    services: tuple[str, ...] = ()
    scale: Mapping[str, int] = field(default_factory=dict, hash=False)
    force_recreate: bool = False
    no_recreate: bool = False
    no_deps: bool = False
    no_start: bool = False
    remove_orphans: bool = False
    renew_volumes: bool = False
    # Networks and volumes, and no container.
    places_only: bool = False
    build: bool = False
    no_build: bool = False
    pull: str = ""
    # Until what is stopped is killed; None: as each service has it.
    stop_seconds: int | None = None


def chosen(project: Project, wishes: Wishes) -> list[str]:
    """Return the services that are meant, with what they need, in the order of the file."""
    if not wishes.services:
        return list(project.services)
    if wishes.no_deps:
        return [name for name in project.services if name in wishes.services]
    return with_dependencies(project.services, wishes.services)


def plan_images(
    project: Project, wishes: Wishes, images: Mapping[str, str], stale: Collection[str] = frozenset()
) -> Plan:
    """Return what must be built or fetched before containers can be made; `images` are here. Raises NotFound.

    `stale` are those of them that are older than their services want.
    """
    found: list[BuildImage | PullImage] = []
    services = [project.services[name] for name in chosen(project, wishes)]
    # Who builds an image that others only name comes first: no registry has it.
    for service in sorted(services, key=lambda one: one.build is None):
        if any(one.service.image == service.image for one in found):
            continue
        policy = wishes.pull or str(service.definition.get("pull_policy", "missing"))
        is_here = service.image in images
        if service.build is not None and not wishes.no_build and (wishes.build or policy == "build" or not is_here):
            found.append(BuildImage(service))
        elif ((policy == "always" or _is_refreshed(service, wishes, stale)) and "image" in service.definition) or (
            not is_here and policy != "never" and service.build is None
        ):
            found.append(PullImage(service))
        elif not is_here:
            raise NotFound(f"no image {service.image} here for {service.name}, and it is not to be built or pulled")
    return tuple(found)


def _is_refreshed(service: Service, wishes: Wishes, stale: Collection[str]) -> bool:
    return not wishes.pull and service.image in stale and refresh_age(service) is not None


def plan_up(project: Project, found: Found, wishes: Wishes) -> Plan:
    """Return what makes the project as it should be. Raises Conflict, NotFound, InvalidParameter."""
    return tuple(_Planner(project, found, wishes).operations())


class _Planner:
    def __init__(self, project: Project, found: Found, wishes: Wishes) -> None:
        self._project = project
        self._found = found
        self._wishes = wishes
        self._names = chosen(project, wishes)
        # Services whose containers are made anew in this plan.
        self._renewed: set[str] = set()
        for name in wishes.scale:
            if name not in project.services:
                raise NotFound(f"no service {name!r} to scale")

    def operations(self) -> Iterator[Operation]:
        used = {key for name in self._names for key in self._project.services[name].networks}
        for key in used:
            yield from self._network(self._project.networks[key])
        for volume in self._project.volumes.values():
            yield from self._volume(volume)
        if self._wishes.places_only:
            return
        if self._wishes.remove_orphans:
            yield from self._orphans()
        starts: list[StartContainer] = []
        for name in (name for level in levels(self._project.services, self._names) for name in level):
            yield from self._service(self._project.services[name], starts)
        if not self._wishes.no_start:
            yield from starts

    def _network(self, network: Network) -> Iterator[CreateNetwork]:
        there = self._found.networks.get(network.name)
        if network.is_external:
            if there is None and network.name not in ("host", "none", "bridge"):
                raise NotFound(f"no network {network.name}, which the file calls external; make it first")
        elif there is None:
            yield CreateNetwork(network)
        else:
            self._check_same("network", network, there)

    def _volume(self, volume: Volume) -> Iterator[CreateVolume]:
        there = self._found.volumes.get(volume.name)
        if volume.is_external:
            if there is None:
                raise NotFound(f"no volume {volume.name}, which the file calls external; make it first")
        elif there is None:
            yield CreateVolume(volume)
        else:
            self._check_same("volume", volume, there)

    def _check_same(self, kind: str, wanted: Network | Volume, there: Mapping[str, str]) -> None:
        owner = there.get(labels.PROJECT)
        if owner != self._project.name:
            whose = f"project {owner}" if owner else "somebody else"
            raise Conflict(f"{kind} {wanted.name} was made by {whose}; call it external in the file, or name another")
        known = there.get(labels.HASH)
        # Another Compose counts fingerprints in another way; what it has made is taken as it is.
        if known and there.get(labels.VERSION) == __version__ and known != digest(wanted.definition):
            raise Conflict(
                f"{kind} {wanted.name} is there with other settings; `compose down"
                f"{' -v' if kind == 'volume' else ''}` removes it first"
            )

    def _orphans(self) -> Iterator[StopContainer | RemoveContainer]:
        yield from self._away(orphans(self._project, self._found), "its service is not in the file")

    def _away(self, containers: Sequence[Container], reason: str) -> Iterator[StopContainer | RemoveContainer]:
        yield from (self._stopped(one) for one in containers if one.is_running)
        yield from (RemoveContainer(one, reason) for one in containers)

    def _stopped(self, container: Container) -> StopContainer:
        return StopContainer(container, timeout_seconds=self._wishes.stop_seconds)

    def _service(self, service: Service, starts: list[StartContainer]) -> Iterator[Operation]:
        wanted = self._wishes.scale.get(service.name, service.scale)
        if wanted > 1 and "container_name" in service.definition:
            raise InvalidParameter(f"service {service.name} has a container_name, and cannot have {wanted} containers")
        there = self._found.of(service.name)
        yield from self._away(there[wanted:], f"{wanted} of {service.name} are wanted")
        needs = () if self._wishes.no_deps else service.depends_on
        for container in there[:wanted]:
            reason, name = self._reason(service, container), container.name
            if reason:
                self._renewed.add(service.name)
                name = container_name(self._project, service, container.number)
                yield RecreateContainer(
                    service,
                    container.number,
                    name,
                    container,
                    reason,
                    not self._wishes.renew_volumes,
                    self._wishes.stop_seconds,
                )
            elif any(need.restart and need.service in self._renewed for need in service.depends_on):
                yield self._stopped(container)
            elif container.is_running:
                continue
            starts.append(StartContainer(service, name, needs))
        for number in self._free_numbers(there, wanted):
            name = container_name(self._project, service, number)
            yield CreateContainer(service, number, name)
            starts.append(StartContainer(service, name, needs))

    def _free_numbers(self, there: Sequence[Container], wanted: int) -> Iterator[int]:
        taken, number = {container.number for container in there}, 0
        for _ in range(wanted - len(there)):
            number += 1
            while number in taken:
                number += 1
            yield number

    def _reason(self, service: Service, container: Container) -> str:
        """Return why a container cannot stay, "" if it can."""
        if self._wishes.no_recreate:
            return ""
        if self._wishes.force_recreate and (not self._wishes.services or service.name in self._wishes.services):
            return "it is asked for"
        if container.state in ("dead", "removing"):
            return f"it is {container.state}"
        if container.config_hash != service.hash():
            return "the file says something else now"
        image = self._found.images.get(service.image, "")
        if image and container.image_id and image != container.image_id:
            return "its image is another one now"
        if shared := sorted(set(shared_services(service)) & self._renewed):
            return f"it shares what {shared[0]} has"
        return ""


def shared_services(service: Service) -> Iterator[str]:
    """Yield the services whose namespaces or volumes a service lives in."""
    given = service.definition
    for key in ("network_mode", "ipc", "pid"):
        mode = str(given.get(key) or "")
        if mode.startswith("service:"):
            yield mode.removeprefix("service:")
    for source in given.get("volumes_from", ()):
        if not source.startswith("container:"):
            yield source.partition(":")[0]


def container_name(project: Project, service: Service, number: int) -> str:
    return str(service.definition.get("container_name") or f"{project.name}-{service.name}-{number}")


def orphans(project: Project, found: Found) -> list[Container]:
    """Return the containers whose services are no longer in the file."""
    known = {*project.services, *project.inactive}
    return [one for one in found.containers if one.service not in known and not one.is_oneoff]
