"""The requests of today's Compose: all networks in one create, filters as maps, volumes, empty fields of Go."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.api_client import Api, frames
from tests.support.daemon import Daemon
from tests.support.eventually import eventually

pytestmark = pytest.mark.usefixtures("unharmed")

LABELS = {"com.docker.compose.project": "p", "com.docker.compose.version": "2"}
OURS = {"label": {"com.docker.compose.project=p": True}}


@pytest.fixture
def api(standing: Daemon) -> Api:
    return Api(os.fspath(standing.socket))


@pytest.fixture
def project(api: Api, unharmed: Daemon) -> Iterator[None]:
    for name in ("p_front", "p_back"):
        body = {
            "Name": name, "Driver": "bridge", "CheckDuplicate": True, "Scope": "", "EnableIPv6": False, "IPAM": None,
            "Internal": False, "Attachable": False, "Ingress": False, "ConfigOnly": False, "ConfigFrom": None,
            "Options": None, "Labels": {**LABELS, "com.docker.compose.network": name.removeprefix("p_")},
        }  # fmt: skip
        assert api.post("/networks/create", body).status == 201
    answer = api.post("/volumes/create", {"Name": "p_data", "Driver": "", "DriverOpts": None, "Labels": LABELS})
    assert answer.status == 201
    yield
    for container in api.get("/containers/json", all=1, filters=OURS).json:
        assert api.delete(f"/containers/{container['Id']}", force=1, v=1).status == 204
    for network in api.get("/networks", filters=OURS).json:
        assert api.delete(f"/networks/{network['Id']}").status == 204
    assert api.delete("/volumes/p_data").status == 204


def created(api: Api, service: str, command: list[str], networks: dict[str, list[str]], **more: Any) -> str:
    """Create a service's container as Compose does, with every field that Go writes though nobody set it."""
    first = next(iter(networks))
    empty = dict.fromkeys(("IPAMConfig", "Links", "DriverOpts"))
    endpoints = {
        name: {**empty, "Aliases": [f"p-{service}-1", service, *aliases], "NetworkID": "", "EndpointID": "",
               "Gateway": "", "IPAddress": "", "IPPrefixLen": 0, "IPv6Gateway": "", "GlobalIPv6Address": "",
               "GlobalIPv6PrefixLen": 0, "MacAddress": "", "DNSNames": None}
        for name, aliases in networks.items()
    }  # fmt: skip
    host = {
        "Binds": None, "ContainerIDFile": "", "LogConfig": {"Type": "", "Config": None}, "NetworkMode": first,
        "PortBindings": {}, "RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0}, "AutoRemove": False,
        "VolumeDriver": "", "VolumesFrom": None, "ConsoleSize": [0, 0], "CapAdd": None, "CapDrop": None,
        "CgroupnsMode": "", "Dns": None, "DnsOptions": None, "DnsSearch": None, "ExtraHosts": [], "GroupAdd": None,
        "IpcMode": "", "Cgroup": "", "Links": None, "OomScoreAdj": 0, "PidMode": "", "Privileged": False,
        "PublishAllPorts": False, "ReadonlyRootfs": False, "SecurityOpt": None, "UTSMode": "", "UsernsMode": "",
        "ShmSize": 0, "Isolation": "", "CpuShares": 0, "Memory": 0, "NanoCpus": 0, "CgroupParent": "",
        "BlkioWeight": 0, "BlkioWeightDevice": None, "BlkioDeviceReadBps": None, "CpuPeriod": 0, "CpuQuota": 0,
        "CpuRealtimePeriod": 0, "CpuRealtimeRuntime": 0, "CpusetCpus": "", "CpusetMems": "", "Devices": None,
        "DeviceCgroupRules": None, "DeviceRequests": None, "MemoryReservation": 0, "MemorySwap": 0,
        "MemorySwappiness": None, "OomKillDisable": False, "PidsLimit": None, "Ulimits": None, "CpuCount": 0,
        "CpuPercent": 0, "IOMaximumIOps": 0, "IOMaximumBandwidth": 0, "MaskedPaths": None, "ReadonlyPaths": None,
        **more,
    }  # fmt: skip
    body = {
        "Hostname": "", "Domainname": "", "User": "", "AttachStdin": False, "AttachStdout": True, "AttachStderr": True,
        "Tty": False, "OpenStdin": False, "StdinOnce": False, "Env": None, "Cmd": command, "Image": "busybox",
        "Volumes": None, "WorkingDir": "", "Entrypoint": None, "OnBuild": None, "StopTimeout": 1,
        "Labels": {**LABELS, "com.docker.compose.service": service}, "HostConfig": host,
        "NetworkingConfig": {"EndpointsConfig": endpoints},
    }  # fmt: skip
    answer = api.post("/containers/create", body, name=f"p-{service}-1")
    assert answer.status == 201, answer.content
    id_ = str(answer.json["Id"])
    assert api.post(f"/containers/{id_}/start").status == 204
    return id_


def executed(api: Api, container: str, *command: str) -> str:
    exec_ = api.post(f"/containers/{container}/exec", {"AttachStdout": True, "AttachStderr": True, "Cmd": command}).json
    stream = api.hijack(f"/exec/{exec_['Id']}/start", {"Detach": False, "Tty": False})
    try:
        return b"".join(payload for _, payload in frames(stream.read())).decode()
    finally:
        stream.close()


@pytest.mark.usefixtures("project")
def test_a_container_on_two_networks_from_its_first_moment(api: Api) -> None:
    mount = {"Type": "volume", "Source": "p_data", "Target": "/data", "VolumeOptions": {}}
    serve = ["sh", "-c", "ls /sys/class/net >/data/first; exec httpd -f -p 80 -h /data"]
    web = created(api, "web", serve, {"p_front": ["shop"], "p_back": []}, Mounts=[mount])
    near = created(api, "near", ["sleep", "600"], {"p_front": []})
    far = created(api, "far", ["sleep", "600"], {"p_back": []})
    for container, name in ((near, "web"), (near, "shop"), (far, "web"), (far, "p-web-1"), (far, web[:12])):
        got = executed(api, container, "wget", "-qO-", f"http://{name}/first").split()
        assert got == ["eth0", "eth1", "lo"], (container, name, got)
    assert executed(api, far, "sh", "-c", "wget -qO- -T 2 http://shop/first 2>/dev/null || echo nobody") == "nobody\n"
    networks = api.inspect(web)["NetworkSettings"]["Networks"]
    assert sorted(networks) == ["p_back", "p_front"]
    assert set(networks["p_front"]["Aliases"]) >= {"web", "shop", "p-web-1"}


@pytest.mark.usefixtures("project")
def test_projects_are_found_by_filters_written_as_maps(api: Api) -> None:
    one = created(api, "one", ["sleep", "600"], {"p_front": []})
    service = {"label": {"com.docker.compose.project=p": True, "com.docker.compose.service=one": True}}
    assert [found["Id"] for found in api.get("/containers/json", filters=service).json] == [one]
    none = {"label": {"com.docker.compose.service=two": True}}
    assert api.get("/containers/json", all=1, filters=none).json == []
    assert sorted(found["Name"] for found in api.get("/networks", filters=OURS).json) == ["p_back", "p_front"]
    assert [found["Name"] for found in api.get("/volumes", filters=OURS).json["Volumes"]] == ["p_data"]
    content = api.get("/events", since="1", until=_now(api), filters=OURS).content
    started = [event for event in map(json.loads, content.splitlines()) if event["Action"] == "start"]
    assert [event["Actor"]["ID"] for event in started if event["Actor"]["ID"] == one] == [one]


def _now(api: Api) -> str:
    """Return the daemon's clock, in seconds: events up to here have happened."""
    return str(api.get("/info").json["SystemTime"])


@pytest.mark.usefixtures("project")
def test_a_stopped_service_stays_stopped_and_a_killed_one_comes_back(api: Api) -> None:
    one = created(api, "one", ["sleep", "600"], {"p_front": []})
    pid = api.state(one)["Pid"]
    os.kill(pid, 9)
    eventually(lambda: api.state(one)["Pid"] not in (0, pid))
    assert api.inspect(one)["RestartCount"] == 1
    assert api.post(f"/containers/{one}/stop", t=0).status == 204
    assert api.state(one)["Status"] == "exited"
    assert api.wait(one) == 137
