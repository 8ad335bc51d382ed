"""Networks: list and inspect, make and remove where the daemon can."""

from __future__ import annotations

from urllib.parse import quote

from jupyter_containers.client.containers import Filters, filters_text
from jupyter_containers.client.transport import Transport
from jupyter_containers.client.values import Json


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

    def create(self, name: str, *, driver: str = "bridge") -> str:
        """Make a network; return its id."""
        answer = self._transport.request("POST", "/networks/create", json={"Name": name, "Driver": driver})
        return str(answer.json()["Id"])

    def remove(self, name: str) -> None:
        self._transport.request("DELETE", f"/networks/{quote(name, safe='')}")
