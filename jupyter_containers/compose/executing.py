"""Operations one after the other, through the client; what is stopped beside each other is stopped at once.

An operation that fails leaves nothing half-made: what it had begun is taken back before its error goes on.
"""

from __future__ import annotations

import io
import tarfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby

from jupyter_containers.client import Client
from jupyter_containers.compose import labels
from jupyter_containers.compose.hooks import before_stop
from jupyter_containers.compose.model import Grant, Json, Network, Project, Service, Volume
from jupyter_containers.compose.observing import Container, Found, image_id
from jupyter_containers.compose.operations import (
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    Operation,
    Plan,
    RecreateContainer,
    RemoveContainer,
    RemoveImage,
    RemoveNetwork,
    RemoveVolume,
    StopContainer,
)
from jupyter_containers.compose.planning import container_name
from jupyter_containers.compose.wire import ServiceSettings, container_body, endpoints
from jupyter_containers.errors import Conflict, ContainersError, NotFound

# From here on a container can be made on all its networks at once.
_ALL_NETWORKS = (1, 44)
_PARALLEL_STOPS = 16
# How long an interrupt may be overlooked.
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Began:
    operation: Operation


@dataclass(frozen=True, slots=True)
class Done:
    """`id` is that of the container that is there now, if it is about one."""

    operation: Operation
    id: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    operation: Operation
    error: ContainersError


Tell = Callable[[object], None]


class Executor:
    """Carries out operations for one project (None: only such as end it). Raises the error of what fails."""

    def __init__(
        self, client: Client, project: Project | None, found: Found, tell: Tell,
        check: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._client = client
        self._project = project
        self._found = found
        self._tell = tell
        # Raises what ends it, such as KeyboardInterrupt, before an operation begins.
        self._check = check
        # Containers that were made here, by name, and that replace no other.
        self.made: dict[str, str] = {}

    def carry_out(self, plan: Plan) -> None:
        """Do all of it. After an error what was done before stays."""
        for group, operations in groupby(plan, key=_group):
            if group < 0:
                for operation in operations:
                    self._check()
                    self._one(operation)
            else:
                self._check()
                self._together(list(operations))

    def _together(self, operations: Sequence[Operation]) -> None:
        if len(operations) == 1:
            self._one(operations[0])
            return
        waiting = deque(operations)
        errors: list[Exception] = []

        def work() -> None:
            with suppress(IndexError):
                while True:
                    operation = waiting.popleft()
                    try:
                        self._one(operation)
                    except Exception as error:  # noqa: BLE001 it is raised where it is waited for
                        errors.append(error)

        # Whoever is interrupted does not wait for what still stops, and neither does the end of his process.
        count = min(_PARALLEL_STOPS, len(operations))
        threads = [threading.Thread(target=work, name="compose stop", daemon=True) for _ in range(count)]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                # A signal just before this thread sleeps wakes nobody: it is seen when the sleep ends.
                while thread.is_alive():
                    thread.join(_LOOK_SECONDS)
        finally:
            waiting.clear()
        for error in errors:
            raise error

    def _one(self, operation: Operation) -> None:
        self._tell(Began(operation))
        try:
            id_ = self._do(operation)
        except ContainersError as error:
            self._tell(Failed(operation, error))
            error.add_note(f"while it was to {operation.describe()}")
            raise
        self._tell(Done(operation, id_))

    def _do(self, operation: Operation) -> str:
        client = self._client
        match operation:
            case CreateNetwork(network):
                self._create_network(network)
            case CreateVolume(volume):
                self._create_volume(volume)
            case CreateContainer(service, number, name):
                return self.create(service, number, name)
            case RecreateContainer():
                return self._recreate(operation)
            case StopContainer(container, _, timeout_seconds):
                self._stop(container, timeout_seconds)
            case RemoveContainer(container, _, volumes):
                with suppress(NotFound):
                    client.containers.remove(container.id, force=True, volumes=volumes)
            case RemoveNetwork(name):
                with suppress(NotFound):
                    client.networks.remove(name)
            case RemoveVolume(name):
                with suppress(NotFound):
                    client.volumes.remove(name)
            case RemoveImage(name):
                # Another project may use it, which is no reason to fail.
                with suppress(NotFound, Conflict):
                    client.images.remove(name)
            case _:
                raise TypeError(f"nothing here does {operation!r}")
        return ""

    def _stop(self, container: Container, timeout_seconds: int | None) -> None:
        before_stop(self._client, self._project, container)
        with suppress(NotFound):
            self._client.containers.stop(container.id, timeout_seconds=timeout_seconds)

    @property
    def project(self) -> Project:
        assert self._project is not None, "only what has a file makes anything"
        return self._project

    def _create_network(self, network: Network) -> None:
        given = network.definition
        self._client.networks.create_from({
            "Name": network.name,
            "Driver": given.get("driver", "bridge"),
            "Internal": given.get("internal", False),
            "Attachable": given.get("attachable", False),
            "EnableIPv6": given.get("enable_ipv6", False),
            **({"EnableIPv4": False} if given.get("enable_ipv4") is False else {}),
            "Options": _texts(given.get("driver_opts")),
            "Labels": dict(labels.of_network(self.project, network)),
            "IPAM": _ipam(given.get("ipam") or {}),
        })  # fmt: skip

    def _create_volume(self, volume: Volume) -> None:
        given = volume.definition
        self._client.volumes.create(
            volume.name, driver=given.get("driver", "local"), options=_texts(given.get("driver_opts")),
            labels=labels.of_volume(self.project, volume),
        )  # fmt: skip

    def create(
        self, service: Service, number: int, name: str, kept_volumes: Mapping[str, str] | None = None, *,
        created_as: str = "",
    ) -> str:  # fmt: skip
        """Make a container of a service with its networks and files; return its id. On an error it is not there.

        `created_as` is its name for now; on its networks it is known as `name` already.
        """
        own = labels.of_container(self.project, service, number, image_id=image_id(self._client, service.image))
        body = container_body(self.project, service, own, names=self.names(), kept_volumes=kept_volumes)
        later = self._add_networks(service, name, body)
        wanted = ServiceSettings(
            service.image,
            name=created_as or name,
            attached=False,
            body=body,
            platform=str(service.definition.get("platform", "")),
        )
        id_ = self._client.containers.create(wanted)
        with self._taken_back(id_):
            for network, endpoint in later.items():
                self._client.networks.connect_as(network, id_, endpoint)
            put_files(self._client, id_, service.grants)
        self.made[name] = id_
        return id_

    def oneoff(self, service: Service, name: str) -> tuple[ServiceSettings, Callable[[str], None]]:
        """Return the request for a container of `run`, and what is to be done with it before it starts."""
        own = labels.of_container(
            self.project, service, 1, image_id=image_id(self._client, service.image), is_oneoff=True
        )
        body = container_body(self.project, service, own, names=self.names())
        body["HostConfig"].pop("RestartPolicy", None)
        later = self._add_networks(service, name, body)

        def prepare(id_: str) -> None:
            for network, endpoint in later.items():
                self._client.networks.connect_as(network, id_, endpoint)
            put_files(self._client, id_, service.grants)

        platform = str(service.definition.get("platform", ""))
        return ServiceSettings(service.image, name=name, platform=platform, body=body), prepare

    def _add_networks(self, service: Service, container: str, body: Json) -> Json:
        """Write into a request the networks that it can take; return those that are for later."""
        found = endpoints(self.project, service, container, self.names())
        if not found:
            return {}
        first = next(iter(found))
        body["HostConfig"]["NetworkMode"] = first
        at_once = found if self._client.system.ping() >= _ALL_NETWORKS else {first: found[first]}
        body["NetworkingConfig"] = {"EndpointsConfig": at_once}
        return {name: endpoint for name, endpoint in found.items() if name not in at_once}

    def names(self) -> Mapping[str, str]:
        """Return one container of each service, by which others refer to it."""
        found = {name: container_name(self.project, service, 1) for name, service in self.project.services.items()}
        for name in found:
            if there := self._found.of(name):
                found[name] = there[0].name
        return found

    @contextmanager
    def _taken_back(self, id_: str) -> Iterator[None]:
        try:
            yield
        except BaseException:
            with suppress(ContainersError):
                self._client.containers.remove(id_, force=True, volumes=True)
            raise

    def _recreate(self, operation: RecreateContainer) -> str:
        """Make the new one beside the old, and only then let the old one go: from there on, the new one stays."""
        before = operation.before
        kept = self._nameless_volumes(before) if operation.keeps_volumes else {}
        beside = f"{before.id[:12]}_{operation.name}" if operation.name == before.name else operation.name
        id_ = self.create(operation.service, operation.number, operation.name, kept, created_as=beside)
        with self._taken_back(id_), suppress(NotFound):
            self._stop(before, operation.timeout_seconds)
            self._client.containers.remove(before.id, force=True, volumes=not operation.keeps_volumes)
        # Whatever happens now: nothing but this container has the service, and its nameless volumes.
        del self.made[operation.name]
        if beside != operation.name:
            self._client.containers.rename(id_, operation.name)
        return id_

    def _nameless_volumes(self, container: Container) -> Mapping[str, str]:
        """Return the volumes without a name of a container, by their paths in it."""
        body = self._client.containers.inspect(container.id)
        named = {volume.name for volume in self.project.volumes.values()}
        return {
            str(mount["Destination"]): str(mount["Name"])
            for mount in body.get("Mounts") or ()
            if mount.get("Type") == "volume" and mount.get("Name") and mount["Name"] not in named
        }


def _group(operation: Operation) -> int:
    return operation.group if isinstance(operation, StopContainer) else -1


def _texts(pairs: Json | None) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in (pairs or {}).items()}


def _ipam(given: Json) -> Json:
    names = {"subnet": "Subnet", "ip_range": "IPRange", "gateway": "Gateway", "aux_addresses": "AuxiliaryAddresses"}
    pools = [{names[key]: value for key, value in pool.items()} for pool in given.get("config", ())]
    return {"Driver": given.get("driver", "default"), "Config": pools, "Options": _texts(given.get("options"))}


def put_files(client: Client, container: str, grants: Sequence[Grant]) -> None:
    """Write into a container, before it starts, the secrets and configs that are no files here.

    Only files are sent: the daemon makes the folders that are not there, and those that are stay as they are.
    """
    given = [grant for grant in grants if grant.content is not None]
    if not given:
        return
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for grant in given:
            member = tarfile.TarInfo(grant.target.lstrip("/"))
            member.size, member.mode, member.uid, member.gid = (
                len(grant.content or b""),
                grant.mode,
                grant.uid,
                grant.gid,
            )
            tar.addfile(member, io.BytesIO(grant.content or b""))
    client.archives.put(container, "/", buffer.getvalue())
