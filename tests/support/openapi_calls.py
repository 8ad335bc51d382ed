"""One request for each operation and answer of the Engine API's description, and the things that requests are about."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.api_client import Api
from tests.support.docker_archive import docker_archive
from tests.support.tiny_image import image, layer, tar_of


@dataclass(frozen=True)
class Call:
    """`operation` is "METHOD /path" of the description, `url` the same with things of a World in its holes."""

    operation: str
    status: int
    url: str
    body: Any = None
    upgrade: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def method(self) -> str:
        return self.operation.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.operation.partition(" ")[2]

    def __str__(self) -> str:
        return f"{self.operation} {self.status}"


class World:
    """Things to ask about, made when a hole wants them: `"/containers/{stopped}/json".format_map(world)`."""

    def __init__(self, api: Api, registry: Callable[[], str]) -> None:
        self._api = api
        self._kept: dict[str, str] = {}
        self._registry = registry

    def __getitem__(self, hole: str) -> str:
        if hole in ("box", "volume", "network", "registry"):
            if hole not in self._kept:
                self._kept[hole] = getattr(self, f"_{hole}")()
            return self._kept[hole]
        return str(getattr(self, f"_{hole}")())

    def fill(self, value: Any) -> Any:
        """Return a body with its holes filled."""
        if isinstance(value, str):
            return value.format_map(self) if value.startswith("{") else value
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        return {key: self.fill(item) for key, item in value.items()} if isinstance(value, dict) else value

    def remove(self) -> None:
        """Remove all that was made."""
        for container in self._api.get("/containers/json", all=1, filters={"label": ["openapi"]}).json:
            self._api.remove(container["Id"])
        for network in self._api.get("/networks", filters={"label": ["openapi"]}).json:
            self._api.delete(f"/networks/{network['Id']}")
        for volume in self._api.get("/volumes", filters={"label": ["openapi"]}).json["Volumes"] or ():
            self._api.delete(f"/volumes/{volume['Name']}")
        for found in self._api.get("/images/json").json:
            for tag in found["RepoTags"] or ():
                if tag.startswith(("openapi", "127.0.0.1:")):
                    self._api.delete(f"/images/{tag}", force=1)

    def _name(self) -> str:
        return f"openapi{uuid.uuid4().hex[:10]}"

    def _made(self, *command: str, **more: Any) -> str:
        more.setdefault("Labels", {"openapi": "1"})
        return self._api.create(*command, name=self._name(), **more)

    def _created(self) -> str:
        return self._made("true")

    def _taken_name(self) -> str:
        return str(self._api.inspect(self._created())["Name"]).lstrip("/")

    def _running(self, *command: str, **more: Any) -> str:
        container = self._made(*(command or ("sleep", "600")), **more)
        assert self._api.post(f"/containers/{container}/start").status == 204
        return container

    def _cat(self) -> str:
        return self._running("cat", OpenStdin=True)

    def _terminal(self) -> str:
        return self._running("sh", OpenStdin=True, Tty=True)

    def _stopped(self) -> str:
        container = self._running("true")
        self._api.wait(container)
        return container

    def _paused(self) -> str:
        container = self._running()
        assert self._api.post(f"/containers/{container}/pause").status == 204
        return container

    def _exec(self, *command: str, **more: Any) -> str:
        wish = {"Cmd": list(command or ("true",)), "AttachStdout": True, **more}
        return str(self._api.post(f"/containers/{self['box']}/exec", wish).json["Id"])

    def _terminal_exec(self) -> str:
        """A running exec with a terminal."""
        found = self._exec("sleep", "600", Tty=True)
        self._api.post(f"/exec/{found}/start", {"Detach": True, "Tty": True})
        return found

    def _run_exec(self) -> str:
        found = self._exec("true")
        self._api.post(f"/exec/{found}/start", {"Detach": True})
        return found

    def _new_volume(self) -> str:
        return str(self._api.post("/volumes/create", {"Name": self._name(), "Labels": {"openapi": "1"}}).json["Name"])

    def _volume(self) -> str:
        return self._new_volume()

    def _used_volume(self) -> str:
        name = self._new_volume()
        self._made("true", host={"Binds": [f"{name}:/data"]})
        return name

    def _new_network(self) -> str:
        answer = self._api.post("/networks/create", {"Name": self._name(), "Labels": {"openapi": "1"}})
        assert answer.status == 201, answer.content
        return str(answer.json["Id"])

    def _network(self) -> str:
        """A network with a container on it."""
        found = self._new_network()
        self._running(host={"NetworkMode": found})
        return found

    def _bridged(self) -> str:
        return self._running(host={"NetworkMode": "bridge"})

    def _connected(self) -> str:
        """A container on the kept network, to be disconnected."""
        return self._running(host={"NetworkMode": self["network"]})

    def _new_image(self) -> str:
        name = self._name()
        self._api.post("/images/load", docker_archive({f"{name}:latest": image(layer({"f": name.encode()}))}))
        return name

    def _used_image(self) -> str:
        name = self._name()
        self._api.post("/images/busybox/tag", repo=name)
        return name

    def _pushed_image(self) -> str:
        name = f"{self['registry']}/{self._name()}"
        self._api.post("/images/busybox/tag", repo=name)
        return name

    def _box(self) -> str:
        """A running container with something in each field."""
        second = 1_000_000_000
        return self._running(
            Labels={"openapi": "1", "course": "os"}, Env=["A=b"], ExposedPorts={"80/tcp": {}}, User="0",
            Volumes={"/anonymous": {}}, StopSignal="SIGINT", StopTimeout=1, Shell=["/bin/sh"], OnBuild=[],
            WorkingDir="/",
            Healthcheck={"Test": ["CMD", "true"], "Interval": second, "Timeout": second, "Retries": 1},
            host={
                "NetworkMode": "bridge", "Binds": [f"{self['volume']}:/data", "/etc:/host:ro"],
                "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}, "Tmpfs": {"/scratch": "size=1m"},
                "Memory": 64 << 20, "NanoCpus": 500_000_000, "PidsLimit": 100, "Dns": ["192.0.2.53"],
                "Ulimits": [{"Name": "nofile", "Soft": 100, "Hard": 200}], "CapAdd": ["NET_ADMIN"],
                "Devices": [{"PathOnHost": "/dev/zero", "PathInContainer": "/dev/zero", "CgroupPermissions": "rwm"}],
                "Mounts": [{"Type": "tmpfs", "Target": "/typed"}], "Sysctls": {"net.ipv4.ip_forward": "1"},
                "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}, "Init": True,
                "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}}, "ExtraHosts": ["other:192.0.2.1"],
            },
        )  # fmt: skip


def calls() -> Iterator[Call]:
    """Yield a call for each operation that is served, and for each answer of it that can be had."""
    yield from _containers()
    yield from _container_streams()
    yield from _images()
    yield from _networks_and_volumes()
    yield from _system()


def _containers() -> Iterator[Call]:
    config = {"Image": "busybox", "Cmd": ["true"], "Labels": {"openapi": "1"}}
    yield Call("GET /containers/json", 200, "/containers/json?all=1&size=1&filters=%7B%22id%22%3A[%22{box}%22]%7D")
    yield Call("GET /containers/json", 400, "/containers/json?filters=nonsense")
    yield Call("POST /containers/create", 201, "/containers/create?name={name}", config)
    yield Call("POST /containers/create", 400, "/containers/create?name=,", config)
    yield Call("POST /containers/create", 404, "/containers/create", {"Image": "no/such"})
    yield Call("POST /containers/create", 409, "/containers/create?name={taken_name}", config)
    yield Call("GET /containers/{id}/json", 200, "/containers/{box}/json?size=1")
    yield Call("GET /containers/{id}/top", 200, "/containers/{box}/top")
    yield Call("GET /containers/{id}/changes", 200, "/containers/{box}/changes")
    yield Call("GET /containers/{id}/stats", 200, "/containers/{box}/stats?stream=0")
    yield Call("POST /containers/{id}/start", 204, "/containers/{created}/start")
    yield Call("POST /containers/{id}/start", 304, "/containers/{running}/start")
    yield Call("POST /containers/{id}/stop", 204, "/containers/{running}/stop?t=0")
    yield Call("POST /containers/{id}/stop", 304, "/containers/{stopped}/stop")
    yield Call("POST /containers/{id}/restart", 204, "/containers/{running}/restart?t=0")
    yield Call("POST /containers/{id}/kill", 204, "/containers/{running}/kill")
    yield Call("POST /containers/{id}/kill", 409, "/containers/{stopped}/kill")
    yield Call(
        "POST /containers/{id}/update", 200, "/containers/{running}/update", {"Memory": 64 << 20, "MemorySwap": -1}
    )
    yield Call("POST /containers/{id}/rename", 204, "/containers/{created}/rename?name={name}")
    yield Call("POST /containers/{id}/rename", 409, "/containers/{created}/rename?name={taken_name}")
    yield Call("POST /containers/{id}/pause", 204, "/containers/{running}/pause")
    yield Call("POST /containers/{id}/unpause", 204, "/containers/{paused}/unpause")
    yield Call("POST /containers/{id}/wait", 200, "/containers/{stopped}/wait")
    yield Call("POST /containers/{id}/wait", 400, "/containers/{running}/wait?condition=nonsense")
    yield Call("POST /containers/{id}/resize", 200, "/containers/{terminal}/resize?h=20&w=30")
    yield Call("DELETE /containers/{id}", 204, "/containers/{stopped}?v=1")
    yield Call("DELETE /containers/{id}", 409, "/containers/{running}")
    yield Call("POST /containers/prune", 200, "/containers/prune?filters=%7B%22label%22%3A[%22openapi%22]%7D")
    yield Call("POST /containers/{id}/exec", 201, "/containers/{running}/exec", {"Cmd": ["true"]})
    yield Call("POST /containers/{id}/exec", 409, "/containers/{paused}/exec", {"Cmd": ["true"]})
    yield Call("GET /exec/{id}/json", 200, "/exec/{terminal_exec}/json")
    yield Call("POST /exec/{id}/resize", 200, "/exec/{terminal_exec}/resize?h=20&w=30")
    yield Call("POST /exec/{id}/resize", 400, "/exec/{terminal_exec}/resize?h=a&w=30")


def _container_streams() -> Iterator[Call]:
    yield Call("GET /containers/{id}/logs", 200, "/containers/{stopped}/logs?stdout=1&stderr=1")
    yield Call("GET /containers/{id}/export", 200, "/containers/{created}/export")
    yield Call("POST /containers/{id}/attach", 101, "/containers/{cat}/attach?stream=1&stdout=1", upgrade="tcp")
    yield Call("POST /containers/{id}/attach", 200, "/containers/{stopped}/attach?logs=1&stdout=1")
    yield Call("POST /containers/{id}/attach", 400, "/containers/{cat}/attach?stream=1&detachKeys=nonsense")
    yield Call(
        "GET /containers/{id}/attach/ws", 101, "/containers/{cat}/attach/ws?stream=1&stdout=1", upgrade="websocket"
    )
    yield Call("POST /exec/{id}/start", 200, "/exec/{exec}/start", {"Detach": True})
    yield Call("POST /exec/{id}/start", 409, "/exec/{run_exec}/start", {"Detach": True})
    archive = "/containers/{id}/archive"
    yield Call(f"HEAD {archive}", 200, "/containers/{box}/archive?path=/etc/passwd")
    yield Call(f"GET {archive}", 200, "/containers/{box}/archive?path=/etc/passwd")
    yield Call(f"PUT {archive}", 200, "/containers/{running}/archive?path=/tmp", bytes(10240))
    yield Call(f"PUT {archive}", 403, "/containers/{box}/archive?path=/host", bytes(10240))
    for method in ("HEAD", "GET", "PUT"):
        yield Call(f"{method} {archive}", 400, "/containers/{box}/archive", b"" if method == "PUT" else None)
        yield Call(
            f"{method} {archive}",
            404,
            "/containers/{box}/archive?path=/no/such",
            bytes(10240) if method == "PUT" else None,
        )


def _images() -> Iterator[Call]:
    auth = (("X-Registry-Auth", "e30="),)
    yield Call("GET /images/json", 200, "/images/json?all=1&digests=1&shared-size=1")
    yield Call("GET /images/{name}/json", 200, "/images/busybox/json")
    yield Call("GET /images/{name}/history", 200, "/images/busybox/history")
    yield Call("GET /images/{name}/get", 200, "/images/{new_image}/get")
    yield Call("GET /images/get", 200, "/images/get?names={new_image}")
    yield Call("GET /images/search", 501, "/images/search?term=busybox")
    yield Call("POST /images/{name}/tag", 201, "/images/busybox/tag?repo={name}&tag=one")
    yield Call("POST /images/{name}/tag", 400, "/images/busybox/tag?repo=NOT")
    yield Call("POST /images/{name}/push", 200, "/images/{pushed_image}/push?tag=latest", headers=auth)
    yield Call("DELETE /images/{name}", 200, "/images/{new_image}")
    yield Call("POST /images/prune", 200, "/images/prune?filters=%7B%22label%22%3A[%22openapi%22]%7D")
    yield Call("POST /images/create", 200, "/images/create?fromImage={registry}/busybox&tag=latest")
    yield Call("POST /images/create", 404, "/images/create?fromImage={registry}/nothing&tag=latest")
    yield Call("POST /images/load", 200, "/images/load", docker_archive({"openapi:loaded": image(layer({"f": b""}))}))
    yield Call("POST /build", 200, "/build?t={name}", tar_of({"Dockerfile": b"FROM busybox\n"}))
    yield Call("POST /build", 400, "/build?t=NOT", tar_of({"Dockerfile": b"FROM busybox\n"}))
    yield Call("POST /build/prune", 200, "/build/prune")
    yield Call("POST /commit", 201, "/commit?container={stopped}&repo={name}", {"Labels": {"a": "b"}})
    yield Call("POST /commit", 404, "/commit?container=no-such&repo={name}")
    yield Call("GET /distribution/{name}/json", 200, "/distribution/{registry}/busybox:latest/json")


def _networks_and_volumes() -> Iterator[Call]:
    labels = {"Labels": {"openapi": "1"}}
    subnet = {"IPAM": {"Config": [{"Subnet": "nonsense"}]}}
    yield Call("GET /networks", 200, "/networks")
    yield Call("GET /networks/{id}", 200, "/networks/{network}")
    yield Call("POST /networks/create", 201, "/networks/create", {"Name": "{name}", **labels})
    yield Call("POST /networks/create", 400, "/networks/create", {"Name": "{name}", **labels, **subnet})
    yield Call("POST /networks/create", 404, "/networks/create", {"Name": "{name}", "Driver": "nonsense", **labels})
    yield Call("POST /networks/{id}/connect", 200, "/networks/{network}/connect", {"Container": "{bridged}"})
    yield Call("POST /networks/{id}/connect", 403, "/networks/host/connect", {"Container": "{running}"})
    yield Call("POST /networks/{id}/disconnect", 200, "/networks/{network}/disconnect", {"Container": "{connected}"})
    yield Call("DELETE /networks/{id}", 204, "/networks/{new_network}")
    yield Call("DELETE /networks/{id}", 403, "/networks/{network}")
    yield Call("POST /networks/prune", 200, "/networks/prune?filters=%7B%22label%22%3A[%22openapi%22]%7D")
    yield Call("GET /volumes", 200, "/volumes?filters=%7B%22name%22%3A[%22{volume}%22]%7D")
    yield Call("GET /volumes/{name}", 200, "/volumes/{volume}")
    yield Call("POST /volumes/create", 201, "/volumes/create", {"Name": "{name}", **labels})
    yield Call("PUT /volumes/{name}", 503, "/volumes/{volume}?version=1", {"Spec": {}})
    yield Call("DELETE /volumes/{name}", 204, "/volumes/{new_volume}")
    yield Call("DELETE /volumes/{name}", 409, "/volumes/{used_volume}")
    yield Call("POST /volumes/prune", 200, "/volumes/prune?filters=%7B%22label%22%3A[%22openapi%22]%7D")


def _system() -> Iterator[Call]:
    yield Call("GET /_ping", 200, "/_ping")
    yield Call("HEAD /_ping", 200, "/_ping")
    yield Call("GET /version", 200, "/version")
    yield Call("GET /info", 200, "/info")
    yield Call("GET /plugins", 200, "/plugins")
    yield Call("GET /plugins/{name}/json", 404, "/plugins/no-such/json")
    yield Call("DELETE /plugins/{name}", 404, "/plugins/no-such")
    yield Call("GET /events", 200, "/events?since=1&until=2")
    yield Call("GET /events", 400, "/events?since=nonsense")
    yield Call("GET /system/df", 200, "/system/df")
    yield Call("POST /auth", 200, "/auth", {"username": "a", "password": "b", "serveraddress": "{registry}"})


def arguments(value: Any) -> bytes | None:
    """Return a body as bytes."""
    return value if isinstance(value, bytes | None) else json.dumps(value).encode()
