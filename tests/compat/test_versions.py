"""The API as such: which versions are spoken, how errors look, and answers held against Docker's own description."""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.daemon import Docker
from tests.support.openapi import Description, engine_api


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self._path)


class Api:
    """Bare requests to the daemon's socket."""

    def __init__(self, host: str) -> None:
        self._path = host.removeprefix("unix://")

    def __call__(self, method: str, path: str, body: object = None) -> Answer:
        connection = _Connection(self._path)
        try:
            content = None if body is None else body if isinstance(body, bytes) else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": "application/json"} if content else {})
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, headers, answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        answer = self("GET", path)
        assert answer.status == 200, answer
        return answer.json()


@pytest.fixture(scope="module")
def api(docker: Docker) -> Api:
    return Api(docker.host)


@pytest.fixture(scope="module")
def newest(api: Api) -> tuple[int, int]:
    major, minor = api.get("/version")["ApiVersion"].split(".")
    return int(major), int(minor)


@pytest.fixture(scope="module")
def description() -> Description:
    return engine_api()


@pytest.fixture(scope="module")
def everything(docker: Docker) -> Iterator[str]:
    """A running container with something in each field, and a volume; the container's name."""
    name = f"v{uuid.uuid4().hex[:12]}"
    docker("run", "-d", "--name", name, "-v", f"{name}:/data", "-v", "/etc:/host:ro", "--tmpfs", "/scratch",
           "-p", "127.0.0.1::80", "-m", "64m", "--cpus", "0.5", "--label", "course=os", "-e", "A=b", "--ulimit",
           "nofile=100:200", "--device", "/dev/zero", "--health-cmd", "true", "--restart", "on-failure:3",
           "--cap-add", "NET_ADMIN", "--dns", "192.0.2.53", "--log-opt", "max-size=1m",
           "busybox", "sleep", "600")  # fmt: skip
    yield name
    docker("rm", "-fv", name)
    docker("volume", "rm", name)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_ping_tells_who_answers_with_and_without_a_version(api: Api, newest: tuple[int, int], method: str) -> None:
    for path in ("/_ping", "/v1.24/_ping"):
        answer = api(method, path)
        assert (answer.status, answer.body) == (200, b"OK" if method == "GET" else b"")
        headers = answer.headers
        assert headers["api-version"] == "{}.{}".format(*newest)
        assert (headers["ostype"], headers["docker-experimental"]) == ("linux", "false")
        assert headers["cache-control"] == "no-cache, no-store, must-revalidate"
        assert headers["pragma"] == "no-cache"
        assert headers["content-type"] == "text/plain; charset=utf-8"


def test_all_versions_up_to_the_newest_are_spoken(api: Api, newest: tuple[int, int]) -> None:
    for minor in (24, 30, 41, newest[1]):
        answer = api("GET", f"/v1.{minor}/version")
        assert (answer.status, answer.json()["ApiVersion"]) == (200, "{}.{}".format(*newest)), minor


def test_a_newer_version_is_refused(api: Api, newest: tuple[int, int]) -> None:
    for asked in (f"{newest[0]}.{newest[1] + 1}", "9.9"):
        answer = api("GET", f"/v{asked}/version")
        limit = "{}.{}".format(*newest)
        message = f"client version {asked} is too new. Maximum supported API version is {limit}"
        assert (answer.status, answer.json()) == (400, {"message": message})
        assert answer.headers["api-version"] == limit


def test_an_older_version_is_refused(api: Api) -> None:
    oldest = api.get("/version")["MinAPIVersion"]
    asked = f"1.{int(oldest.split('.')[1]) - 1}"
    answer = api("GET", f"/v{asked}/version")
    assert answer.status == 400
    assert (
        f"client version {asked} is too old. Minimum supported API version is {oldest}, please upgrade your client to "
        "a newer version" in answer.body.decode()
    )


def test_we_speak_1_24_to_1_51(api: Api) -> None:
    if os.environ.get("COMPAT_HOST"):
        pytest.skip("the reference is of another age")
    version = api.get("/version")
    assert (version["MinAPIVersion"], version["ApiVersion"]) == ("1.24", "1.51")
    assert api("GET", "/v1.23/version").json() == {
        "message": "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client "
        "to a newer version"
    }
    assert api("GET", "/v1.52/version").json() == {
        "message": "client version 1.52 is too new. Maximum supported API version is 1.51"
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/no-such"), ("GET", "/v1.41/no-such"), ("GET", "/vx/version"), ("POST", "/version"),
     ("DELETE", "/version"), ("GET", "/containers/json/")],
)  # fmt: skip
def test_an_unknown_path_is_not_found(api: Api, method: str, path: str) -> None:
    answer = api(method, path)
    assert (answer.status, answer.json()) == (404, {"message": "page not found"})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("request_line", "body", "status", "words"),
    [
        ("GET /containers/no-such/json", None, 404, "No such container: no-such"),
        ("POST /containers/no-such/start", None, 404, "No such container: no-such"),
        ("GET /images/no-such/json", None, 404, "No such image: no-such:latest"),
        ("GET /networks/no-such", None, 404, "network no-such not found"),
        ("GET /exec/no-such/json", None, 404, "No such exec instance: no-such"),
        ("POST /containers/create", {"Image": "no/such:image"}, 404, "No such image: no/such:image"),
        ("POST /containers/create?name=%2F%2F", {"Image": "busybox"}, 400, "Invalid container name (//)"),
        ("POST /containers/create", {}, 400, "onfig cannot be empty in order to create a container"),
        ("GET /containers/json?filters=%7B%22nonsense%22%3A%5B%22x%22%5D%7D", None, 400, "nonsense"),
    ],
)
def test_errors_are_json_with_a_message(api: Api, request_line: str, body: object, status: int, words: str) -> None:
    method, path = request_line.split()
    answer = api(method, path, body)
    assert answer.status == status, answer
    assert list(answer.json()) == ["message"]
    assert words in answer.json()["message"]
    assert answer.headers["content-type"] == "application/json"


def test_create_answers_with_id_and_warnings(api: Api) -> None:
    answer = api("POST", "/v1.41/containers/create", {"Image": "busybox", "Cmd": ["true"]})
    created = answer.json()
    assert answer.status == 201
    assert created["Warnings"] == []
    for path, status in ((f"/containers/{created['Id']}", 204), (f"/containers/{created['Id']}", 404)):
        assert api("DELETE", path).status == status


def test_what_is_done_already_is_not_modified(api: Api, everything: str) -> None:
    answer = api("POST", f"/containers/{everything}/start")
    assert (answer.status, answer.body) == (304, b"")


ANSWERS = {
    "/info": "/info",
    "/version": "/version",
    "/containers/json": "/containers/json?all=1&size=1",
    "/containers/{id}/json": "/containers/{name}/json?size=1",
    "/containers/{id}/top": "/containers/{name}/top",
    "/containers/{id}/changes": "/containers/{name}/changes",
    "/images/json": "/images/json?all=1&digests=1",
    "/images/{name}/json": "/images/busybox/json",
    "/images/{name}/history": "/images/busybox/history",
    "/networks": "/networks",
    "/networks/{id}": "/networks/bridge",
    "/volumes": "/volumes",
    "/volumes/{name}": "/volumes/{name}",
}


@pytest.mark.parametrize("path", ANSWERS)
def test_an_answer_is_as_described(api: Api, description: Description, everything: str, path: str) -> None:
    if os.environ.get("COMPAT_HOST"):
        pytest.skip("the reference is older than the description")
    value = api.get(ANSWERS[path].replace("{name}", everything))
    schema = description.answer(path)
    problems = [problem for problem in description.problems(value, schema) if not problem.endswith(NULL_OF_DOCKER)]
    assert problems == []
    if isinstance(value, list):
        assert value
        value, schema = value[0], description.items(schema)
    assert unlisted(path, description.fields(schema) - set(value)) == set()


# Fields of the description that need not be there: Docker leaves them out when there is nothing to say (omitempty), and
# those of other systems (Windows, Swarm, containerd's image store).
LEFT_OUT = {
    "/info": {"CDISpecDirs", "ClusterStore", "Containerd", "DefaultAddressPools", "DiscoveredDevices",
              "FirewallBackend", "InitBinary", "KernelMemoryTCP", "ProductLicense", "SystemStatus"},
    "/version": {"Experimental"},
    "/containers/json": {"ImageManifestDescriptor", "SizeRootFs", "SizeRw"},
    "/containers/{id}/json": {"ImageManifestDescriptor", "Error"},
    "/images/json": {"Descriptor", "Manifests"},
    "/images/{name}/json": {"Descriptor", "Manifests", "Identity", "OsVersion", "Variant"},
    "/networks": {"ConfigFrom", "ConfigOnly", "Peers", "Status"},
    "/networks/{id}": {"ConfigFrom", "ConfigOnly", "Peers", "Status"},
    "/volumes/{name}": {"ClusterVolume", "CreatedAt", "Status", "UsageData"},
}  # fmt: skip


# A pointer in dockerd's own type, which the description forgets to mark.
NULL_OF_DOCKER = ("MemorySwappiness is null, not integer",)

PARTS = {
    "State": {"Health"},
    "Config": {"ArgsEscaped", "MacAddress", "NetworkDisabled", "OnBuild", "Shell", "StopSignal", "StopTimeout"},
    "HostConfig": {"Annotations", "Mounts", "StorageOpt", "Init", "Sysctls", "Tmpfs", "Name", "KernelMemoryTCP"},
    "NetworkSettings": {"SecondaryIPAddresses"},
    "GraphDriver": set(),
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_inspect_is_as_described(api: Api, description: Description, everything: str, part: str) -> None:
    schema = description.field(description.answer("/containers/{id}/json"), part)
    value = api.get(f"/containers/{everything}/json")[part]
    assert description.fields(schema) - set(value) - PARTS[part] == set()


def unlisted(path: str, missing: set[str]) -> set[str]:
    return missing - LEFT_OUT.get(path, set())


def test_events_are_as_described(api: Api, description: Description, everything: str) -> None:
    until = int(time.time()) + 1
    answer = api("GET", f"/v1.41/events?since={until - 60}&until={until}")
    events = [json.loads(line) for line in answer.body.splitlines()]
    of_container = [event for event in events if event["Actor"]["Attributes"].get("name") == everything]
    assert [event["Action"] for event in of_container][:2] == ["create", "start"]
    assert answer.headers["content-type"] == "application/json"
    schema = description.answer("/events")
    assert [problem for event in events for problem in description.problems(event, schema)] == []


def test_stats_are_as_described(api: Api, description: Description, everything: str) -> None:
    value = api.get(f"/containers/{everything}/stats?stream=0&one-shot=1")
    assert list(description.problems(value, description.answer("/containers/{id}/stats"))) == []
    assert value["memory_stats"]["limit"] == 64 << 20
