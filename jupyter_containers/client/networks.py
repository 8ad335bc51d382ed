"""Networks: list and inspect, make and remove, connect and disconnect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from jupyter_containers.client.containers import Filters, filters_text
from jupyter_containers.client.values import Json

if TYPE_CHECKING:
    from jupyter_containers.client.transport import Transport


# Within the class, `list` is a method.
Names: TypeAlias = list[str]


class Networks:
    """The networks of a daemon, in Docker's JSON. Raises what Transport does."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, filters: Filters | None = None) -> list[Json]:
        networks: list[Json] = self._transport.request(
            "GET", "/networks", query={"filters": filters_text(filters)}
        ).json()
        return networks

    def inspect(self, name: str) -> Json:
        body: Json = self._transport.request("GET", f"/networks/{quote(name, safe='')}").json()
        return body

    def create(
        self,
        name: str,
        *,
        driver: str = "bridge",
        subnet: str = "",
        gateway: str = "",
        internal: bool = False,
        attachable: bool = False,
        ipv6: bool = False,
        labels: Mapping[str, str] | None = None,
        options: Mapping[str, str] | None = None,
        pools: Sequence[Json] = (),
    ) -> str:
        """Make a network; return its id. What is left empty, the daemon chooses.

        `pools`: several subnets, each as IPAM has it (Subnet, IPRange, Gateway, AuxiliaryAddresses).
        """
        pool = {key: value for key, value in (("Subnet", subnet), ("Gateway", gateway)) if value}
        wish = {
            "Name": name,
            "Driver": driver,
            "Internal": internal,
            "Attachable": attachable,
            "EnableIPv6": ipv6,
            "Labels": dict(labels or {}),
            "Options": dict(options or {}),
            "IPAM": {"Config": [*([pool] if pool else []), *pools]},
        }
        return self.create_from(wish)

    def create_from(self, wish: Json) -> str:
        """Make a network of a whole request in Docker's JSON; return its id."""
        return str(self._transport.request("POST", "/networks/create", json=wish).json()["Id"])

    def connect(
        self,
        name: str,
        container: str,
        *,
        aliases: Sequence[str] = (),
        ipv4_address: str = "",
        ipv6_address: str = "",
        links: Sequence[str] = (),
        link_local_addresses: Sequence[str] = (),
    ) -> None:
        """Put a container on a network, under more names for its neighbours; one that runs is on it at once."""
        addresses = {
            "IPv4Address": ipv4_address, "IPv6Address": ipv6_address, "LinkLocalIPs": [*link_local_addresses]
        }  # fmt: skip
        endpoint = {
            "Aliases": [*aliases],
            "IPAMConfig": {key: value for key, value in addresses.items() if value},
            "Links": [*links],
        }
        self.connect_as(name, container, endpoint)

    def connect_as(self, name: str, container: str, endpoint: Json) -> None:
        """Put a container on a network as an endpoint in Docker's JSON says."""
        path, body = f"/networks/{quote(name, safe='')}/connect", {"Container": container, "EndpointConfig": endpoint}
        self._transport.request("POST", path, json=body)

    def disconnect(self, name: str, container: str, *, force: bool = False) -> None:
        """Take a container off a network."""
        self._transport.request(
            "POST", f"/networks/{quote(name, safe='')}/disconnect", json={"Container": container, "Force": force}
        )

    def remove(self, name: str) -> None:
        """Remove a network that nobody is on."""
        self._transport.request("DELETE", f"/networks/{quote(name, safe='')}")

    def prune(self, filters: Filters | None = None) -> Names:
        """Remove the networks that nobody uses; return their names."""
        answer = self._transport.request("POST", "/networks/prune", query={"filters": filters_text(filters)}).json()
        return [str(name) for name in answer["NetworksDeleted"] or ()]
