"""Containers: list, inspect, create, and the course of a life. The attached run of one is in runs.py."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jupyter_containers.client.failed_steps import failed_step_path
from jupyter_containers.client.failures import connection_lost
from jupyter_containers.client.histories import Histories, kept, sampled
from jupyter_containers.client.raw import RawStream
from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.client.streams import STDOUT, Demultiplexer, json_lines
from jupyter_containers.client.values import ContainerSummary, Json
from jupyter_containers.errors import ContainersError

if TYPE_CHECKING:
    import requests

    from jupyter_containers.client.transport import Query, Transport


Filters = Mapping[str, Sequence[str]]


def filters_text(filters: Filters | None) -> str:
    """Return filters as the API takes them."""
    return json.dumps({name: list(values) for name, values in filters.items()}) if filters else ""


def container_path(name: str) -> str:
    return f"/containers/{quote(name, safe='')}"


class Waiting:
    """An answer that comes when a container ends. The daemon watches since before this object was there."""

    def __init__(self, transport: Transport, answer: requests.Response) -> None:
        self._transport = transport
        self._answer = answer

    def result(self) -> int:
        """Wait for the end; return the exit code. Raises ContainersError when the daemon could not tell."""
        content = b"".join(self._transport.chunks(self._answer))
        try:
            body = json.loads(content)
        except ValueError as error:
            raise connection_lost(str(self._transport.address), "no exit code") from error
        problem = (body.get("Error") or {}).get("Message")
        if problem:
            raise ContainersError(f"cannot wait for the container: {problem}")
        return int(body["StatusCode"])

    def close(self) -> None:
        self._answer.close()


class Containers:
    """The containers of a daemon; `name` is a name, an id, or the unique beginning of one. Raises what Transport does.

    NotFound for a name that is not there, Conflict for a state that does not allow the request.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, *, every: bool = False, filters: Filters | None = None, limit: int = 0, size: bool = False
    ) -> list[ContainerSummary]:
        """Return the running containers, or `every` one; `size` measures their files, too."""
        query = {"all": every, "limit": limit or None, "filters": filters_text(filters), "size": size}
        return [ContainerSummary.from_wire(entry) for entry in self._json("GET", "/containers/json", query)]

    def inspect(self, name: str, *, size: bool = False) -> Json:
        """Return all that is known of a container, in Docker's JSON; `size` measures its files, too."""
        body: Json = self._json("GET", f"{container_path(name)}/json", {"size": size})
        return body

    def create(self, settings: RunSettings) -> str:
        """Make a container; return its id. Raises NotFound for an unknown image, Conflict for a name in use."""
        place = f"{failed_step_path(settings.failed_step)}/container" if settings.failed_step else "/containers/create"
        query = {"name": settings.name, "platform": settings.platform}
        answer = self._transport.request("POST", place, query=query, json=settings.to_wire())
        return str(answer.json()["Id"])

    def start(self, name: str) -> bool:
        """Start a container; return False if it was running already."""
        return self._post(f"{container_path(name)}/start") != 304

    def stop(self, name: str, *, timeout_seconds: int | None = None, signal: str = "") -> bool:
        """Ask the process to end, kill it after the timeout (default 10 s); return False if it had ended already."""
        query = {"t": timeout_seconds, "signal": signal}
        return self._post(f"{container_path(name)}/stop", query) != 304

    def restart(self, name: str, *, timeout_seconds: int | None = None, signal: str = "") -> None:
        self._post(f"{container_path(name)}/restart", {"t": timeout_seconds, "signal": signal})

    def kill(self, name: str, signal: str = "KILL") -> None:
        """Send a signal to the container's process."""
        self._post(f"{container_path(name)}/kill", {"signal": signal})

    def pause(self, name: str) -> None:
        self._post(f"{container_path(name)}/pause")

    def unpause(self, name: str) -> None:
        self._post(f"{container_path(name)}/unpause")

    def rename(self, name: str, new_name: str) -> None:
        self._post(f"{container_path(name)}/rename", {"name": new_name})

    def resize(self, name: str, *, height: int, width: int) -> None:
        """Tell a container's terminal its size."""
        self._post(f"{container_path(name)}/resize", {"h": height, "w": width})

    def remove(self, name: str, *, force: bool = False, volumes: bool = False) -> None:
        """Remove a container; `force` kills it first, `volumes` removes its nameless ones."""
        self._transport.request("DELETE", container_path(name), query={"force": force, "v": volumes})

    def wait(self, name: str, condition: str = "not-running") -> Waiting:
        """Begin to wait for `not-running`, `next-exit` or `removed`; the caller asks for the result or closes it."""
        answer = self._transport.request(
            "POST", f"{container_path(name)}/wait", query={"condition": condition}, stream=True
        )
        return Waiting(self._transport, answer)

    def logs(
        self, name: str, *, follow: bool = False, tail: str = "all", since: str = "", until: str = "",
        timestamps: bool = False, details: bool = False,
    ) -> Iterator[tuple[int, bytes]]:  # fmt: skip
        """Yield the output kept of a container as (stream, bytes); with `follow` until it ends."""
        framed = not self.inspect(name)["Config"]["Tty"]
        query = {
            "stdout": True, "stderr": True, "follow": follow, "tail": tail, "since": since, "until": until,
            "timestamps": timestamps, "details": details,
        }  # fmt: skip
        answer = self._transport.request("GET", f"{container_path(name)}/logs", query=query, stream=True)
        frames = Demultiplexer()
        with closing(answer):
            for chunk in self._transport.chunks(answer):
                yield from frames.feed(chunk) if framed else [(STDOUT, chunk)]

    def attach(self, name: str, *, stdin: bool = False, terminal: bool = False, detach_keys: str = "") -> RawStream:
        """Return the live stream of a container, which the caller closes; nothing that was written before."""
        query = {"stream": True, "stdout": True, "stderr": True, "stdin": stdin, "detachKeys": detach_keys}
        return self._transport.upgrade(f"{container_path(name)}/attach", query=query, terminal=terminal)

    def top(self, name: str, ps_arguments: str = "") -> Json:
        """Return the processes as {"Titles": […], "Processes": [[…]]}."""
        body: Json = self._json("GET", f"{container_path(name)}/top", {"ps_args": ps_arguments})
        return body

    def changes(self, name: str) -> Sequence[Json]:
        """Return what differs from the image as {"Kind": 0 changed, 1 added, 2 deleted; "Path": …}."""
        found: Sequence[Json] = self._json("GET", f"{container_path(name)}/changes") or []
        return found

    def stats(self, name: str) -> Json:
        """Return what a container uses, in Docker's JSON; takes a second, for two samples."""
        body: Json = self._transport.request("GET", f"{container_path(name)}/stats", query={"stream": "0"}).json()
        return body

    def follow_stats(self, name: str) -> Iterator[Json]:
        """Yield what a container uses every second until it ends; the first of it without a share of processors."""
        answer = self._transport.request("GET", f"{container_path(name)}/stats", query={"stream": True}, stream=True)
        with closing(answer):
            yield from json_lines(self._transport.chunks(answer))

    def history(self, names: Sequence[str] = (), *, since: float = 0.0) -> Histories:
        """Return what containers (default: all) used in the last hour, or since a time in seconds since the epoch.

        From a daemon that is not ours: one sample of each that runs, of this moment. Raises NotFound for a name.
        """
        if self._transport.is_own_daemon:
            return kept(self._transport, since, names)
        found = self.list(every=True)
        if names:
            ids = {str(self.inspect(name)["Id"]) for name in names}
            found = [one for one in found if one.id in ids]
        return sampled(self._transport, found)

    def update(self, name: str, changes: Json) -> None:
        """Change limits, named as in HostConfig."""
        self._transport.request("POST", f"{container_path(name)}/update", json=changes)

    def prune(self, filters: Filters | None = None) -> Json:
        """Remove all containers that do not run."""
        body: Json = self._json("POST", "/containers/prune", {"filters": filters_text(filters)})
        return body

    def _json(self, method: str, path: str, query: Query | None = None) -> Any:
        return self._transport.request(method, path, query=query).json()

    def _post(self, path: str, query: Query | None = None) -> int:
        return self._transport.request("POST", path, query=query).status_code
