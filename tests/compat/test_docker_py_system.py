"""docker-py's events, info, disk use and streams beside a container: what is about the daemon as a whole."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.docker_py import LEAVES_SOCKETS

docker_py = pytest.importorskip("docker", reason="the package docker is not installed (pip install docker)")
pytestmark = LEAVES_SOCKETS

Make = Callable[..., Any]


def events_since(client: Any, start: float, **filters: Any) -> list[dict[str, Any]]:
    """Return what has happened since a moment. The last second belongs to it only when it is over."""
    return list(client.events(since=f"{start:.9f}", until=f"{time.time():.9f}", decode=True, filters=filters))


def test_a_life_leaves_its_events(client: Any, make: Make) -> None:
    start = time.time()
    box = make("sleep", "600", start=True, labels={"course": "os"})
    box.exec_run("true")
    box.pause()
    box.unpause()
    box.rename(f"{box.name}b")
    box.kill()
    box.wait()
    box.remove()
    events = events_since(client, start, container=box.id, type="container")
    assert [event["Action"].partition(":")[0] for event in events] == [
        "create", "start", "exec_create", "exec_start", "exec_die", "pause", "unpause", "rename", "kill", "die",
        "destroy",
    ]  # fmt: skip
    first, die = events[0], events[-2]
    assert (first["Type"], first["scope"], first["Actor"]["ID"]) == ("container", "local", box.id)
    assert first["Actor"]["Attributes"]["course"] == "os"
    assert first["Actor"]["Attributes"]["image"] == "busybox"
    assert first["timeNano"] // 10**9 == first["time"]
    assert die["Actor"]["Attributes"]["exitCode"] == "137"


def test_other_things_leave_theirs(client: Any, make: Make, name: str) -> None:
    start = time.time()
    volume, network = client.volumes.create(name), client.networks.create(name)
    image = client.images.get("busybox")
    image.tag(name, "one")
    box = make("sleep", "600", network=name, volumes={name: {"bind": "/data"}}, start=True)
    box.remove(force=True)
    client.images.remove(f"{name}:one")
    network.remove()
    volume.remove()
    found = events_since(client, start)
    of_volume = [event["Action"] for event in found if event["Type"] == "volume" and event["Actor"]["ID"] == name]
    of_network = [
        event["Action"] for event in found if event["Type"] == "network" and event["Actor"]["ID"] == network.id
    ]
    of_image = [event["Action"] for event in found if event["Type"] == "image" and event["Actor"]["ID"] == image.id]
    assert (of_volume[0], of_volume[-1]) == ("create", "destroy")
    assert [action for action in of_volume if action in ("mount", "unmount")] == ["mount", "unmount"]
    assert of_network == ["create", "connect", "disconnect", "destroy"]
    assert of_image == ["tag", "untag"]


def test_events_come_while_they_happen_and_are_filtered(client: Any, make: Make, name: str) -> None:
    seen: list[str] = []
    stream = client.events(decode=True, filters={"label": f"course={name}", "event": ["start", "die"]})

    def read() -> None:
        for event in stream:
            seen.append(event["Action"])
            if event["Action"] == "die":
                return

    reader = threading.Thread(target=read)
    reader.start()
    make("true", start=True).wait()
    make("true", start=True, labels={"course": name}).wait()
    reader.join(20)
    stream.close()
    assert seen == ["start", "die"]


def test_events_until_a_time_that_is_over(client: Any, make: Make) -> None:
    make("true")
    moment = datetime.now(UTC).replace(tzinfo=None)
    assert list(client.events(since=moment, until=moment, decode=True)) == []


def test_the_daemon_tells_about_itself(client: Any, make: Make) -> None:
    before = client.info()
    make("sleep", "600", start=True)
    after = client.info()
    assert after["ContainersRunning"] >= 1
    assert after["Containers"] == after["ContainersRunning"] + after["ContainersPaused"] + after["ContainersStopped"]
    assert {key: before[key] for key in ("OSType", "Driver", "LoggingDriver", "LiveRestoreEnabled")} == {
        "OSType": "linux", "Driver": "overlay2", "LoggingDriver": "json-file",
        "LiveRestoreEnabled": after["LiveRestoreEnabled"],
    }  # fmt: skip
    assert before["NCPU"] > 0
    assert before["MemTotal"] > 0
    assert {"bridge", "host", "null"} <= set(before["Plugins"]["Network"])
    assert before["Swarm"]["LocalNodeState"] == "inactive"
    version = client.version()
    assert version["Os"] == "linux"
    assert version["Version"] == before["ServerVersion"]
    assert version["Components"][0]["Name"] == "Engine"
    assert version["KernelVersion"] == before["KernelVersion"]


def test_disk_use_is_counted(client: Any, make: Make, name: str) -> None:
    box = make("sh", "-c", "head -c 100000 /dev/zero > /file", start=True, volumes={name: {"bind": "/data"}})
    box.wait()
    used = client.df()
    (of_box,) = [one for one in used["Containers"] if one["Id"] == box.id]
    (of_volume,) = [one for one in used["Volumes"] if one["Name"] == name]
    (of_image,) = [one for one in used["Images"] if "busybox:latest" in (one["RepoTags"] or ())]
    assert of_box["SizeRw"] >= 100000
    assert of_volume["UsageData"]["RefCount"] == 1
    assert of_image["Containers"] >= 1
    assert used["LayersSize"] >= of_image["Size"] > 0
    box.remove()
    client.volumes.get(name).remove()


def test_what_needs_a_swarm_says_so(client: Any) -> None:
    for ask in (client.services.list, client.nodes.list, client.secrets.list, client.configs.list):
        with pytest.raises(docker_py.errors.APIError) as caught:
            ask()
        assert caught.value.status_code == 503
        assert "This node is not a swarm manager" in str(caught.value)
    assert client.plugins.list() == []


def test_a_low_level_client_of_an_older_version(docker: Any) -> None:
    client = docker_py.APIClient(base_url=docker.host, version="1.30")
    try:
        assert client.version()["Os"] == "linux"
        created = client.create_container("busybox", ["sh", "-c", "echo out"])
        client.start(created)
        assert client.wait(created) == {"StatusCode": 0, "Error": None}
        assert client.logs(created) == b"out\n"
        client.remove_container(created)
    finally:
        client.close()
