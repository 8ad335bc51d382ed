"""The tree of a project's files becomes a Project: references are followed, files of variables and secrets are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jupyter_containers.compose.checking import check_requests
from jupyter_containers.compose.loading import Loaded
from jupyter_containers.compose.model import Json, Network, Project, Service, Volume
from jupyter_containers.compose.ordering import check_cycles
from jupyter_containers.compose.refusals import check_file, check_top
from jupyter_containers.compose.services import ServiceReader
from jupyter_containers.compose.shapes import near
from jupyter_containers.compose.source import Node, WrongFile, plain
from jupyter_containers.errors import NotFound

MAX_SERVICES = 1000


def project_of(
    loaded: Loaded, variables: Mapping[str, str], *, profiles: Sequence[str] = (), wanted: Sequence[str] = ()
) -> Project:
    """Return the project with the services of these profiles, and those `wanted` by name whatever their profile.

    Raises WrongFile for a reference to nothing, UnsupportedKey for what we do not have, NotFound for a `wanted` service
    that the files do not have.
    """
    return _Reader(loaded, variables, set(profiles), wanted).project()


@dataclass(slots=True)
class _Reader:
    loaded: Loaded
    variables: Mapping[str, str]
    profiles: set[str]
    wanted: Sequence[str]
    warnings: list[str] = field(default_factory=list)

    def project(self) -> Project:
        nodes = self._section("services")
        if len(nodes) > MAX_SERVICES:
            raise WrongFile(self._whole("services").place, f"more than {MAX_SERVICES} services")
        for name in self.wanted:
            if name not in nodes:
                raise NotFound(f"no service {name!r} in the file{near(name, nodes)}")
        self.warnings += self.loaded.warnings
        check_top(self.loaded.tree)
        active = [name for name, node in nodes.items() if self._is_active(name, node)]
        networks, volumes = dict(self._networks(active)), dict(self._volumes())
        for kind in ("secrets", "configs"):
            for name, node in self._section(kind).items():
                self.warnings += check_file(kind, name, node)
        services = {name: self._service(name, nodes, active, networks, volumes) for name in active}
        check_cycles(services)
        used = {key for service in services.values() for key in service.networks}
        found = Project(
            self.loaded.name, self.loaded.folder, self.loaded.files, services,
            tuple(name for name in nodes if name not in services),
            {key: network for key, network in networks.items() if key in used},
            volumes, {kind: plain(self._whole(kind)) for kind in ("secrets", "configs")}, tuple(self.warnings),
        )  # fmt: skip
        for name, service in services.items():
            check_requests(found, service, nodes[name])
        return found

    def _service(
        self, name: str, nodes: Mapping[str, Node], active: Sequence[str], networks: Mapping[str, Network],
        volumes: Mapping[str, Volume],
    ) -> Service:  # fmt: skip
        reader = ServiceReader(
            project=self.loaded.name, name=name, node=nodes[name], variables=self.variables, services=tuple(nodes),
            active=tuple(active), networks=tuple(networks), volumes=tuple(volumes),
            files={kind: self._section(kind) for kind in ("secrets", "configs")}, warnings=self.warnings,
        )  # fmt: skip
        return reader.service()

    def _whole(self, kind: str) -> Node:
        return self.loaded.tree.mapping.get(kind) or Node({}, self.loaded.tree.place)

    def _section(self, kind: str) -> Mapping[str, Node]:
        return self._whole(kind).mapping

    def _is_active(self, name: str, node: Node) -> bool:
        given = {item.value for item in node.mapping["profiles"].items} if "profiles" in node.mapping else set()
        return not given or name in self.wanted or "*" in self.profiles or bool(given & self.profiles)

    def _networks(self, active: Sequence[str]) -> Iterator[tuple[str, Network]]:
        nodes = dict(self._section("networks"))
        nodes.setdefault("default", Node({}, self.loaded.tree.place))
        for key, node in nodes.items():
            name, is_external, rest = self._shared("networks", key, node)
            yield key, Network(key, name, is_external, rest)

    def _volumes(self) -> Iterator[tuple[str, Volume]]:
        for key, node in self._section("volumes").items():
            name, is_external, rest = self._shared("volumes", key, node)
            yield key, Volume(key, name, is_external, rest)

    def _shared(self, kind: str, key: str, node: Node) -> tuple[str, bool, Json]:
        """Return the engine's name of a network or volume, whether it is external, and the rest."""
        rest: Json = plain(node)
        external = rest.pop("external", False)
        name = str(rest.pop("name", ""))
        if not external:
            return name or f"{self.loaded.name}_{key}", False, rest
        if isinstance(external, dict):
            name = str(external.get("name", "")) or name
        if rest:
            raise WrongFile(
                node.place, f"{kind}.{key}: it is external, made by somebody else; leave out {', '.join(sorted(rest))}"
            )
        return name or key, True, {}
