"""Networks that containers can name: `bridge`, `host` and `none`. User-defined ones are refused for now."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from jupyter_containers.errors import Conflict, Forbidden, NotFound, Unsupported

PREDEFINED = {"bridge": "bridge", "host": "host", "none": "null"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A running container's place on a network."""

    container_name: str
    endpoint_id: str
    mac_address: str
    ip_address: str
    prefix_length: int


@dataclass(frozen=True, slots=True)
class Network:
    """One network. `subnet` and `gateway` are empty where there is none, and before the bridge's first use."""

    name: str
    id: str
    driver: str
    created_at: str
    subnet: str = ""
    gateway: str = ""
    bridge_name: str = ""


class Networks:
    """The predefined networks of one daemon.

    `daemon_id` makes their ids, so that they stay the same over restarts; `bridge_facts` answers the bridge's interface
    name, subnet and gateway; `endpoints` the containers on a network by id.
    """

    def __init__(self, daemon_id: str, created_at: str, bridge_facts: Callable[[], Mapping[str, str]]) -> None:
        self._daemon_id = daemon_id
        self._created_at = created_at
        self._bridge_facts = bridge_facts
        self.endpoints: Callable[[str], Mapping[str, Endpoint]] = lambda _name: {}

    def all(self) -> list[Network]:
        return [self._network(name) for name in PREDEFINED]

    def get(self, name_or_id: str) -> Network:
        """Return a network by name, id or unique prefix of an id. Raises NotFound."""
        if name_or_id in PREDEFINED:
            return self._network(name_or_id)
        matches = [network for network in self.all() if name_or_id and network.id.startswith(name_or_id)]
        if len(matches) != 1:
            raise NotFound(f"network {name_or_id} not found")
        return matches[0]

    def warning(self) -> str:
        """Return what stands in the way of the bridge on this host, and the remedy; empty when all works."""
        return self._bridge_facts().get("warning", "")

    def network_id(self, name: str) -> str:
        """Return the id of a predefined network."""
        return hashlib.sha256(f"{self._daemon_id} {name}".encode()).hexdigest()

    def refuse_create(self, name: str) -> NoReturn:
        if name in PREDEFINED:
            raise Conflict(f"network with name {name} already exists")
        raise Unsupported(f"cannot create network {name}: user-defined networks are not supported yet; use bridge")

    def refuse_remove(self, name_or_id: str) -> NoReturn:
        raise Forbidden(f"{self.get(name_or_id).name} is a pre-defined network and cannot be removed")

    def refuse_connect(self, name_or_id: str, container: str) -> NoReturn:
        network = self.get(name_or_id)
        raise Unsupported(
            f"cannot connect or disconnect container {container} and network {network.name}: choose the network with "
            "--network when the container is created"
        )

    def _network(self, name: str) -> Network:
        facts = self._bridge_facts() if name == "bridge" else {}
        return Network(
            name=name,
            id=self.network_id(name),
            driver=PREDEFINED[name],
            created_at=self._created_at,
            subnet=facts.get("subnet", ""),
            gateway=facts.get("gateway", ""),
            bridge_name=facts.get("name", ""),
        )
