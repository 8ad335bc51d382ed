"""Docker's description of the Engine API, line by line: each operation is served as described, or refused on purpose.

`pytest -v` of this file is the table of operations and answers that were checked.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Docker
from tests.support.openapi import Description, engine_api
from tests.support.openapi_calls import Call, World, arguments, calls
from tools.demo_registry import registry_with_busybox

CALLS = tuple(calls())

# What Docker without swarm refuses too, and what we do not have. The longest beginning of a path counts.
_NO_SWARM = (503, "This node is not a swarm manager")
REFUSED = {
    **dict.fromkeys(("/swarm", "/nodes", "/services", "/tasks", "/secrets", "/configs"), _NO_SWARM),
    "/swarm/init": (501, "not supported"), "/swarm/join": (501, "not supported"),
    "/swarm/leave": (503, "This node is not part of a swarm"),
    "/plugins": (501, "not supported"), "/session": (501, "not supported"),
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    status: int
    kind: str
    content: bytes


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("d", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self._path)


def ask(api: Api, method: str, url: str, body: Any = None, *, upgrade: str = "", headers: Any = ()) -> Answer:
    """Send one request; of what is upgraded only the beginning is read."""
    sent = {"Content-Type": "application/json"} if isinstance(body, dict) else {}
    if upgrade:
        key = base64.b64encode(bytes(16)).decode()
        sent |= {"Connection": "Upgrade", "Upgrade": upgrade, "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"}
    connection = _Connection(api.path)
    try:
        connection.request(method, f"/v{api.version}{url}", arguments(body), {**sent, **dict(headers)})
        answer = connection.getresponse()
        content = b"" if answer.status == 101 else answer.read()
        return Answer(answer.status, answer.getheader("Content-Type") or "", content)
    finally:
        connection.close()


@pytest.fixture(scope="module")
def description() -> Description:
    if os.environ.get("COMPAT_HOST"):
        pytest.skip("the reference is older than the description")
    return engine_api()


@pytest.fixture(scope="module")
def api(docker: Docker, description: Description) -> Api:
    return Api(docker.host.removeprefix("unix://"))


@pytest.fixture(scope="module")
def world(api: Api) -> Iterator[World]:
    with ExitStack() as stack:

        def registry() -> str:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                address = f"127.0.0.1:{probe.getsockname()[1]}"
            return stack.enter_context(registry_with_busybox(address))

        world = World(api, registry)
        yield world
        world.remove()


@pytest.fixture(autouse=True)
def nothing_left() -> None:
    """Things are shared by the tests of this file, and removed behind the last."""


def refusal(operation: str) -> tuple[int, str] | None:
    """Return status and words of a refusal, None for what is served."""
    path = operation.partition(" ")[2]
    known = [prefix for prefix in REFUSED if path == prefix or path.startswith(f"{prefix}/")]
    return REFUSED[max(known, key=len)] if known and operation not in {call.operation for call in CALLS} else None


def test_each_operation_is_called_or_refused_on_purpose(description: Description) -> None:
    described = {f"{method} {path}" for method, path in description.operations()}
    called = {call.operation for call in CALLS}
    assert called - described == set()
    assert {operation for operation in described - called if refusal(operation) is None} == set()


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_an_answer_is_as_described(api: Api, description: Description, world: World, call: Call) -> None:
    answer = ask(
        api, call.method, call.url.format_map(world), world.fill(call.body), upgrade=call.upgrade, headers=call.headers
    )
    assert answer.status == call.status, answer
    schema = description.statuses(call.method, call.path).get(call.status, {}).get("schema", {})
    if call.status >= 400:
        schema = description.definition("ErrorResponse")
    if not schema or call.method == "HEAD" or schema.get("type") == "string" or schema.get("format") == "binary":
        return
    assert answer.kind == "application/json"
    values = [json.loads(line) for line in answer.content.splitlines()]
    assert values or call.path == "/events"
    for value in values:
        problems = [text for text in description.problems(value, schema) if not text.endswith(NULL_OF_DOCKER)]
        assert problems == []
        absent = {name for name in description.absent(value, schema) if not may_be_absent(call.operation, name)}
        assert " ".join(sorted(absent)) == ""


def may_be_absent(operation: str, name: str) -> bool:
    return any(name == known or name.startswith(f"{known}.") for known in ABSENT.get(operation, ()))


# A pointer in dockerd's own type, which the description forgets to mark.
NULL_OF_DOCKER = ("MemorySwappiness is null, not integer", "$.ExitCode is null, not integer")

# Fields that need not be there: dockerd leaves them out when there is nothing to say, and those of Windows, of Swarm
# and of containerd's image store always.
_VOLUME = ("ClusterVolume", "Status", "UsageData")
_NETWORK = ("ConfigFrom", "ConfigOnly", "Peers", "Status", "IPAM.Config.AuxiliaryAddresses", "IPAM.Config.IPRange")
ABSENT = {
    "GET /containers/json": (
        "HostConfig.Annotations", "ImageManifestDescriptor", "Mounts.Driver", "Mounts.Name", "SizeRw",
        "NetworkSettings.Networks.IPAMConfig",
    ),
    "GET /containers/{id}/json": (
        "Config.ArgsEscaped", "Config.Healthcheck.StartInterval", "Config.Healthcheck.StartPeriod", "Config.MacAddress",
        "Config.NetworkDisabled", "HostConfig.Annotations", "HostConfig.KernelMemoryTCP",
        "HostConfig.Mounts.BindOptions", "HostConfig.Mounts.Consistency", "HostConfig.Mounts.ImageOptions",
        "HostConfig.Mounts.ReadOnly", "HostConfig.Mounts.Source", "HostConfig.Mounts.TmpfsOptions",
        "HostConfig.Mounts.VolumeOptions", "HostConfig.StorageOpt", "ImageManifestDescriptor", "Mounts.Driver",
        "Mounts.Name", "SizeRw", "Error",
    ),
    "GET /containers/{id}/stats": (
        "memory_stats.commitbytes", "memory_stats.commitpeakbytes", "memory_stats.privateworkingset",
        "memory_stats.failcnt", "memory_stats.max_usage", "networks.endpoint_id", "networks.instance_id",
        "storage_stats", "precpu_stats.system_cpu_usage", "precpu_stats.online_cpus",
        "cpu_stats.cpu_usage.percpu_usage", "precpu_stats.cpu_usage.percpu_usage",
    ),
    "POST /containers/{id}/wait": ("Error",),
    "GET /images/json": ("Descriptor", "Manifests"),
    "GET /images/{name}/json": (
        "Config", "Descriptor", "Manifests", "OsVersion", "Variant", "Identity",
    ),
    "DELETE /images/{name}": ("Deleted", "Untagged"),
    "GET /networks": _NETWORK,
    "GET /networks/{id}": _NETWORK,
    "GET /volumes": tuple(f"Volumes.{name}" for name in _VOLUME),
    "GET /volumes/{name}": _VOLUME,
    "POST /volumes/create": _VOLUME,
    "GET /version": ("Experimental",),
    "GET /info": (
        "CDISpecDirs", "Containerd", "DefaultAddressPools", "DiscoveredDevices", "FirewallBackend", "KernelMemoryTCP",
        "ProductLicense", "Runtimes.runtimeArgs", "Runtimes.status", "Swarm.Cluster", "Swarm.Managers", "Swarm.Nodes",
    ),
    "GET /exec/{id}/json": ("ProcessConfig.user",),
    "GET /system/df": (
        "Containers.HostConfig.Annotations", "Containers.ImageManifestDescriptor", "Containers.Mounts.Driver",
        "Containers.Mounts.Name", "Containers.SizeRw", "Images.Descriptor", "Images.Manifests", "Volumes.ClusterVolume",
        "Volumes.Status", "BuildCache.Parent", "BuildCache.Parents", "BuildCache.LastUsedAt",
        "BuildCache.UsageCount",  # it is not counted
    ),
    "GET /distribution/{name}/json": ("Descriptor", "Platforms"),
}  # fmt: skip


def test_what_is_refused_is_refused_with_a_sentence(api: Api, description: Description) -> None:
    for method, path in description.operations():
        expected = refusal(f"{method} {path}")
        if expected is None:
            continue
        answer = ask(api, method, path.format(id="x", name="x"), {} if method == "POST" else None)
        assert (answer.status, answer.kind) == (expected[0], "application/json"), (method, path, answer)
        assert expected[1] in json.loads(answer.content)["message"], (method, path)


def test_what_does_not_exist_is_404(api: Api, description: Description) -> None:
    bodies = {
        "POST /containers/{id}/exec": {"Cmd": ["true"]}, "POST /networks/{id}/connect": {"Container": "x"},
        "POST /networks/{id}/disconnect": {"Container": "x"}, "PUT /containers/{id}/archive": b"",
    }  # fmt: skip
    query = {"archive": "?path=/", "rename": "?name=new", "tag": "?repo=new", "resize": "?h=1&w=1", "ws": "?stream=1"}
    for method, path in description.operations():
        if "{" not in path or refusal(f"{method} {path}") or path.startswith("/distribution"):
            continue
        url = path.format(id="no-such", name="no-such") + query.get(path.rpartition("/")[2], "")
        if (method, path) in (("PUT", "/volumes/{name}"), ("POST", "/images/{name}/push")):
            continue  # no cluster volumes without swarm, 503 whatever the name; a push tells in its stream
        body = bodies.get(f"{method} {path}", {} if method == "POST" else None)
        answer = ask(api, method, url, body, headers=(("X-Registry-Auth", "e30="),))
        assert answer.status == 404, (method, path, answer)
        if method != "HEAD":
            assert list(json.loads(answer.content)) == ["message"], (method, path)


def test_a_filter_that_nobody_knows_is_400(api: Api, description: Description) -> None:
    for method, path in description.operations():
        names = {parameter["name"] for parameter in description.parameters(method, path)}
        if "filters" not in names or refusal(f"{method} {path}") or path == "/images/search":
            continue
        for filters in ("%7B%22nonsense%22%3A[%22x%22]%7D", "nonsense", "[1]"):
            answer = ask(api, method, f"{path}?filters={filters}")
            assert (answer.status, method, path) == (400, method, path), (answer, filters)
            assert list(json.loads(answer.content)) == ["message"]
