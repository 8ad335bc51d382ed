"""Volumes: folders of the daemon that outlive containers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from jupyter_containers.client.containers import Filters, filters_text
from jupyter_containers.client.values import Json

if TYPE_CHECKING:
    from jupyter_containers.client.transport import Transport


class Volumes:
    """The volumes of a daemon, in Docker's JSON. Raises what Transport does."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, filters: Filters | None = None) -> list[Json]:
        body = self._transport.request("GET", "/volumes", query={"filters": filters_text(filters)}).json()
        return list(body.get("Volumes") or ())

    def inspect(self, name: str) -> Json:
        body: Json = self._transport.request("GET", f"/volumes/{quote(name, safe='')}").json()
        return body

    def create(
        self,
        name: str = "",
        *,
        driver: str = "local",
        labels: Mapping[str, str] | None = None,
        options: Mapping[str, str] | None = None,
    ) -> Json:
        """Make a volume, unless it is there; without a name it gets a long one.

        `options` of the driver local are type, device and o, as mount(8) takes them.
        """
        wish = {"Name": name, "Driver": driver, "Labels": dict(labels or {}), "DriverOpts": dict(options or {})}
        body: Json = self._transport.request("POST", "/volumes/create", json=wish).json()
        return body

    def remove(self, name: str, *, force: bool = False) -> None:
        self._transport.request("DELETE", f"/volumes/{quote(name, safe='')}", query={"force": force})

    def prune(self, filters: Filters | None = None) -> Json:
        """Remove the volumes that nobody uses and nobody named; with {"all": ["true"]} named ones, too."""
        query = {"filters": filters_text(filters)}
        body: Json = self._transport.request("POST", "/volumes/prune", query=query).json()
        return body
