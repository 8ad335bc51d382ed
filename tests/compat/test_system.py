"""The daemon as a whole: events, disk use, facts about itself, prune, and what there is not."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Docker
from tests.support.eventually import eventually

QUIET = ("--network", "none")


@pytest.fixture
def name() -> str:
    return f"cs{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="module")
def api(docker: Docker) -> Api:
    """The same daemon, asked by the newest version that both know."""
    return Api(docker.host.removeprefix("unix://"), "1.41")


def now() -> str:
    return f"{time.time_ns() / 1e9:.9f}"


def events(docker: Docker, since: str, *filters: str) -> list[dict[str, Any]]:
    words = [word for one in filters for word in ("--filter", one)]
    told = docker("events", "--since", since, "--until", now(), *words, "--format", "{{json .}}").stdout
    return [json.loads(line) for line in told.splitlines()]


def actions(found: list[dict[str, Any]]) -> list[str]:
    return [event["Action"] for event in found]


# --- events ----------------------------------------------------------------------------------------------------------


def test_a_containers_life_is_told(docker: Docker, name: str) -> None:
    since = now()
    words = ("--name", name, "--label", f"mine={name}", "busybox", "sh", "-c", "exit 3")
    docker("run", "--rm", *QUIET, *words, code=3)
    found = eventually(lambda: [e for e in [events(docker, since, f"container={name}")] if "destroy" in actions(e)])[0]
    assert actions(found) == ["create", "attach", "start", "die", "destroy"]
    for event in found:
        assert (event["Type"], event["scope"], event["from"]) == ("container", "local", "busybox")
        assert event["id"] == event["Actor"]["ID"]
        assert event["status"] == event["Action"]
        assert event["time"] == event["timeNano"] // 10**9
        told = event["Actor"]["Attributes"]
        assert (told["image"], told["name"], told["mine"]) == ("busybox", name, name)
    assert found[3]["Actor"]["Attributes"]["exitCode"] == "3"


@pytest.fixture
def box(docker: Docker, name: str) -> Iterator[str]:
    """A running container called `name`."""
    docker("run", "-d", *QUIET, "--name", name, "--label", f"mine={name}", "busybox", "sleep", "600")
    yield name
    docker("rm", "-fv", name)


def test_what_is_done_to_a_container_is_told(docker: Docker, box: str) -> None:
    since = now()
    docker("exec", box, "true")
    # dockerd tells of the end a moment after the command line has returned.
    eventually(lambda: events(docker, since, f"container={box}", "event=exec_die"))
    docker("pause", box)
    docker("unpause", box)
    docker("kill", "-s", "USR1", box)
    docker("rename", box, f"{box}-2")
    docker("rename", f"{box}-2", box)
    docker("top", box)
    docker("update", "--memory", "100m", "--memory-swap", "200m", box)
    docker("cp", f"{box}:/etc/passwd", "-")
    found = events(docker, since, f"label=mine={box}", "type=container")
    assert actions(found) == [
        "exec_create: true ", "exec_start: true ", "exec_die", "pause", "unpause", "kill", "rename", "rename", "top",
        "update", "archive-path",
    ]  # fmt: skip
    told = {event["Action"]: event["Actor"]["Attributes"] for event in found}
    assert told["kill"]["signal"] == "10"
    assert told["exec_die"]["exitCode"] == "0"
    assert len(told["exec_die"]["execID"]) == 64
    assert told["rename"]["oldName"] == f"/{box}-2"
    assert actions(events(docker, since, f"container={box}", "event=exec_start")) == ["exec_start: true "]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (("type=container", "event=start"), ["start"]),
        (("event=start", "event=die"), ["start", "die"]),
        (("type=image",), []),
        (("scope=swarm",), []),
        (("scope=local", "event=create"), ["create"]),
        (("label=mine", "image=busybox", "event=create"), ["create"]),
        (("image=busybox:other",), []),
        (("label=other",), []),
        (("daemon=x",), []),
    ],
)
def test_filters_pick(docker: Docker, name: str, filters: tuple[str, ...], found: list[str]) -> None:
    since = now()
    docker("run", "--rm", *QUIET, "--name", name, "--label", "mine", "busybox", "true")
    mine = eventually(lambda: [e for e in [events(docker, since, f"container={name}")] if "destroy" in actions(e)])[0]
    ids = {event["Actor"]["ID"] for event in mine}
    assert [e["Action"] for e in events(docker, since, *filters) if e["Actor"]["ID"] in ids] == found


@contextmanager
def listening(docker: Docker, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = docker.open("events", "--format", "{{.Type}} {{.Action}} {{.Actor.ID}}", *words)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_events_are_told_while_they_happen(docker: Docker, name: str) -> None:
    with listening(docker, "--filter", f"volume={name}", "--since", now()) as process:
        docker("volume", "create", name)
        docker("volume", "rm", name)
        assert process.stdout is not None
        assert [process.stdout.readline().decode().split() for _ in range(2)] == [
            ["volume", "create", name], ["volume", "destroy", name],
        ]  # fmt: skip


def test_a_stream_ends_at_its_time(docker: Docker, name: str) -> None:
    until = time.time() + 1
    assert docker("events", "--until", str(int(until + 1)), "--filter", f"volume={name}").stdout == ""
    assert time.time() >= until


def test_an_image_is_told_of(docker: Docker, name: str) -> None:
    since = now()
    docker("tag", "busybox", f"{name}:v1")
    docker("rmi", f"{name}:v1")
    found = [e for e in events(docker, since, "type=image") if name in str(e) or e["Action"] == "untag"]
    assert found[0]["Actor"]["Attributes"]["name"] == f"{name}:v1"
    assert actions(found)[0] == "tag"
    assert "untag" in actions(found)
    assert actions(events(docker, since, f"image={name}:v1")) == ["tag"]
    assert actions(events(docker, since, f"image={name}")) == ["tag"]


@pytest.mark.parametrize("kind", ["volume", "container", "image", "network"])
def test_a_prune_is_told_with_what_it_has_freed(docker: Docker, name: str, kind: str) -> None:
    since = now()
    docker(kind, "prune", "-f", "--filter", f"label={name}")
    found = [e for e in events(docker, since, f"type={kind}", "event=prune") if e["Actor"]["Attributes"]]
    assert {"reclaimed": "0"} in [event["Actor"]["Attributes"] for event in found]


def test_the_end_is_not_before_the_beginning(api: Api) -> None:
    refused = api.get("/events", since="5", until="1")
    assert (refused.status, refused.message) == (400, "`since` time (5) cannot be after `until` time (1)")
    assert api.get("/events", since="x").status >= 400


# --- disk use --------------------------------------------------------------------------------------------------------


def test_disk_use_tells_what_was_written(docker: Docker, api: Api, name: str) -> None:
    script = "head -c 5000 /dev/zero > /own; head -c 7000 /dev/zero > /v/file"
    docker("run", *QUIET, "--name", name, "-v", f"{name}:/v", "busybox", "sh", "-c", script)
    docker("volume", "create", f"{name}-2", "-o", "type=tmpfs", "-o", "device=tmpfs")
    usage = api.get("/system/df").json
    volumes = {volume["Name"]: volume["UsageData"] for volume in usage["Volumes"]}
    assert volumes[name] == {"RefCount": 1, "Size": 7000}
    assert f"{name}-2" not in volumes
    [container] = [one for one in usage["Containers"] if one["Names"] == [f"/{name}"]]
    assert (container["SizeRw"], container["State"]) == (5000, "exited")
    [image] = [one for one in usage["Images"] if one["Id"] == container["ImageID"]]
    assert image["Containers"] >= 1
    assert image["Size"] == image["VirtualSize"] == container["SizeRootFs"] - 5000
    assert image["SharedSize"] <= image["Size"] <= usage["LayersSize"]
    assert usage["BuilderSize"] >= 0
    docker("rm", name)
    docker("volume", "rm", name, f"{name}-2")


def test_the_cli_shows_disk_use(docker: Docker, box: str) -> None:
    rows = [json.loads(line) for line in docker("system", "df", "--format", "{{json .}}").stdout.splitlines()]
    assert [row["Type"] for row in rows] == ["Images", "Containers", "Local Volumes", "Build Cache"]
    assert int(rows[1]["Active"]) >= 1
    whole = docker("system", "df", "-v").stdout
    assert box in whole
    assert "Build cache usage:" in whole


# --- facts -----------------------------------------------------------------------------------------------------------


def test_ping_has_the_headers_that_clients_read(api: Api) -> None:
    for answer in (api.get("/_ping"), api.request("HEAD", "/_ping")):
        assert answer.status == 200
        assert {"Api-Version", "Ostype", "Docker-Experimental"} <= answer.headers.keys()
        assert answer.headers["Cache-Control"] == "no-cache, no-store, must-revalidate"
        assert answer.headers["Pragma"] == "no-cache"
        assert answer.headers["Content-Type"].startswith("text/plain")
    assert api.get("/_ping").content == b"OK"


INFO = {
    "ID": str, "Containers": int, "ContainersRunning": int, "ContainersPaused": int, "ContainersStopped": int,
    "Images": int, "Driver": str, "DriverStatus": list, "DockerRootDir": str, "Plugins": dict, "MemoryLimit": bool,
    "SwapLimit": bool, "KernelMemory": bool, "KernelMemoryTCP": bool, "CpuCfsPeriod": bool, "CpuCfsQuota": bool,
    "CPUShares": bool, "CPUSet": bool, "PidsLimit": bool, "OomKillDisable": bool, "IPv4Forwarding": bool,
    "BridgeNfIptables": bool, "BridgeNfIp6tables": bool, "Debug": bool, "NFd": int, "NGoroutines": int,
    "SystemTime": str, "LoggingDriver": str, "CgroupDriver": str, "CgroupVersion": str, "NEventsListener": int,
    "KernelVersion": str, "OperatingSystem": str, "OSVersion": str, "OSType": str, "Architecture": str, "NCPU": int,
    "MemTotal": int, "IndexServerAddress": str, "RegistryConfig": dict, "HttpProxy": str, "HttpsProxy": str,
    "NoProxy": str, "Name": str, "Labels": list, "ExperimentalBuild": bool, "ServerVersion": str, "Runtimes": dict,
    "DefaultRuntime": str, "Swarm": dict, "LiveRestoreEnabled": bool, "Isolation": str, "InitBinary": str,
    "ContainerdCommit": dict, "RuncCommit": dict, "InitCommit": dict, "SecurityOptions": list,
}  # fmt: skip


def test_info_has_all_its_fields(api: Api) -> None:
    info = api.get("/info").json
    assert {field: type(info.get(field)) for field in INFO} == INFO
    assert info["Warnings"] is None or all(isinstance(warning, str) for warning in info["Warnings"])
    assert {"Volume", "Network", "Authorization", "Log"} == info["Plugins"].keys()
    assert info["Swarm"]["LocalNodeState"] == "inactive"
    assert (info["OSType"], info["DefaultRuntime"] in info["Runtimes"]) == ("linux", True)


def test_info_counts_containers_and_listeners(docker: Docker, api: Api, box: str) -> None:
    before = api.get("/info").json
    assert before["ContainersRunning"] >= 1
    docker("pause", box)
    assert api.get("/info").json["ContainersPaused"] >= 1
    docker("unpause", box)
    assert before["KernelVersion"] == docker("exec", box, "uname", "-r").stdout.strip()


def test_version_has_its_components(api: Api) -> None:
    version = api.get("/version").json
    assert version["Components"][0]["Name"] == "Engine"
    assert version["Components"][0]["Version"] == version["Version"]
    for field in ("ApiVersion", "MinAPIVersion", "Os", "Arch", "KernelVersion", "GoVersion", "GitCommit", "BuildTime"):
        assert isinstance(version[field], str)
    assert all(component["Name"] and component["Version"] for component in version["Components"])


# --- what there is not -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", ["nodes", "services", "tasks", "secrets", "configs", "swarm"])
def test_what_is_a_swarms_is_refused(api: Api, resource: str) -> None:
    refused = api.get(f"/{resource}")
    assert refused.status == 503
    assert refused.message.startswith("This node is not a swarm manager.")


def test_nobody_leaves_a_swarm_that_is_not(docker: Docker) -> None:
    assert "This node is not part of a swarm" in docker("swarm", "leave", code=1).stderr


def test_there_are_no_plugins(docker: Docker, api: Api) -> None:
    assert api.get("/plugins").json == []
    assert docker("plugin", "ls", "-q").stdout == ""
    assert 'plugin "nope" not found' in docker("plugin", "inspect", "nope", code=1).stderr
    assert 'plugin "nope" not found' in docker("plugin", "rm", "nope", code=1).stderr


def test_checkpoints_and_sessions_are_refused(docker: Docker, api: Api, box: str) -> None:
    assert api.get(f"/containers/{box}/checkpoints").status == 501
    assert api.post("/session").status >= 400
    built = docker("build", "-", stdin="FROM busybox\nLABEL a=b\n")
    assert "Successfully built" in built.stdout
    docker("rmi", built.stdout.split()[-1])


# --- prune -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [(), ("--volumes",), ("-a",)])
def test_a_prune_of_everything_takes_only_what_is_labelled(docker: Docker, name: str, words: tuple[str, ...]) -> None:
    label = ("--label", f"{name}=1")
    container = docker("create", *QUIET, *label, "busybox").stdout.strip()
    volume = docker("volume", "create", *label).stdout.strip()
    other = docker("create", *QUIET, "busybox").stdout.strip()
    docker("build", "-t", name, "-", stdin=f"FROM busybox\nLABEL {name}=1\n")
    told = docker("system", "prune", "-f", *words, "--filter", f"label={name}=1").stdout
    assert container in told
    assert (volume in told) == ("--volumes" in words)
    assert (f"untagged: {name}:latest" in told) == ("-a" in words)
    assert other not in told
    assert "Total reclaimed space: " in told
    docker("rm", other)
    docker("volume", "rm", "-f", volume)
    docker("rmi", "-f", name)
