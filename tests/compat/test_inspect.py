"""docker inspect, field by field: the same names and types as the reference has for the same container.

inspect_1_41.json holds, for each state, the type of every field as dockerd 20.10 answers it; the reference passes this
test as well, which shows that the file is right.
"""

from __future__ import annotations

import gc
import json
import socket
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemon import Docker
from tests.support.eventually import eventually

docker_py = pytest.importorskip("docker", reason="the package docker is not installed (pip install docker)")

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

SHAPES = Path(__file__).parent / "inspect_1_41.json"
BODY: dict[str, Any] = {
    "Image": "busybox", "Cmd": ["sleep", "600"], "ExposedPorts": {"80/tcp": {}}, "Volumes": {"/v": {}},
    "Labels": {"a": "b"}, "Healthcheck": {"Test": ["CMD", "true"], "Interval": 10**9}, "StopTimeout": 3,
    "StopSignal": "TERM", "Domainname": "example.org", "Env": ["A=b"], "OnBuild": ["RUN x"], "Shell": ["sh"],
    "HostConfig": {
        "NetworkMode": "none", "Binds": ["/tmp:/t:ro"], "Tmpfs": {"/x": ""}, "PortBindings": {},
        "Mounts": [{"Type": "tmpfs", "Target": "/y", "TmpfsOptions": {"SizeBytes": 65536}}], "CapAdd": ["NET_ADMIN"],
        "CapDrop": ["CHOWN"], "Memory": 10**8, "Ulimits": [{"Name": "nofile", "Soft": 100, "Hard": 200}],
        "Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/x", "CgroupPermissions": "r"}],
        "DeviceCgroupRules": ["c 1:3 r"], "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2},
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}}, "ExtraHosts": ["a:1.2.3.4"],
        "Sysctls": {"net.ipv4.ip_forward": "1"}, "Dns": ["9.9.9.9"], "GroupAdd": ["5"], "Init": True,
        "SecurityOpt": ["no-new-privileges"], "PidsLimit": 50, "OomScoreAdj": 5, "ConsoleSize": [3, 4],
    },
}  # fmt: skip
# Where the reference mounts the root on the host: ours is mounted in the container alone.
ELSEWHERE = {".GraphDriver.Data.MergedDir"}


@pytest.fixture(scope="module")
def api(docker: Docker) -> Iterator[Any]:
    with closing(docker_py.APIClient(base_url=docker.host, version="1.41", timeout=60)) as client:
        yield client
    gc.collect()  # while its warnings are still ignored


def shape(value: Any, path: str = "") -> dict[str, str]:
    """Return the type of each field by its path; the elements of a list share one."""
    found = {path: {dict: "object", list: "array", type(None): "null"}.get(type(value), type(value).__name__)}
    if isinstance(value, dict):
        for name, inner in value.items():
            found |= shape(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            found |= shape(inner, f"{path}[]")
    return found


def asked(api: Any, name: str, **query: Any) -> dict[str, Any]:
    answer = api._get(api._url("/containers/{0}/json", name), params=query)
    found: dict[str, Any] = api._result(answer, json=True)
    return found


def test_names_and_types_are_the_references(api: Any) -> None:
    name = f"i{uuid.uuid4().hex[:12]}"
    created = api._post_json(api._url("/containers/create"), data=BODY, params={"name": name})
    assert api._result(created, json=True)["Warnings"] == []
    shapes = {"created": shape(asked(api, name, size=1))}
    api.start(name)
    eventually(lambda: asked(api, name)["State"]["Health"]["Log"])
    shapes["running"] = shape(asked(api, name))
    api.kill(name)
    api.wait(name)
    eventually(lambda: asked(api, name)["State"]["Status"] == "exited")
    shapes["exited"] = shape(asked(api, name))
    api.remove_container(name, v=True)
    expected = json.loads(SHAPES.read_text())
    for state, fields in expected.items():
        mine = {path: kind for path, kind in shapes[state].items() if path not in ELSEWHERE}
        assert mine == {path: kind for path, kind in fields.items() if path not in ELSEWHERE}, state


def test_names_are_those_it_has(api: Any) -> None:
    def made(**host: str) -> str:
        body = {"Image": "busybox", "Cmd": ["sleep", "600"], "HostConfig": {"NetworkMode": "none", **host}}
        return str(api._result(api._post_json(api._url("/containers/create"), data=body), json=True)["Id"])

    first, near = made(), made(NetworkMode="host")
    second = made(NetworkMode=f"container:{first}")
    assert asked(api, near)["Config"]["Hostname"] == socket.gethostname()
    assert asked(api, second)["Config"]["Hostname"] == second[:12]
    api.start(first)
    api.start(second)
    donor, sharer = asked(api, first), asked(api, second)
    assert donor["Config"]["Hostname"] == sharer["Config"]["Hostname"] == first[:12]
    for path in ("HostnamePath", "HostsPath", "ResolvConfPath"):
        assert donor[path] == sharer[path] != ""
    for container in (second, first, near):
        api.remove_container(container, force=True)


def test_what_was_asked_for_is_what_is_told(api: Any) -> None:
    created = api._result(api._post_json(api._url("/containers/create"), data=BODY), json=True)["Id"]
    found = asked(api, created)
    config = {field: value for field, value in BODY.items() if field != "HostConfig"}
    # What the image has comes to it.
    config["Env"] = ["A=b", "PATH=/bin"]
    assert {field: found["Config"].get(field) for field in config} == config
    assert {field: found["HostConfig"].get(field) for field in BODY["HostConfig"]} == BODY["HostConfig"]
    assert (found["Path"], found["Args"]) == ("sleep", ["600"])
    assert found["Config"]["Hostname"] == created[:12]
    api.remove_container(created, v=True)
